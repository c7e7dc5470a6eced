import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// Turns that were recorded on one machine are taken back on another, and nothing that is planted in them gets in.
@Suite(.timeLimit(.minutes(2))) struct TurnTransferTests {
    /// What a turn does: changes, makes and deletes files, in folders too, and commits.
    private static let work =
        "printf 'new\\n' > changed; mkdir -p made/deep; echo x > made/deep/file; ln -s changed link; chmod 755 made; "
        + "rm -r gone; echo more > .git/refs/heads/other"

    /// The files that both machines have before the turn.
    private static func prepare(_ fixture: WorkspaceFixture) throws {
        try fixture.write("changed", "old\n")
        try fixture.write("gone/with/it", "precious\n")
        try fixture.write("secret.env", "PASSWORD=kept-at-home\n")
        try fixture.shell("mkdir -p .git/refs/heads .git/hooks; echo ref > .git/HEAD")
    }

    /// A turn as another machine exports it.
    private static func exported(_ body: (_ file: [UInt8], _ turn: TurnRecord) throws -> Void) throws {
        try WorkspaceFixture.with { fixture in
            try prepare(fixture)
            let store = try fixture.store()
            let turn = try store.begin("make it better")
            try fixture.shell(work)
            let ended = try store.end(turn)
            let path = fixture.folder.at("turns.bin")
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            let count = try store.export(
                [(ended.id, ended.before.text, ended.after?.text ?? ""), (7, "", "")], to: file)
            close(file)
            #expect(count == 1)
            try body(try PosixFile.read(path, limit: 1 << 24), ended)
        }
    }

    private static func take(_ bytes: [UInt8], into fixture: WorkspaceFixture) throws -> Int {
        try fixture.folder.write("in.bin", bytes)
        return try fixture.store().importTurns(from: fixture.folder.at("in.bin"))
    }

    @Test func aTurnIsTakenBackOnAnotherMachine() throws {
        try Self.exported { bytes, _ in
            try WorkspaceFixture.with { other in
                try Self.prepare(other)
                let before = try other.picture()
                try other.shell(Self.work)
                let after = try other.picture()
                #expect(try Self.take(bytes, into: other) == 1)
                // Nothing of the workspace changed by it, and it comes once.
                #expect(try other.picture() == after)
                #expect(try Self.take(bytes, into: other) == 0)
                let store = try other.store()
                #expect(try store.apply(store.planUndo()) == [])
                var expected = before
                // The repository's own files are each machine's.
                expected[".git/refs/heads/other"] = after[".git/refs/heads/other"]
                #expect(try other.picture() == expected)
                #expect(try store.apply(store.planRedo()) == [])
                #expect(try other.picture() == after)
            }
        }
    }

    @Test func onlyWhatTheTurnChangedTravels() throws {
        try Self.exported { bytes, _ in
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains("precious") && text.contains("changed"))
            for left in ["kept-at-home", "secret.env", ".git"] { #expect(!text.contains(left), "\(left)") }
        }
    }

    @Test func laterEditsStayAsWithAnyTurn() throws {
        try Self.exported { bytes, _ in
            try WorkspaceFixture.with { other in
                try Self.prepare(other)
                try other.shell(Self.work)
                try other.write("changed", "mine\n")
                #expect(try Self.take(bytes, into: other) == 1)
                let store = try other.store()
                #expect(try store.apply(store.planUndo()).map(\.path) == [Array("changed".utf8)])
                #expect(try other.text("changed") == "mine\n")
                #expect(try other.text("changed.lockgate-undo") == "old\n")
            }
        }
    }

    // MARK: - Attacks

    /// A file of one turn whose end has these entries, each with its content.
    private static func forged(
        _ items: [(name: String, kind: SnapshotEntry.Kind, mode: UInt32, content: String)], root: String = "."
    ) -> [[UInt8]] {
        var contents: [[UInt8]] = []
        var listing: [UInt8] = []
        for item in items {
            let bytes = Array(item.content.utf8)
            contents.append(bytes)
            FolderListing.append(
                SnapshotEntry(
                    kind: item.kind, mode: item.mode, size: UInt64(bytes.count), digest: ContentDigest(of: bytes)),
                name: Array(item.name.utf8), to: &listing)
        }
        return pieces(listing, contents, root: root)
    }

    private static func pieces(_ listing: [UInt8], _ contents: [[UInt8]], root: String = ".") -> [[UInt8]] {
        func folder(_ digest: ContentDigest) -> [UInt8] {
            var bytes: [UInt8] = []
            let entry = SnapshotEntry(kind: .folder, mode: 0o755, size: 0, digest: digest)
            FolderListing.append(entry, name: Array(root.utf8), to: &bytes)
            return bytes
        }
        let (before, after) = (folder(ContentDigest(of: [])), folder(ContentDigest(of: listing)))
        let turn = TurnRecord(
            id: 1, kind: .turn, began: WallTime(milliseconds: 1), label: "x", before: ContentDigest(of: before),
            after: ContentDigest(of: after))
        return [JSONValue.array([turn.json]).bytes, before, after, [], listing] + contents
    }

    private static func file(_ pieces: [[UInt8]]) -> [UInt8] {
        pieces.flatMap { piece in
            var head: [UInt8] = []
            LittleEndian.append(UInt64(piece.count), to: &head)
            return head + piece
        }
    }

    /// Refused with the typed error, and nothing of it is kept.
    private static func expectRefusal(_ bytes: [UInt8], _ reason: String) throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("mine", "mine\n")
            let before = try fixture.picture()
            let error = #expect(throws: LockgateError.self, "\(reason)") { try take(bytes, into: fixture) }
            #expect(error?.code == "bundle.checkpoints", "\(reason): \(String(describing: error))")
            #expect(try fixture.store().turns() == [], "\(reason)")
            #expect(try fixture.picture() == before, "\(reason)")
        }
    }

    @Test(arguments: [
        "..", ".", "", "a/b", "/etc/passwd", "../../outside", "a\0b", ".git", ".GIT",
        String(repeating: "n", count: 256),
    ])
    func aNameThatIsNoneOfAFileIsRefused(_ name: String) throws {
        try Self.expectRefusal(Self.file(Self.forged([(name, .file, 0o644, "x")])), name)
    }

    @Test func everythingElseThatNoExportWritesIsRefused() throws {
        let good = Self.forged([("a", .file, 0o644, "x"), ("b", .link, 0, "a")])
        try WorkspaceFixture.with { fixture in
            let count = try Self.take(Self.file(good), into: fixture)
            #expect(count == 1)
        }
        for (number, piece) in good.enumerated() {
            var missing = good
            missing.remove(at: number)
            try Self.expectRefusal(Self.file(missing), "piece \(number) is missing")
            var changed = good
            changed[number] = piece + [0x20, 0x78]
            try Self.expectRefusal(Self.file(changed), "piece \(number) is another")
        }
        let bytes = Self.file(good)
        for length in bytes.indices where length % 3 == 0 {
            try Self.expectRefusal(Array(bytes[..<length]), "cut at \(length)")
        }
        try Self.expectRefusal(Self.file(Self.forged([("a", .file, 0o100644, "x")])), "a mode")
        for mode: UInt32 in [0o4755, 0o2755, 0o6755] {
            try Self.expectRefusal(Self.file(Self.forged([("a", .file, mode, "x")])), "the rights of its owner")
        }
        try Self.expectRefusal(
            Self.file(Self.forged([("b", .file, 0o644, "x"), ("a", .file, 0o644, "x")])), "the order")
        try Self.expectRefusal(
            Self.file(Self.forged([("a", .file, 0o644, "x"), ("a", .file, 0o644, "y")])), "a name twice")
        try Self.expectRefusal(
            Self.file(Self.forged([("a", .link, 0, String(repeating: "t", count: 5000))])), "a link's target")
        try Self.expectRefusal(Self.file(Self.forged([("a", .file, 0o644, "x")], root: "/home/ann/.git")), "outside")
        try Self.expectRefusal(Self.file([[]]), "no records")
        try Self.expectRefusal([], "nothing")
    }

    /// Folders that hold each other twice, level by level: few bytes, and more paths than could ever be walked.
    @Test func aTreeThatIsLargerThanItLooksIsRefused() throws {
        for levels in [40, 250] {
            var listing: [UInt8] = []
            var contents: [[UInt8]] = [Array("x".utf8)]
            var entry = SnapshotEntry(kind: .file, mode: 0o644, size: 1, digest: ContentDigest(of: contents[0]))
            for _ in 0..<levels {
                listing = []
                for name in levels == 40 ? ["a", "b"] : ["a"] {
                    FolderListing.append(entry, name: Array(name.utf8), to: &listing)
                }
                contents.append(listing)
                entry = SnapshotEntry(kind: .folder, mode: 0o755, size: 0, digest: ContentDigest(of: listing))
            }
            try Self.expectRefusal(Self.file(Self.pieces(listing, contents)), "\(levels) levels")
        }
    }
}
