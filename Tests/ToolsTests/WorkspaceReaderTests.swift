import Glibc
import TestSupport
import Testing
import Tools
import Wire

/// What a small model is shown of a real folder, and taking back what a turn wrote there.
@Suite struct WorkspaceReaderTests {
    private func editor(_ folder: TemporaryFolder, masked: [String] = []) throws -> FileEditor {
        try FileEditor(cwd: folder.path, mode: .workspaceWrite, writableRoots: [folder.path], maskedPaths: masked)
    }

    @Test func aSnapshotHasTheFilesThatCountAndTheirTexts() throws {
        try TemporaryFolder.with { folder in
            for name in ["lib", "lib/deep", ".git", ".agents", "node_modules", "void"] { try folder.makeFolder(name) }
            for name in [
                "z.py", "a.py", "lib/b.py", "lib/deep/c.py", ".git/config", ".agents/x", ".env", "node_modules/m.js",
            ] {
                try folder.write(name, name)
            }
            try folder.write("image.png", [0x89, 0x50, 0x00, 0x01])
            try folder.write("secret.txt", "key")
            symlink("/etc/passwd", folder.at("link"))
            let snapshot = try editor(folder, masked: [folder.at("secret.txt")]).snapshot(files: 100, bytes: 1000)
            let texts = ["a.py", "lib/b.py", "lib/deep/c.py", "z.py"]
            #expect(
                snapshot
                    == WorkspaceSnapshot(
                        paths: ["a.py", "image.png", "z.py", "lib/b.py", "lib/deep/c.py"], isComplete: true,
                        texts: Dictionary(uniqueKeysWithValues: texts.map { ($0, Array($0.utf8)) })))
        }
    }

    @Test func aSnapshotKeepsToItsBounds() throws {
        try TemporaryFolder.with { folder in
            for index in 0..<9 { try folder.write("\(index)", "12345") }
            let editor = try editor(folder)
            #expect(try editor.snapshot(files: 9, bytes: 45).texts?.count == 9)
            #expect(try editor.snapshot(files: 9, bytes: 44).texts == nil)
            let few = try editor.snapshot(files: 2, bytes: 1000)
            #expect(few == WorkspaceSnapshot(paths: ["0", "1"], isComplete: false, texts: nil))
        }
    }

    @Test func contentsAreThoseOfFilesThatMayBeRead() throws {
        try TemporaryFolder.with { folder in
            try folder.write("a", "12345")
            try folder.write("b", "key")
            try folder.makeFolder("d")
            let editor = try editor(folder, masked: [folder.at("b")])
            #expect(try editor.contents("a", limit: 5) == Array("12345".utf8))
            for (path, limit) in [("a", 4), ("b", 9), ("d", 9), ("none", 9)] {
                #expect(try editor.contents(path, limit: limit) == nil)
            }
        }
    }

    @Test func whatTheTurnWroteIsTakenBackAsOneChange() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("changed", "new")
            try folder.write("added", "new")
            try folder.write("back", "old")
            let host = PassingHost()
            let isComplete = try await editor(folder).restore(
                [
                    WrittenFile(path: "added", original: nil, written: Array("new".utf8)),
                    WrittenFile(path: "back", original: Array("old".utf8), written: Array("new".utf8)),
                    WrittenFile(path: "changed", original: Array("old".utf8), written: Array("new".utf8)),
                ], host: host)
            #expect(isComplete)
            #expect(try folder.read("changed") == Array("old".utf8))
            #expect(try folder.read("added") == nil)
            guard case .fileChange(let report)? = host.items.first else {
                Issue.record("no item")
                return
            }
            #expect(host.items.count == 1)
            #expect(report.status == .completed)
            #expect(
                report.changes == [
                    FileChangeSummary(path: folder.at("added"), kind: .delete),
                    FileChangeSummary(path: folder.at("changed"), kind: .update),
                ])
        }
    }

    @Test func whatSomebodyElseChangedStays() async throws {
        try await TemporaryFolder.with { folder in
            try folder.write("theirs", "mine")
            try folder.write("ours", "new")
            let isComplete = try await editor(folder).restore(
                [
                    WrittenFile(path: "gone", original: Array("old".utf8), written: Array("new".utf8)),
                    WrittenFile(path: "ours", original: Array("old".utf8), written: Array("new".utf8)),
                    WrittenFile(path: "theirs", original: Array("old".utf8), written: Array("new".utf8)),
                ], host: PassingHost())
            #expect(!isComplete)
            #expect(try folder.read("theirs") == Array("mine".utf8))
            #expect(try folder.read("ours") == Array("old".utf8))
            #expect(try folder.read("gone") == nil)
        }
    }
}
