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
}
