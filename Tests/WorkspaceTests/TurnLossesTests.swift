import Testing
import Wire

@testable import Workspace

@Suite("The destruction brake") struct TurnLossesTests {
    private func entry(_ size: UInt64, _ content: UInt8, _ kind: SnapshotEntry.Kind = .file) -> SnapshotEntry {
        SnapshotEntry(kind: kind, mode: 0o644, size: size, digest: ContentDigest(of: [content]))
    }

    private func change(_ path: String, _ old: SnapshotEntry?, _ new: SnapshotEntry?) -> TreeChange {
        TreeChange(path: Array(path.utf8), old: old, new: new)
    }

    private func gone(_ names: String...) -> [TreeChange] {
        names.enumerated().map { change($1, entry(5, UInt8($0)), nil) }
    }

    @Test("tells of files that are gone or emptied, of lost refs and of a lost repository") func told() throws {
        let losses = try #require(
            TurnLosses(
                gone("a", "b", "c", "d") + [
                    change("e", entry(9, 9), entry(0, 0)), change(".git/refs/heads/x", entry(41, 7), nil),
                    change("sub/.git/HEAD", entry(20, 8), nil), change(".git/objects/ab/c", entry(9, 3), nil),
                ], made: []
            ) { _ in nil })
        #expect(
            losses
                == TurnLosses(
                    removed: 4, emptied: 1, references: ["refs/heads/x", "sub/.git"],
                    examples: ["a", "b", "c", "d", "e"]))
        #expect(
            losses.text
                == "removed 4 files and emptied 1 file that it had not made (a, b, c, d, e) and removed 2 refs (refs/heads/x, sub/.git)"
        )
    }

    @Test("is quiet about ordinary work") func quiet() {
        let cases: [[TreeChange]] = [
            gone("a", "b", "c", "d"),
            // Compiled, renamed, changed, new, empty folders, objects of a repository.
            gone("a.o", "b.o", "c.o", "d.pyc", "e.o", "f.o"),
            gone("a", "b", "c", "d", "e", "f")
                + (0..<6).map { change("new/\($0)", nil, entry(5, UInt8($0))) },
            (0..<20).map { change("m\($0)", entry(5, 1), entry(6, 2)) },
            (0..<20).map { change("n\($0)", nil, entry(0, 2)) },
            (0..<20).map { change("f\($0)", entry(0, 2, .folder), nil) },
            (0..<20).map { change(".git/objects/\($0)", entry(3, 2), nil) },
            [change(".git/refs/heads/x", entry(41, 1), entry(41, 2)), change(".git/ORIG_HEAD", entry(41, 1), nil)],
        ]
        for changes in cases { #expect(TurnLosses(changes, made: [], content: { _ in nil }) == nil) }
        let own = gone("a", "b", "c", "d", "e")
        #expect(TurnLosses(own, made: Set(own.map(\.path)), content: { _ in nil }) == nil)
    }

    @Test("takes a packed ref for what it is, and no other") func packed() {
        let list = "# pack-refs with: peeled fully-peeled sorted \n0123 refs/heads/x\n^4567\n0123 refs/tags/t\n"
        let changes = [
            change(".git/packed-refs", nil, entry(99, 5)), change(".git/refs/heads/x", entry(41, 1), nil),
            change(".git/refs/tags/t", entry(41, 1), nil), change(".git/refs/heads/y", entry(41, 2), nil),
            change("sub/.git/refs/heads/x", entry(41, 1), nil),
        ]
        let losses = TurnLosses(changes, made: []) { _ in Array(list.utf8) }
        #expect(losses?.references == ["refs/heads/x", "refs/heads/y"])
        #expect(losses?.removed == 0)
    }

    @Test("tells of a ref that was packed and is gone") func packedAndGone() {
        let lists = ["0123 refs/heads/x\n0123 refs/heads/y\n0123 refs/tags/t\n", "0123 refs/heads/x\n"]
        let changes = [
            change(".git/packed-refs", entry(99, 4), entry(9, 5)), change(".git/refs/tags/t", nil, entry(41, 1)),
        ]
        let losses = TurnLosses(changes, made: []) { Array(lists[$0.size == 99 ? 0 : 1].utf8) }
        #expect(losses?.references == ["refs/heads/y"])
    }
}
