import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Engine

/// In a staged session an answer is bound to the files that its commands find, not to those of the machine.
@Suite struct StagedBindingTests {
    private final class Root: FileView {
        let descriptor: Int32
        init(_ path: String) { descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        deinit { close(descriptor) }
    }

    private static func binding(_ root: String) -> FileBinding {
        let view = Root(root)
        return FileBinding(view: { () throws(LockgateError) -> any FileView in view })
    }

    @Test func contentAndPlaceAreThoseOfTheView() throws {
        try TemporaryFolder.with { folder in
            try folder.write("stage/tree/run.sh", "echo staged\n")
            let tree = Self.binding(folder.at("stage"))
            let bound = tree.contentWithBytes("/tree/run.sh")
            #expect(bound.bytes == Array("echo staged\n".utf8))
            #expect(tree.canonical("/tree/../tree/run.sh") == "/tree/run.sh")
            #expect(tree.holds(bound.file) && tree.holds(tree.place("/tree/run.sh")))
            try folder.write("stage/tree/run.sh", "echo other\n")
            #expect(!tree.holds(bound.file))
            // On the machine there is none.
            #expect(FileBinding().contentWithBytes("/tree/run.sh").bytes == nil)
        }
    }

    /// A link that leads to the machine's own path leads to the view's file of that name.
    @Test func linksAreFollowedWithinTheView() throws {
        try TemporaryFolder.with { folder in
            try folder.write("outside.sh", "echo outside\n")
            try folder.write("stage\(folder.path)/outside.sh", "echo inside\n")
            try folder.makeFolder("stage/tree")
            #expect(symlink(folder.at("outside.sh"), folder.at("stage/tree/link")) == 0)
            #expect(symlink("loop", folder.at("stage/tree/loop")) == 0)
            let tree = Self.binding(folder.at("stage"))
            #expect(tree.contentWithBytes("/tree/link").bytes == Array("echo inside\n".utf8))
            #expect(tree.canonical("/tree/link") == folder.at("outside.sh"))
            #expect(tree.isLink("/tree/link") && tree.canonical("/tree/loop") == nil)
            #expect(tree.canonical("/tree/../../..//tree") == "/tree")
            let bound = tree.place("/tree/link")
            #expect(unlink(folder.at("stage/tree/link")) == 0)
            #expect(symlink("/tree/other", folder.at("stage/tree/link")) == 0)
            #expect(!tree.holds(bound))
        }
    }

    @Test func withoutTheViewNoAnswerHolds() {
        let tree = FileBinding(view: { () throws(LockgateError) -> any FileView in throw LockgateError("x", "gone") })
        for file in [tree.content("/etc/passwd"), tree.place("/etc/passwd")] { #expect(!tree.holds(file)) }
        #expect(tree.content("/none") != tree.content("/none"))
    }
}
