import Glibc
import TestSupport
import Testing
import Text
import Wire

@testable import Files

@Suite struct ApplyingTests {
    @Test(arguments: [true, false])
    func everyKindOfChangeIsCarriedOut(canSwap: Bool) throws {
        try FilesFixture.with { fixture in
            try fixture.folder.write("ws/gone", "g")
            try fixture.folder.write("ws/from", "f")
            #expect(chmod(fixture.folder.at("ws/file"), 0o751) == 0)
            #expect(chmod(fixture.folder.at("ws/from"), 0o640) == 0)
            let files = try fixture.files()
            let changes: [FileChange] = [
                .add("a/b/c/new", "n".bytes), .add("a/b/tool", "#!".bytes, mode: 0o755),
                .update("file", from: "one\n".bytes, to: "two\n".bytes), .delete("gone", "g".bytes),
                .move("from", to: "sub/to", from: "f".bytes, to: "F".bytes),
            ]
            try files.check(changes)
            var transaction = FileTransaction(files: files, isDurable: true, canSwap: canSwap)
            try transaction.run(files.plan(changes))
            #expect(
                try fixture.tree("ws") == [
                    "ws/a": "folder", "ws/a/b": "folder", "ws/a/b/c": "folder", "ws/a/b/c/new": "n",
                    "ws/a/b/tool": "#!",
                    "ws/file": "two\n", "ws/sub": "folder", "ws/sub/inner": "inner\n", "ws/sub/to": "F",
                ])
            #expect(try files.status("file")?.mode == 0o751)
            #expect(try files.status("sub/to")?.mode == 0o640)
            #expect(try files.status("a/b/tool")?.mode == 0o755)
        }
    }

    static let failing: [([FileChange], LockgateError.Code)] = [
        ([.add("file", [])], "files.exists"),
        ([.add("sub", [])], "files.exists"),
        ([.update("nothing", from: [], to: [])], "files.not_found"),
        ([.update("file", from: "other".bytes, to: [])], "files.changed"),
        ([.update("file", from: "one\nmore".bytes, to: [])], "files.changed"),
        ([.delete("file", "o".bytes)], "files.changed"),
        ([.delete("sub", [])], "files.not_a_file"),
        ([.move("file", to: "sub/inner", from: "one\n".bytes, to: [])], "files.exists"),
        ([.add("x", []), .add("./x", [])], "files.duplicate"),
        ([.update("file", from: "one\n".bytes, to: []), .delete("sub/../file", "one\n".bytes)], "files.duplicate"),
        // The first change is fine; it must not happen because of the second.
        ([.add("x/y", []), .add("../out/x", [])], "files.outside_workspace"),
    ]

    @Test(arguments: failing)
    func aChangeThatDoesNotFitChangesNothing(changes: [FileChange], code: LockgateError.Code) throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            #expect(try fixture.refusal { try files.check(changes) } == code)
            #expect(try fixture.refusal { try files.apply(changes) } == code)
        }
    }

    /// The files change between the plan and its execution: what was done is taken back, in either way of renaming.
    @Test(arguments: [true, false])
    func aFileChangedInTheMeantimeIsKept(canSwap: Bool) throws {
        let meanwhile: [(FilesFixture) throws -> Void] = [
            { try $0.folder.write("ws/sub/inner", "other") },
            { _ = unlink($0.folder.at("ws/sub/inner")) },
            { fixture in
                _ = unlink(fixture.folder.at("ws/sub/inner"))
                try fixture.link("ws/sub/inner", to: "../../out/secret")
            },
            { fixture in
                _ = unlink(fixture.folder.at("ws/sub/inner"))
                mkfifo(fixture.folder.at("ws/sub/inner"), 0o600)
            },
            { fixture in
                _ = rename(fixture.folder.at("ws/sub"), fixture.folder.at("ws/away"))
                try fixture.link("ws/sub", to: "../out")
            },
            { try $0.folder.write("ws/made/z", "theirs") },
        ]
        for (index, change) in meanwhile.enumerated() {
            try FilesFixture.with { fixture in
                try fixture.folder.write("ws/gone", "g")
                let files = try fixture.files()
                let planned = try files.plan([
                    .add("made/new", "n".bytes), .update("file", from: "one\n".bytes, to: "two\n".bytes),
                    .delete("gone", "g".bytes), .add("made/z", "z".bytes),
                    index % 2 == 0
                        ? .update("sub/inner", from: "inner\n".bytes, to: "x".bytes)
                        : .delete("sub/inner", "inner\n".bytes),
                ])
                try change(fixture)
                let code = try fixture.refusal {
                    var transaction = FileTransaction(files: files, isDurable: false, canSwap: canSwap)
                    try transaction.run(planned)
                }
                #expect(code == "files.changed", "case \(index)")
            }
        }
    }

    /// As root, another user's view is taken for the test, for root may write anywhere.
    @Test func aFolderWithoutWritePermissionIsSaid() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            let changes: [FileChange] = [.add("first", []), .add("sub/new", [])]
            #expect(chmod(fixture.folder.path, 0o755) == 0)
            #expect(chmod(fixture.folder.at("ws"), 0o777) == 0)
            #expect(chmod(fixture.folder.at("ws/sub"), 0o555) == 0)
            try SeparateThread.run {
                if geteuid() == 0 { try SeparateThread.becomeUser(1000) }
                #expect(try fixture.refusal { try files.apply(changes) } == "files.permission_denied")
                try files.apply([.add("first", [])])
            }
        }
    }

    @Test func aPlaceThatTakesNoFilesIsSaid() throws {
        try FilesFixture.with { fixture in
            // /sys takes no new files anywhere; it is granted here only to reach the file system.
            let files = try WorkspaceFiles(
                roots: ["/sys", fixture.folder.at("ws")], workspace: fixture.folder.at("ws"))
            let changes: [FileChange] = [.add("first", []), .add("/sys/lockgate-test", [])]
            let code = try fixture.refusal { try files.apply(changes) }
            #expect(["files.permission_denied", "files.read_only_file_system"].contains(code))
        }
    }

    /// A tiny file system fills up while the second file is staged.
    @Test func aFullDiskChangesNothing() throws {
        guard geteuid() == 0 else { return }
        try FilesFixture.with { fixture in
            try SeparateThread.run {
                try SeparateThread.mountSmallDisk(on: fixture.folder.at("ws"))
                let files = try fixture.files()
                let old = [UInt8](repeating: 1, count: 8192)
                try files.write("small", old)
                let changes: [FileChange] = [
                    .add("dir/a", [1]), .update("small", from: old, to: [2]),
                    .add("dir/b", [UInt8](repeating: 2, count: 1 << 20)),
                ]
                #expect(try fixture.refusal { try files.apply(changes) } == "files.no_space")
                try files.apply(Array(changes.dropLast()))
            }
        }
    }

    @Test func newFilesFollowTheUmaskAndReplacedOnesKeepTheirOwner() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            try files.write("new", [])
            // What an ordinary creation gives, since the umask cannot be read without setting it.
            try fixture.folder.write("ws/ordinary", "")
            #expect(try files.status("new")?.mode == files.status("ordinary")?.mode)
            guard geteuid() == 0 else { return }
            #expect(chown(fixture.folder.at("ws/file"), 1234, 4321) == 0)
            try files.write("file", "x".bytes)
            var status = stat()
            #expect(stat(fixture.folder.at("ws/file"), &status) == 0)
            #expect([status.st_uid, status.st_gid] == [1234, 4321])
        }
    }

    @Test func aReadOnlySessionWritesNothing() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files(roots: [])
            #expect(try fixture.refusal { try files.write("new", []) } == "files.read_only")
            #expect(try files.read("file").bytes == "one\n".bytes)
        }
    }

    @Test func aPatchGoesThroughFromTextToDisk() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            let patch = try PatchParser.parse(
                """
                *** Begin Patch
                *** Update File: file
                @@
                -one
                +two
                *** Add File: dir/new
                +hello
                *** End Patch
                """)
            let changes = try PatchPlan.make(patch) { try files.readIfPresent($0)?.bytes }
            try files.apply(changes)
            #expect(try fixture.folder.text("ws/file") == "two\n")
            #expect(try fixture.folder.text("ws/dir/new") == "hello\n")
            #expect(throws: LockgateError.self) { try files.apply(changes) }
        }
    }

    @Test func manyFilesNeedFewDescriptors() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            try files.apply((0..<1500).map { .add("sub/f\($0)", "x".bytes) })
            #expect(try fixture.folder.names("ws/sub").count == 1501)
        }
    }
}
