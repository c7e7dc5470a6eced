import Basics
import Dispatch
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// A process killed with SIGKILL while it makes, removes or brings back worktrees.
@Suite(.serialized, .timeLimit(.minutes(5))) struct WorktreeKillTests {
    private static let kills = 50
    /// Microseconds after the first thing is done: a round takes about so long.
    private static let longest: UInt64 = 220_000

    private static func die(after delay: UInt64) {
        let end = DispatchTime.now() + .microseconds(Int(delay))
        DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: end) { kill(getpid(), SIGKILL) }
    }

    @Test func theNextStartRecoversAndNothingIsLost() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorktreeFixture(workspace: WorkspaceFixture(folder: folder))
            try fixture.makeRepository()
            try fixture.shell("for i in $(seq 200); do echo $i > src/f$i; done; git add -A; git commit -qm More")
            let kept = try fixture.store().create(WorktreeRequest(name: "work")).record
            try fixture.shell(
                "git config user.name T; git config user.email t@localhost; echo own > own; git add own; "
                    + "git commit -qm Own; echo SECRET=9 > .env; echo new > new; chmod 640 new", in: kept)
            let picture = try fixture.picture(kept)
            let local = try fixture.workspace.picture().filter { !$0.key.hasPrefix(".git/") }
            var random = SeededGenerator(seed: 11)
            for number in 0..<Self.kills {
                let (home, work) = (fixture.home, fixture.workspace.path)
                let delay = UInt64.random(in: 0...Self.longest, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [home = home as String, work = work as String, delay = delay as UInt64, number = number as Int] in
                    let store = try WorktreeStore(home: home, directory: work, search: "/usr/local/bin:/usr/bin:/bin")
                    Self.die(after: delay)
                    while true {
                        if number % 2 == 0 {
                            _ = try store.create(WorktreeRequest(name: "new", carries: true, copies: ["node_modules"]))
                            _ = try store.remove("new")
                        }
                        _ = try store.remove("work")
                        _ = try store.restore("work")
                    }
                }
                let store = try fixture.store()
                try store.locked { _ throws(LockgateError) in }
                // There, or in an archive, and never half.
                if (try? store.record("work")) == nil { _ = try store.restore("work") }
                #expect(try fixture.picture(kept) == picture, "kill \(number) at \(delay) us")
                if (try? store.record("new")) != nil { _ = try store.remove("new") }
                #expect(PosixFile.list(store.trash) == [])
                #expect(PosixFile.list(store.folder).filter { !$0.hasPrefix(".") } == ["work"])
                #expect(PosixFile.list("\(store.repository)/worktrees").count == 1)
                #expect(try fixture.workspace.picture().filter { !$0.key.hasPrefix(".git/") } == local)
            }
            try fixture.shell("git fsck --full --strict > /dev/null; test -z \"$(git branch --list 'lockgate/new')\"")
        }
    }

    /// The local tree without git's own files.
    private static func local(_ fixture: WorktreeFixture) throws -> [String: String] {
        try fixture.workspace.picture().filter { !$0.key.hasPrefix(".git/") }
    }

    @Test func aMergeIsCompletedOrHasNotBegun() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorktreeFixture(workspace: WorkspaceFixture(folder: folder))
            try fixture.makeRepository()
            try fixture.shell("for i in $(seq 100); do echo $i > src/f$i; done; git add -A; git commit -qm More")
            let kept = try fixture.store().create(WorktreeRequest(name: "work")).record
            try fixture.shell(
                """
                git config user.name T; git config user.email t@localhost; for i in $(seq 40); do echo new > src/f$i; done
                git commit -qam Own; rm src/f9*; mkdir made; echo made > made/it; sed -i 's/^1$/one/' src/a
                """, in: kept)
            try fixture.shell("echo mine > mine; sed -i 's/^5$/five/' src/a")
            let (tree, before) = (try fixture.picture(kept), try Self.local(fixture))
            _ = try fixture.store().merge(try fixture.store().planMerge("work"))
            let after = try Self.local(fixture)
            var random = SeededGenerator(seed: 12)
            var found: [Bool: Int] = [:]
            for number in 0..<20 {
                let (home, work) = (fixture.home, fixture.workspace.path)
                let delay = UInt64.random(in: 0...Self.longest, using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [home = home as String, work = work as String, delay = delay as UInt64] in
                    let store = try WorktreeStore(home: home, directory: work, search: "/usr/local/bin:/usr/bin:/bin")
                    let checkpoints = try CheckpointStore(home: home, workspace: work)
                    Self.die(after: delay)
                    while true {
                        _ = try store.merge(try store.planMerge("work"))
                        _ = try checkpoints.apply(try checkpoints.planUndo())
                    }
                }
                let checkpoints = try fixture.workspace.store()
                let now = try Self.local(fixture)
                #expect(now == before || now == after, "kill \(number) at \(delay) us")
                found[now == after, default: 0] += 1
                let plan = try fixture.store().planMerge("work")
                #expect(plan.plan.conflicts == [])
                let steps = plan.plan.steps.map { "\($0.verb) \($0.path.shownPath)" }
                #expect(steps.isEmpty == (now == after), "kill \(number) at \(delay) us: \(steps)")
                #expect(try fixture.picture(kept) == tree)
                if now == after { _ = try checkpoints.apply(try checkpoints.planUndo()) }
                #expect(try Self.local(fixture) == before)
            }
            #expect(found.count == 2)
            // Whatever was interrupted, work that goes on there can be merged.
            _ = try fixture.store().merge(try fixture.store().planMerge("work"))
            try fixture.shell("sed -i 's/^one$/ONE/' src/a", in: kept)
            #expect(try fixture.store().planMerge("work").plan.conflicts == [])
        }
    }

    @Test func aHandoverLeavesTheChangesInOneTreeOrBoth() async throws {
        try await TemporaryFolder.with { folder in
            let fixture = WorktreeFixture(workspace: WorkspaceFixture(folder: folder))
            try fixture.makeRepository()
            let clean = try Self.local(fixture)
            try fixture.shell("for i in $(seq 30); do echo $i > src/new$i; done; rm b; echo more >> src/a")
            let changed = try Self.local(fixture)
            var random = SeededGenerator(seed: 13)
            for number in 0..<20 {
                let (home, work) = (fixture.home, fixture.workspace.path)
                let delay = UInt64.random(in: 0...(3 * Self.longest), using: &random)
                await #expect(processExitsWith: .signal(SIGKILL)) {
                    [home = home as String, work = work as String, delay = delay as UInt64] in
                    let store = try WorktreeStore(home: home, directory: work, search: "/usr/local/bin:/usr/bin:/bin")
                    Self.die(after: delay)
                    while true {
                        let record = try store.create(WorktreeRequest(name: "away", carries: true)).record
                        try store.takeOver(record)
                        _ = try store.clearLocal(label: "away")
                        _ = try store.merge(try store.planMerge("away"))
                        _ = try store.remove("away")
                    }
                }
                let store = try fixture.store()
                try store.locked { _ throws(LockgateError) in }
                _ = try fixture.workspace.store()
                let now = try Self.local(fixture)
                #expect(now == clean || now == changed, "kill \(number) at \(delay) us")
                let record = try? store.record("away")
                #expect(now == changed || record != nil, "kill \(number) at \(delay) us")
                if record != nil {
                    // As handing over again would, and back.
                    if now == changed {
                        _ = try store.carry(into: store.record("away"))
                        try store.takeOver(store.record("away"))
                        #expect(try store.clearLocal(label: "again") == [])
                        #expect(try Self.local(fixture) == clean)
                    }
                    #expect(try store.merge(try store.planMerge("away")) == [])
                    #expect(try Self.local(fixture) == changed)
                    _ = try store.remove("away")
                }
            }
            try fixture.shell("git fsck --full --strict > /dev/null")
        }
    }
}
