import Basics
import TestSupport
import Testing
import Wire

@testable import Workspace

/// A linked worktree's branches, stash and objects lie in another tree's repository. After undo they are as they were,
/// and what others did there meanwhile is as they left it.
@Suite struct SharedRepositoryTests {
    /// A main tree in `work` with everything that can be lost, and a worktree of it beside, in the same state.
    private struct Shared {
        let workspace: WorkspaceFixture
        var tree: String { workspace.folder.at("linked") }
        var common: String { workspace.path + "/.git" }

        static func with(_ body: (Shared) throws -> Void) throws {
            try TemporaryFolder.with { folder in
                let shared = Shared(workspace: WorkspaceFixture(folder: folder))
                for name in ["work", "home"] { try folder.makeFolder(name) }
                try shared.workspace.makeRepository()
                try shared.workspace.shell(
                    """
                    git worktree add -q -b own ../linked; cd ../linked
                    \(DestructionScripts.linkedWorktree)
                    """)
                try body(shared)
            }
        }

        func store() throws -> CheckpointStore { try CheckpointStore(home: workspace.home, workspace: tree) }

        func shell(_ script: String, in folder: String = "linked", mayFail: Bool = false) throws {
            let run = try OracleCommand.run(
                ["sh", "-c", "cd \(folder) 2>/dev/null || exit 1; \(script)"], in: workspace.folder)
            guard mayFail || run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
        }

        func picture() throws -> [String: String] {
            try workspace.picture(of: tree).merging(
                try workspace.picture(of: common).map { (".git/\($0)", $1) }
            ) { first, _ in first }
        }

        func undo(_ count: Int = 1) throws -> RestorePlan {
            let store = try store()
            let plan = try store.planUndo(last: count)
            #expect(try store.apply(plan) == plan.conflicts)
            return plan
        }
    }

    @Test(arguments: 0..<4) func undoBringsBackWhatATurnDestroyed(group: Int) throws {
        let all = DestructionScripts.ways + DestructionScripts.sharedWays
        let ways = all.enumerated().filter { $0.offset % 4 == group }.map(\.element)
        try Shared.with { shared in
            let before = try shared.picture()
            for way in ways {
                let store = try shared.store()
                let turn = try store.begin("destroy")
                try shared.shell(way, mayFail: true)
                let ended = try store.end(turn)
                let destroyed = try shared.picture()
                guard ended.after != ended.before else {
                    #expect(destroyed.withoutObjects == before.withoutObjects, "\(way)")
                    continue
                }
                let plan = try shared.undo()
                #expect(plan.conflicts == [] && plan.left == [], "\(way)")
                let after = try shared.picture()
                #expect(Self.difference(before.withoutObjects, after.withoutObjects) == [], "\(way)")
                let objects = before.filter { $0.key.contains(".git/objects") }
                #expect(Self.difference(objects, after.filter { objects[$0.key] != nil }) == [], "\(way)")
                try shared.shell(
                    "git fsck --full --strict >/dev/null && git stash list && git --no-optional-locks status >/dev/null"
                )
            }
        }
    }

    private static func difference(_ old: [String: String], _ new: [String: String]) -> [String] {
        Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
            .map { "\($0): \(old[$0] ?? "none") -> \(new[$0] ?? "none")" }
    }

    @Test func whatOthersDoMeanwhileStays() throws {
        try Shared.with { shared in
            try shared.shell("git worktree add -q -b third ../third", in: "work")
            let store = try shared.store()
            let turn = try store.begin("both")
            // The agent packs refs, deletes a branch, drops the stash and commits; the user commits in two other trees.
            try shared.shell(
                "git commit -qam agent; git gc -q --prune=now; git branch -D loose; git stash drop -q; git tag junk")
            try shared.shell("git commit -qam mine", in: "work")
            try shared.shell("echo x > x; git add x; git commit -qm third", in: "third")
            _ = try store.end(turn)
            try shared.shell("git commit -q --allow-empty -m later; git checkout -q -b topic", in: "work")
            let index = try shared.picture()[".git/index"]
            let plan = try shared.undo()
            #expect(plan.conflicts == [])
            #expect(
                plan.left.map(\.path.shownPath).map(PathText.name).sorted() == ["main", "third"])
            try shared.shell(
                """
                test "$(git log -1 --format=%s main) $(git log -1 --format=%s third)" = "later third"
                test "$(git log -1 --format=%s own) $(git -C ../work symbolic-ref HEAD)" = "own refs/heads/topic"
                git rev-parse -q --verify loose >/dev/null && test "$(git stash list | wc -l)" = 1
                ! git rev-parse -q --verify junk && git diff --cached --quiet HEAD -- README 2>/dev/null
                git fsck --full --strict >/dev/null
                """)
            #expect(try shared.picture()[".git/index"] == index)
        }
    }

    @Test func aRefThatWasMovedSinceIsAConflictAndStays() throws {
        try Shared.with { shared in
            let store = try shared.store()
            let turn = try store.begin("move")
            try shared.shell("git branch -f loose HEAD~1; git branch -D other")
            _ = try store.end(turn)
            try shared.shell("git update-ref refs/heads/loose stash", in: "work")
            let plan = try shared.undo()
            #expect(plan.conflicts.map(\.path.shownPath) == [shared.common + "/refs/heads/loose"])
            #expect(plan.conflicts.first?.reason.hasPrefix("moved since; it was at ") == true)
            try shared.shell("test $(git rev-parse loose) = $(git rev-parse stash) && git rev-parse -q --verify other")
        }
    }

    @Test func whatOnlyOthersDidIsNoChangeOfTheTurn() throws {
        try Shared.with { shared in
            let store = try shared.store()
            let turn = try store.begin("nothing")
            try shared.shell("git commit -qam mine; echo y > y; git add y", in: "work")
            let ended = try store.end(turn)
            #expect(ended.after == ended.before)
            #expect(try store.changes(of: ended) == [])
        }
    }

    @Test func undoIsItselfTakenBack() throws {
        try Shared.with { shared in
            let store = try shared.store()
            let turn = try store.begin("go")
            try shared.shell("git commit -qam agent; git branch -D other; git stash drop -q; rm .env")
            _ = try store.end(turn)
            let after = try shared.picture()
            _ = try shared.undo()
            #expect(try store.apply(try store.planRedo()) == [])
            #expect(Self.difference(after, try shared.picture()) == [])
        }
    }

    /// A command may write `.git`; it must not lead a checkpoint, or what undo writes, anywhere else.
    @Test func aGitFileThatIsNotNamedInReturnLeadsNowhere() throws {
        try Shared.with { shared in
            let store = try shared.store()
            _ = try store.end(try store.begin("first"))
            let turn = try store.begin("lead away")
            try shared.shell(
                """
                git branch -D other; git init -q --bare ../fake; mkdir -p ../fake/worktrees/x
                echo "$PWD/elsewhere" > ../fake/worktrees/x/gitdir; echo ../.. > ../fake/worktrees/x/commondir
                echo "gitdir: $(realpath ../fake/worktrees/x)" > .git
                """)
            _ = try store.end(turn)
            #expect(OuterRepository.of(shared.tree) == nil)
            #expect(try shared.undo().conflicts == [])
            try shared.shell("git rev-parse -q --verify other && git status")
        }
    }

    @Test func aFolderWithinAWorkingTreeBringsItsRepositoryAlong() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture().withoutObjects
            let store = try CheckpointStore(home: fixture.home, workspace: fixture.path + "/src")
            let turn = try store.begin("go")
            try fixture.shell("cd src; git commit -qam gone; git branch -D other; git stash clear; rm -r deep")
            _ = try store.end(turn)
            #expect(try store.apply(try store.planUndo()) == [])
            #expect(Self.difference(before, try fixture.picture().withoutObjects) == [])
        }
    }

    @Test func whatOnlyForgottenTurnsNeededIsFreed() throws {
        try Shared.with { shared in
            let store = try shared.store()
            let first = try store.begin("heavy")
            try shared.shell("head -c 3000000 /dev/urandom > big; git add big; git commit -qm big")
            _ = try store.end(first)
            try shared.shell(
                "git reset -q --hard HEAD~1; git reflog expire --expire=now --all; git gc -q --prune=now")
            var before = try shared.picture()
            for number in 1...11 {
                before = try shared.picture()
                let turn = try store.begin("\(number)")
                try shared.shell("echo \(number) > own.txt; git commit -qam \(number); git branch b\(number)")
                _ = try store.end(turn)
            }
            let folder = try StoreFolder(home: shared.workspace.home, workspace: shared.tree)
            let kept = CheckpointRetention(days: 30, maxBytes: 1 << 40)
            let later = WallTime(milliseconds: WallTime.now.milliseconds + 31 * 86_400_000)
            #expect(try CheckpointExpiry(folder, retention: kept, now: later).run()?.forgotten == 2)
            let expiry = try #require(
                RepositoryExpiry(home: shared.workspace.home, of: folder, retention: kept, now: later))
            #expect(expiry.isDue)
            // A workspace at work is waited for, by trying another day.
            do {
                let lock = try FileLock(folder.path + "/lock")
                #expect(try expiry.run() == nil)
                withExtendedLifetime(lock) {}
            }
            #expect(try shared.undo().conflicts == [])
            #expect(Self.difference(before.withoutObjects, try shared.picture().withoutObjects) == [])
            _ = try store.apply(try store.planRedo())
            let freed = try expiry.run() ?? 0
            #expect(freed > 2_900_000)
            #expect(!expiry.isDue)
            let again = try shared.undo(9)
            #expect(again.conflicts == [])
            try shared.shell(
                "git rev-parse -q --verify b2 && ! git rev-parse -q --verify b3 && git fsck --full --strict")
        }
    }

    @Test func twoWorktreesShareTheirRepositorysContents() throws {
        try Shared.with { shared in
            try shared.shell("head -c 3000000 /dev/urandom > big; git add big; git commit -qm big", in: "work")
            try shared.shell("git worktree add -q -b third ../third", in: "work")
            for tree in [shared.tree, shared.workspace.folder.at("third")] {
                let store = try CheckpointStore(home: shared.workspace.home, workspace: tree)
                _ = try store.end(try store.begin("go"))
            }
            let run = try OracleCommand.run(["du", "-sb", "home/workspaces"], in: shared.workspace.folder)
            // The third tree has the file itself as well.
            #expect(Int(run.text.split(separator: "\t").first ?? "") ?? .max < 7_000_000, "\(run.text)")
        }
    }
}
