import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// What is kept goes back exactly, whatever was forgotten and wherever forgetting was interrupted.
@Suite struct ExpiryTests {
    /// A workspace with turns and its pictures: before the first turn, and after each.
    struct Past {
        let fixture: WorkspaceFixture
        var pictures: [[String: String]]

        /// - Parameters:
        ///   - weight: bytes of new content in each turn.
        ///   - heavy: of the first turn, so that most is garbage once that is forgotten.
        static func make(
            _ fixture: WorkspaceFixture, turns: Int, seed: UInt64, weight: Int, heavy: Int? = nil, changes: Int = 5
        ) throws -> Past {
            var random = SeededGenerator(seed: seed)
            try fixture.shell(RandomTreeTests.script(changes, &random))
            try fixture.write("weight", "0")
            var past = Past(fixture: fixture, pictures: [try fixture.picture()])
            let store = try fixture.store()
            for number in 1...turns {
                let size = number == 1 ? heavy ?? weight : weight
                try past.turn(number, store, size, RandomTreeTests.script(changes, &random))
            }
            return past
        }

        mutating func turn(_ number: Int, _ store: CheckpointStore, _ weight: Int, _ script: String) throws {
            let turn = try store.begin("\(number)")
            try fixture.shell(script)
            let text = String(repeating: "\(number) ", count: weight / 2)
            try fixture.write("weight", text)
            _ = try store.end(turn)
            pictures.append(try fixture.picture())
        }

        /// Undoes all kept turns one by one and compares; then all that was undone is redone.
        func check(kept: Int) throws {
            let store = try fixture.store()
            #expect(store.turns().count { $0.kind == .turn } == kept)
            for number in pictures.indices.suffix(kept).reversed() {
                let plan = try store.planUndo()
                #expect(plan.conflicts == [])
                #expect(try store.apply(plan) == [])
                #expect(try fixture.picture() == pictures[number - 1], "turn \(number)")
            }
            for number in pictures.indices.suffix(kept) {
                #expect(try store.apply(try store.planRedo()) == [])
                #expect(try fixture.picture() == pictures[number], "turn \(number)")
            }
        }
    }

    private static let month = CheckpointRetention(days: 30, maxBytes: 1 << 40)
    private static let later = WallTime(milliseconds: WallTime.now.milliseconds + 31 * 86_400_000)

    private func folder(_ fixture: WorkspaceFixture) throws -> StoreFolder {
        try StoreFolder(home: fixture.home, workspace: fixture.path)
    }

    @Test(arguments: 1...6) func keptTurnsGoBackExactly(seed: UInt64) throws {
        try WorkspaceFixture.with { fixture in
            let past = try Past.make(fixture, turns: 16, seed: seed, weight: 40_000, changes: 15)
            let size = try fixture.store().size
            let expiry = CheckpointExpiry(
                try folder(fixture), retention: CheckpointRetention(days: 30, maxBytes: 460_000))
            #expect(expiry.isDue)
            let outcome = try #require(try expiry.run())
            let kept = 16 - outcome.forgotten
            #expect((10..<16).contains(kept))
            #expect(outcome.freed >= 40_000)
            #expect(try fixture.store().size == size - outcome.freed)
            #expect(!expiry.isDue)
            try past.check(kept: kept)
            // The stat cache and a reading from scratch agree.
            let cached = try fixture.store().begin("cached").before
            unlink(try folder(fixture).path + "/cache")
            #expect(try fixture.store().begin("afresh").before == cached)
        }
    }

    @Test func turnsAreForgottenByAgeButForTheLastTenThatChangedSomething() throws {
        try WorkspaceFixture.with { fixture in
            var past = try Past.make(fixture, turns: 13, seed: 7, weight: 20_000)
            let store = try fixture.store()
            for _ in 0..<3 { _ = try store.end(try store.begin("only a question")) }
            #expect(!CheckpointExpiry(try folder(fixture), retention: Self.month).isDue)
            let expiry = CheckpointExpiry(try folder(fixture), retention: Self.month, now: Self.later)
            #expect(expiry.isDue)
            #expect(try expiry.run()?.forgotten == 3)
            #expect(store.turns().map(\.id) == Array(4...16))
            #expect(Self.refusal { _ = try store.planUndo(backTo: 3) } == "workspace.turn_forgotten")
            #expect(Self.refusal { _ = try store.planUndo(last: 11) } == "workspace.turn_forgotten")
            #expect(Self.refusal { _ = try store.turn(1) } == "workspace.turn_forgotten")
            #expect(Self.refusal { _ = try store.turn(17) } == "workspace.nothing")
            // Numbers go on.
            try past.turn(17, store, 20, "true")
            #expect(store.turns().map(\.id) == Array(4...17))
            past.pictures.removeFirst(3)
            _ = try store.apply(try store.planUndo(last: 11))
            #expect(try fixture.picture() == past.pictures[0])
        }
    }

    /// The code that a body is refused with; nil when it is not.
    private static func refusal(_ body: () throws -> Void) -> LockgateError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LockgateError)?.code
        }
    }

    /// Whatever step it was killed at, the old or the new store is there, and the next opener cleans up.
    @Test func aRunKilledAtAnyStepLosesNothing() throws {
        try WorkspaceFixture.with { fixture in
            let past = try Past.make(fixture, turns: 12, seed: 3, weight: 200_000, heavy: 4_000_000)
            try fixture.shell("cp -a ../home ../whole && cp -a . ../tree")
            var steps: [ObjectRewriter.Step] = []
            var number = 0
            while true {
                try fixture.shell("rm -rf ../home && cp -a ../whole ../home")
                // A process that has the old files open all the while.
                let witness = try fixture.store()
                _ = try witness.omissions()
                let store = try folder(fixture)
                var count = 0
                let expiry = CheckpointExpiry(store, retention: Self.month, now: Self.later) {
                    step throws(SystemError) in
                    count += 1
                    if count > number {
                        steps.append(step)
                        throw SystemError("kill", "", errno: EINTR)
                    }
                }
                let isWhole = (try? expiry.expire()) != nil
                _ = try fixture.store()
                #expect(PosixFile.list(store.path + "/objects").count == 2)
                #expect(PosixFile.list(store.path + "/objects").contains("index"))
                let kept = store.turns().count
                #expect(kept == 12 || kept == 10 && number >= 4)
                let plan = try witness.planUndo(last: 10)
                #expect(try witness.apply(plan) == [])
                #expect(try fixture.picture() == past.pictures[2], "killed at step \(number)")
                #expect(try witness.apply(try witness.planRedo()) == [])
                #expect(try fixture.picture() == past.pictures[12])
                if isWhole { break }
                number += 1
            }
            #expect(Set(steps) == [.created, .copied, .synced, .indexed, .swapped, .removed])
        }
    }

    @Test func othersTakeTurnsWhileObjectsAreCopied() throws {
        try WorkspaceFixture.with { fixture in
            var past = try Past.make(fixture, turns: 14, seed: 4, weight: 100_000, heavy: 4_000_000)
            let other = try fixture.store()
            let plan = try other.planUndo()
            #expect(!plan.isEmpty)
            var number = 14
            let expiry = CheckpointExpiry(try folder(fixture), retention: Self.month, now: Self.later) { step in
                // From here on the lock is free until all of it is synced.
                guard step == .created || (step == .copied && number < 18) else { return }
                number += 1
                do {
                    try past.turn(number, other, 100_000, "echo \(number) > n\(number); mkdir -p d\(number)/e")
                } catch {
                    Issue.record(error)
                }
            }
            #expect(try expiry.run()?.forgotten == 4)
            #expect(number > 14)
            past.pictures.removeFirst(4)
            try past.check(kept: number - 4)
            // The plan from before still counts, and what it needs is there.
            #expect(try other.apply(plan).allSatisfy { $0.copy == nil })
        }
    }

    @Test func aSecondExpiryLeavesTheFirstAlone() throws {
        try WorkspaceFixture.with { fixture in
            _ = try Past.make(fixture, turns: 11, seed: 5, weight: 100)
            let folder = try folder(fixture)
            let lock = try folder.expiryLock()
            #expect(lock != nil)
            #expect(try CheckpointExpiry(folder, retention: Self.month, now: Self.later).run() == nil)
        }
    }

    @Test func aFullDiskLeavesTheOldStore() throws {
        try WorkspaceFixture.with { fixture in
            let past = try Past.make(fixture, turns: 12, seed: 6, weight: 100_000, heavy: 4_000_000)
            let folder = try folder(fixture)
            let size = folder.objectsSize
            let retention = CheckpointRetention(days: 30, maxBytes: 100_000)
            let full = CheckpointExpiry(folder, retention: retention) { step throws(SystemError) in
                if step == .copied { throw SystemError("write", "", errno: ENOSPC) }
            }
            #expect(Self.refusal { _ = try full.run() } == "workspace.store_failed")
            #expect(PosixFile.list(folder.path + "/objects") == ["data", "index"])
            #expect(folder.objectsSize == size)
            // Not again at every turn.
            #expect(!full.isDue)
            try past.check(kept: 12)
        }
    }

    /// A file may hold the bytes of a folder's listing: the folder's files are needed all the same.
    @Test func aFileThatLooksLikeAFolderHidesNothing() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkdir z; echo precious > z/f")
            let store = try fixture.store()
            _ = try store.end(try store.begin("one"))
            let objects = try ObjectStore(store.path + "/objects")
            let tree = SnapshotTree(store: objects)
            let listing = try #require(try tree.entry(Array("z".utf8), in: store.turns()[0].before))
            let bytes = try objects.read(listing.digest)
            try fixture.shell("printf '\(bytes.map { "\\" + String($0, radix: 8) }.joined())' > a")
            let turn = try store.begin("two")
            try fixture.shell("rm -r z a")
            _ = try store.end(turn)
            var live = LiveObjects(store: try ObjectStore(store.path + "/objects"))
            try live.mark(turn.before)
            #expect(live.digests.contains(ContentDigest(of: Array("precious\n".utf8))))
        }
    }

    @Test func storesThatNobodyUsesAreRemovedAndTheirHoldersStartAnew() throws {
        try WorkspaceFixture.with { fixture in
            _ = try Past.make(fixture, turns: 2, seed: 1, weight: 100)
            let holder = try fixture.store()
            _ = try holder.omissions()
            #expect(StoreSweep(home: fixture.home, retention: Self.month).run() == [])
            let sweep = StoreSweep(home: fixture.home, retention: Self.month, now: Self.later)
            #expect(sweep.isDue)
            try fixture.folder.write("home/workspaces/.unused-left/objects/data", "from a sweep that was killed")
            let pending = holder.path + "/pending"
            close(open(pending, O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
            #expect(sweep.run() == [])
            unlink(pending)
            #expect(sweep.run().count == 1)
            #expect(PosixFile.list(fixture.home + "/workspaces") == [".swept"])
            let turn = try holder.begin("again")
            try fixture.shell("rm -rf ./*")
            _ = try holder.end(turn)
            #expect(try holder.apply(try holder.planUndo()) == [])
            #expect(try fixture.text("weight") == String(repeating: "2 ", count: 50))
        }
    }

    @Test func lookingAtAStoreIsRare() {
        let (now, day) = (WallTime.now, Int64(86_400_000))
        let retention = CheckpointRetention(days: 30, maxBytes: 1000)
        func isDue(_ pause: Int64?, size: UInt64, after: UInt64 = 0, failed: Bool = false, age: Int64 = 0) -> Bool {
            let last = pause.map {
                ExpiryRecord(checked: WallTime(milliseconds: now.milliseconds - $0), size: after, hasFailed: failed)
            }
            return retention.isDue(
                last, now: now, size: size, oldest: WallTime(milliseconds: now.milliseconds - age * day))
        }
        #expect(!isDue(nil, size: 900))
        #expect(isDue(nil, size: 1001))
        #expect(isDue(nil, size: 10, age: 31))
        #expect(!isDue(day / 2, size: 10, age: 31))
        #expect(isDue(day * 2, size: 10, age: 31))
        #expect(isDue(-1, size: 10, age: 31))
        #expect(!isDue(1, size: 1100, after: 900))
        #expect(isDue(1, size: 1200, after: 900))
        #expect(!isDue(1, size: 1200, after: 900, failed: true))
        #expect(isDue(day / 20, size: 1200, after: 900, failed: true))
    }
}
