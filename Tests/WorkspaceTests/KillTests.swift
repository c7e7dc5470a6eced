import Basics
import Dispatch
import Glibc
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Workspace

/// A process killed with SIGKILL at random times, in the middle of whatever it does. The next start recovers.
@Suite(.serialized, .timeLimit(.minutes(5))) struct KillTests {
    private static let kills = 30
    /// Microseconds after the first thing is done.
    private static let longest: UInt64 = 40_000
    private static let later = WallTime(milliseconds: WallTime.now.milliseconds + 31 * 86_400_000)

    /// In the child: ends the process without warning.
    private static func die(after delay: UInt64) {
        let end = DispatchTime.now() + .microseconds(Int(delay))
        DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: end) { kill(getpid(), SIGKILL) }
    }

    @Test func undoAndRedoAreCompletedByTheNextStart() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            try fixture.makeRepository()
            try fixture.shell("mkdir many; for i in $(seq 60); do echo $i > many/f$i; done")
            try fixture.shell("echo x > turned; mkdir into")
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("go")
            try fixture.shell(
                """
                rm -rf many/f1* docs link; chmod 600 many/f2*; for i in 3 4 5; do echo new > many/f$i; done
                rm turned; mkdir turned; echo y > turned/y; rmdir into; echo file > into
                mkdir -p new/deep; echo z > new/deep/z
                git commit -qam gone; echo SECRET=2 > .env
                """)
            _ = try store.end(turn)
            let after = try fixture.picture()
            var random = SeededGenerator(seed: 5)
            for number in 0..<Self.kills {
                let (home, work) = (fixture.home, fixture.path)
                let delay = UInt64.random(in: 0...Self.longest, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [home = home as String, work = work as String, delay = delay as UInt64] in
                    let store = try CheckpointStore(home: home, workspace: work)
                    var isUndone = store.turns().last?.kind == .undo
                    Self.die(after: delay)
                    while true {
                        _ = try store.apply(try isUndone ? store.planRedo() : store.planUndo())
                        isUndone.toggle()
                    }
                }
                let store = try fixture.store()
                let now = try fixture.picture()
                #expect(now.withoutObjects == before.withoutObjects || now == after, "kill \(number) at \(delay) us")
                #expect(store.turns().last?.after != nil)
                // What it holds is what its records say.
                let isUndone = store.turns().last?.kind == .undo
                #expect((now == after) == !isUndone)
                #expect(try store.apply(try isUndone ? store.planRedo() : store.planUndo()) == [])
                let other = try fixture.picture()
                #expect(isUndone ? other == after : other.withoutObjects == before.withoutObjects)
            }
        }
    }

    /// In a linked worktree half of it is in another tree's repository.
    @Test func undoInALinkedWorktreeIsCompletedByTheNextStart() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            try fixture.makeRepository()
            try fixture.shell(
                """
                git worktree add -q -b own ../linked; cd ../linked; \(DestructionScripts.linkedWorktree)
                for i in $(seq 40); do echo $i > f$i; git branch b$i; done
                """)
            let linked = folder.at("linked")
            func picture() throws -> [String: String] {
                let shared = try fixture.picture(of: fixture.path + "/.git").map { (".git/\($0)", $1) }
                return try fixture.picture(of: linked).merging(shared) { first, _ in first }
            }
            let before = try picture()
            let store = try CheckpointStore(home: fixture.home, workspace: linked)
            let turn = try store.begin("go")
            try fixture.shell(
                "cd ../linked; git commit -qam two; git branch -D $(git branch --list 'b*'); git stash clear; rm f1* .env; git gc -q"
            )
            _ = try store.end(turn)
            let after = try picture()
            var random = SeededGenerator(seed: 14)
            for number in 0..<15 {
                let home = fixture.home
                let delay = UInt64.random(in: 0...(3 * Self.longest), using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [home = home as String, linked = linked as String, delay = delay as UInt64] in
                    let store = try CheckpointStore(home: home, workspace: linked)
                    var isUndone = store.turns().last?.kind == .undo
                    Self.die(after: delay)
                    while true {
                        _ = try store.apply(try isUndone ? store.planRedo() : store.planUndo())
                        isUndone.toggle()
                    }
                }
                let store = try CheckpointStore(home: fixture.home, workspace: linked)
                let isUndone = store.turns().last?.kind == .undo
                let now = try picture().withoutObjects
                #expect(now == (isUndone ? before : after).withoutObjects, "kill \(number) at \(delay) us")
            }
            try fixture.shell("cd ../linked; git fsck --full --strict >/dev/null")
        }
    }

    /// An apply that was killed is taken to its end by the next start, which knows what of the stage is applied.
    @Test func applyIsCompletedByTheNextStart() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            try fixture.makeRepository()
            try fixture.shell(
                "mkdir many; for i in $(seq 60); do echo $i > many/f$i; done; echo x > turned; mkdir into")
            let before = try fixture.picture()
            let stage = try StageFixture(fixture)
            let base = try #require(stage.stage.record?.base)
            // The pipe cannot be applied, so that the stage stays.
            var after = try stage.inStage(
                """
                rm -rf many/f1* docs link; chmod 600 many/f2*; for i in 3 4 5; do echo new > many/f$i; done
                rm turned; mkdir turned; echo y > turned/y; rmdir into; echo file > into
                mkdir -p new/deep; echo z > new/deep/z; mkfifo pipe; echo SECRET=2 > .env; git commit -qam gone
                """)
            after["pipe"] = nil
            let path = stage.stage.path
            var random = SeededGenerator(seed: 9)
            var interrupted = 0
            for number in 0..<50 {
                let (home, work) = (fixture.home, fixture.path)
                let delay = UInt64.random(in: 0...Self.longest, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        home = home as String, work = work as String, path = path as String, base = base.text as String,
                        delay = delay as UInt64
                    ] in
                    let store = try CheckpointStore(home: home, workspace: work)
                    let stage = StageFolder(path: path)
                    if [.apply, .redo].contains(store.turns().last?.kind) { _ = try store.apply(try store.planUndo()) }
                    try stage.update { $0.base = ContentDigest(text: base) }
                    let plan = try store.planApply(stage)
                    Self.die(after: delay)
                    _ = try store.apply(plan)
                    while true {
                        _ = try store.apply(try store.planUndo())
                        _ = try store.apply(try store.planRedo())
                    }
                }
                if PosixFile.exists(try StoreFolder(home: home, workspace: work).path + "/pending") { interrupted += 1 }
                let store = try fixture.store()
                let now = try fixture.picture()
                let isApplied = [.apply, .redo].contains(store.turns().last?.kind)
                #expect(
                    isApplied
                        ? now.withoutObjects == after.withoutObjects : now.withoutObjects == before.withoutObjects,
                    "kill \(number) at \(delay) us")
                #expect(store.turns().allSatisfy { $0.after != nil })
                // The stage and the workspace agree.
                if isApplied { #expect(try stage.staged() == []) }
            }
            #expect(interrupted > 5)
            try fixture.shell("git fsck --full >/dev/null")
        }
    }

    @Test func turnsAndTheirExpiryLoseNothingThatIsKept() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            for _ in 0..<12 { _ = try store.end(try store.begin("first")) }
            var random = SeededGenerator(seed: 6)
            for number in 0..<Self.kills {
                let (home, work, now) = (fixture.home, fixture.path, Self.later.milliseconds)
                let delay = UInt64.random(in: 0...Self.longest, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [
                        home = home as String, work = work as String, now = now as Int64, delay = delay as UInt64,
                        number = number as Int
                    ] in
                    let store = try CheckpointStore(home: home, workspace: work)
                    let retention = CheckpointRetention(days: 30, maxBytes: 100_000)
                    let folder = try StoreFolder(home: home, workspace: work)
                    var count = delay
                    while true {
                        count += 1
                        // Every other child gets once around before its time runs.
                        if count == delay + 1 + UInt64(number % 2) { Self.die(after: delay) }
                        let turn = try store.begin("\(count)")
                        let text = String(repeating: "\(count) ", count: 20_000)
                        try PosixFile.replace(work + "/scratch", with: Array(text.utf8))
                        _ = try store.end(turn)
                        _ = try store.apply(try store.planUndo())
                        let time = WallTime(milliseconds: now)
                        _ = try CheckpointExpiry(folder, retention: retention, now: time).run()
                    }
                }
                let store = try fixture.store()
                #expect(PosixFile.list(store.path + "/objects").count == 2)
                try fixture.shell("rm -f scratch*")
                #expect(try fixture.picture() == before, "kill \(number) at \(delay) us")
                let objects = try ObjectStore(store.path + "/objects")
                let tree = SnapshotTree(store: objects)
                var needed: Set<ContentDigest> = []
                for root in store.turns().flatMap({ [$0.before, $0.after ?? $0.before] }) {
                    try tree.forEach(in: root) { _, entry in
                        if entry.kind == .file || entry.kind == .link { needed.insert(entry.digest) }
                    }
                }
                for digest in needed { _ = try objects.read(digest) }
            }
            #expect(try fixture.store().turns().first?.id ?? 0 > 1)
        }
    }

    /// Writes that the kernel refuses, as on a full disk.
    @Test func whereThereIsNoRoomToRewriteTheOldStoreStays() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            let past = try ExpiryTests.Past.make(fixture, turns: 12, seed: 8, weight: 100_000, heavy: 4_000_000)
            let store = try fixture.store()
            let (home, work, size) = (fixture.home, fixture.path, store.size)
            await #expect(processExitsWith: .success) {
                [home = home as String, work = work as String] in
                signal(SIGXFSZ, SIG_IGN)
                let limit = rlimit(rlim_cur: 300_000, rlim_max: 300_000)
                guard withUnsafePointer(to: limit, { setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), $0) }) == 0
                else { throw TestFailure("setrlimit") }
                let retention = CheckpointRetention(days: 30, maxBytes: 1_000_000)
                let expiry = CheckpointExpiry(try StoreFolder(home: home, workspace: work), retention: retention)
                #expect(throws: LockgateError.self) { try expiry.run() }
            }
            #expect(PosixFile.list(store.path + "/objects") == ["data", "index"])
            #expect(store.size == size)
            try past.check(kept: 12)
        }
    }

    /// Nothing is lost when one process takes turns and undoes them while another forgets turns without pause.
    @Test func twoProcessesShareAStore() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorkspaceFixture(folder: folder)
            for name in ["work", "home"] { try folder.makeFolder(name) }
            try fixture.makeRepository()
            let before = try fixture.picture()
            let (home, work) = (fixture.home, fixture.path)
            let now = Self.later
            let isDone = Mutex(false)
            async let expiries = {
                let folder = try StoreFolder(home: home, workspace: work)
                let retention = CheckpointRetention(days: 30, maxBytes: 100_000)
                var freed: UInt64 = 0
                while !isDone.withLock({ $0 }) {
                    freed += try CheckpointExpiry(folder, retention: retention, now: now).run()?.freed ?? 0
                    await Task.yield()
                }
                return freed
            }()
            await #expect(processExitsWith: .success) {
                [home = home as String, work = work as String] in
                let store = try CheckpointStore(home: home, workspace: work)
                for count in 0..<40 {
                    let turn = try store.begin("\(count)")
                    let text = String(repeating: "\(count) ", count: 20_000)
                    try PosixFile.replace(work + "/scratch", with: Array(text.utf8))
                    _ = try store.end(turn)
                    guard try store.apply(try store.planUndo()) == [] else {
                        throw TestFailure("conflicts in \(count)")
                    }
                }
            }
            isDone.withLock { $0 = true }
            let freed = try await expiries
            // What is left is bounded, whoever came first: ten turns and undos of 60 kB each.
            _ = try CheckpointExpiry(
                StoreFolder(home: home, workspace: work), retention: CheckpointRetention(days: 30, maxBytes: 100_000),
                now: now
            ).run()
            #expect(try fixture.store().size < 1_000_000, "\(freed) freed")
            #expect(try fixture.store().turns().first?.id ?? 0 > 1)
            #expect(try fixture.picture() == before)
            #expect(try fixture.store().apply(try fixture.store().planRedo()) == [])
            #expect(try fixture.text("scratch") == String(repeating: "39 ", count: 20_000))
        }
    }
}
