import Sandbox
import Testing
import Wire

private let initRepository =
    "git init -q . && git config user.email a@b && git config user.name n && echo 1 > f && git add f && git commit -qm a"

@Suite("Git in workspace-write")
struct GitTests {
    struct Work: Sendable, CustomTestStringConvertible {
        var name: String
        var setup = initRepository
        var script: String
        var cwd = ""
        var testDescription: String { name }
    }

    private static let fourCommits =
        "git init -q . && for i in 1 2 3 4; do echo $i > f$i; git add f$i; git commit -qm c$i; done"

    static let work: [Work] = [
        Work(
            name: "commit", script: "echo 2 > g && git add g && git commit -qm b && test -z \"$(git status --short)\""),
        Work(
            name: "branch, stash, rebase",
            script:
                "git checkout -qb b && echo 2 > f && git stash -q && git stash pop -q && git commit -qam c && git rebase -q HEAD~1"
        ),
        Work(
            name: "merge",
            script:
                "git checkout -qb b && echo 2 > g && git add g && git commit -qm b && git checkout -q - && git merge -q --no-ff -m m b"
        ),
        Work(
            name: "tag, reset, clean, gc",
            script:
                "git tag t && echo 2 > f && git reset -q --hard && touch x && git clean -fdq && git gc -q && git fsck"),
        Work(
            name: "worktree add and remove",
            script:
                "git worktree add -q ../ws/wt && cd wt && echo 3 > h && git add h && git commit -qm w && cd .. && git worktree remove wt"
        ),
        Work(
            name: "branch from a remote one",
            setup: initRepository + " && git clone -q $WS $OUT/up && git remote add o $OUT/up && git fetch -q o",
            script: "git checkout -qb nb o/master 2>/dev/null || git checkout -qb nb o/main"),
        Work(
            name: "rewrite history",
            setup: fourCommits,
            script:
                "GIT_SEQUENCE_EDITOR=\"sed -i '2s/pick/squash/'\" GIT_EDITOR=true git rebase -q -i HEAD~3 && git commit -q --amend -m z && git checkout -qb b HEAD~1 && git cherry-pick - && git revert --no-edit HEAD"
        ),
        Work(
            name: "patches and a stash with new files",
            setup: fourCommits,
            script:
                "git format-patch -q -1 -o /tmp/p && git reset -q --hard HEAD~1 && git am -q /tmp/p/* && touch n && git stash -q -u && git stash pop -q && test -e n"
        ),
        Work(
            name: "bisect", setup: fourCommits,
            script: "git bisect start HEAD HEAD~3 && git bisect run test ! -e f3 && git bisect reset"),
        Work(
            name: "a branch renamed but for its section of the configuration",
            script: "git branch x && ! git branch -m x y && git rev-parse -q --verify y && git branch -D y"),
        Work(
            name: "push into a repository of the workspace",
            setup: initRepository + " && git init -q --bare b.git", script: "git push -q b.git HEAD:refs/heads/main"),
        Work(
            name: "hooks that are there already",
            setup: initRepository
                + " && printf '#!/bin/sh\\ntouch ran\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit",
            script: "git commit -q --allow-empty -m a && test -e ran"),
        Work(
            name: "init and commit in an empty workspace", setup: ":",
            script: "git init -q . && touch f && git add f && git commit -qm a"),
        Work(
            name: "clone into the workspace", setup: initRepository,
            script: "git clone -q . copy && cd copy && echo 2 > f && git commit -qam b"),
        Work(
            name: "commit in a linked worktree",
            setup: "cd $OUT && \(initRepository) && rmdir $WS && git worktree add -q $WS",
            script: "echo 2 > g && git add g && git commit -qm b && git log --oneline | grep -q b"),
        Work(
            name: "commit in a submodule's checkout",
            setup:
                "git init -q $OUT/lib && cd $OUT/lib && \(initRepository) && cd $WS && \(initRepository) && git -c protocol.file.allow=always submodule add -q $OUT/lib lib && git commit -qm s",
            script: "cd lib && echo 2 > g && git add g && git commit -qm b && cd .. && git add lib && git commit -qm c"),
        Work(
            name: "commit from a folder of the repository",
            setup: initRepository + " && mkdir sub && touch sub/x && git add sub && git commit -qm s",
            script: "echo 2 > x && git add x && git commit -qm b", cwd: "/sub"),
        Work(name: "status while nothing is a repository", setup: ":", script: "! git status"),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var work: Work
        var user: TestUser
        var testDescription: String { "\(work.name), \(user.testDescription)" }
    }

    @Test("works", arguments: work.flatMap { work in TestUser.available.map { Case(work: work, user: $0) } })
    func works(_ one: Case) async throws {
        let fixture = try SandboxFixture(one.user)
        try fixture.setUp(one.work.setup)
        let before = Set(
            try await fixture.run(
                "find $WS $OUT -name commondir -o -name .lockgate -o -name .agent -o -name .agents", .dangerFullAccess
            ).output.split(separator: "\n"))
        var policy = fixture.policy(.workspaceWrite)
        policy.workspace += one.work.cwd
        let result = try await fixture.run(one.work.script, policy, cwd: policy.workspace)
        #expect(result.status == .exited(0), "\(result.output)")
        let after = Set(
            try await fixture.run(
                "find $WS $OUT -name commondir -o -name .lockgate -o -name .agent -o -name .agents", .dangerFullAccess
            ).output.split(separator: "\n"))
        #expect(after == before, "the sandbox leaves nothing behind")
    }

    static let attacks: [Attack] = [
        Attack(name: "add a hook", setup: initRepository, script: "echo e > .git/hooks/pre-commit"),
        Attack(
            name: "add a hook where there is no hooks folder", setup: initRepository + " && rm -r .git/hooks",
            script: "mkdir .git/hooks; echo e > .git/hooks/pre-commit", intact: "test ! -e .git/hooks"),
        Attack(name: "set a configuration value", setup: initRepository, script: "git config core.fsmonitor ./evil"),
        Attack(
            name: "replace the configuration", setup: initRepository,
            script: "cp .git/config c && echo x >> c && mv c .git/config"),
        Attack(
            name: "remove and write the configuration", setup: initRepository,
            script: "rm -f .git/config; echo '[core]' > .git/config"),
        Attack(
            name: "swap the git folder", setup: initRepository,
            script: "mv .git .git2 && mkdir -p .git/hooks && echo e > .git/hooks/pre-commit"),
        Attack(
            name: "hooks behind a link",
            setup: initRepository + " && rm -r .git/hooks && mkdir hk && ln -s ../hk .git/hooks",
            script: "echo e > hk/pre-commit"),
        Attack(
            name: "replace a link to hooks",
            setup: initRepository + " && rm -r .git/hooks && mkdir hk && ln -s ../hk .git/hooks",
            script: "rm .git/hooks && mkdir .git/hooks && echo e > .git/hooks/pre-commit"),
        Attack(
            name: "replace a link to the git folder", setup: initRepository + " && mv .git g && ln -s g .git",
            script: "rm .git && mkdir -p .git/hooks && echo e > .git/hooks/pre-commit"),
        Attack(
            name: "swap the hooks folder", setup: initRepository,
            script: "mv .git/hooks .git/h && mkdir .git/hooks && echo e > .git/hooks/pre-commit"),
        Attack(
            name: "redirect by commondir", setup: initRepository,
            script: "mkdir -p e/hooks e/objects e/refs && printf '../e\\n' > .git/commondir",
            intact: "test ! -e .git/commondir"),
        Attack(
            name: "redirect by a renamed commondir", setup: initRepository,
            script: "printf '../e\\n' > c && mv c .git/commondir"),
        Attack(
            name: "worktree configuration", setup: initRepository + " && git config extensions.worktreeConfig true",
            script: "printf '[core]\\n\\tfsmonitor=./e\\n' > .git/config.worktree"),
        Attack(
            name: "a submodule's configuration",
            setup: initRepository
                + " && git init -q $OUT/lib && (cd $OUT/lib && \(initRepository)) && git -c protocol.file.allow=always submodule add -q $OUT/lib lib",
            script: "git config -f .git/modules/lib/config core.fsmonitor evil"),
        Attack(
            name: "a submodule's git folder renamed",
            setup: initRepository
                + " && git init -q $OUT/lib && (cd $OUT/lib && \(initRepository)) && git -c protocol.file.allow=always submodule add -q $OUT/lib lib",
            script:
                "cp -r .git/modules/lib m && mv .git/modules/lib .git/x; mv .git/modules .git/y; mkdir -p .git/modules/lib && echo x >> .git/modules/lib/config"
        ),
        Attack(
            name: "a submodule's .git file",
            setup: initRepository
                + " && git init -q $OUT/lib && (cd $OUT/lib && \(initRepository)) && git -c protocol.file.allow=always submodule add -q $OUT/lib lib",
            script: "mkdir e && echo 'gitdir: ../e' > g && mv g lib/.git"),
        Attack(
            name: "another worktree's commondir", setup: initRepository + " && git worktree add -q $OUT/wt",
            script: "echo ../../../e > .git/worktrees/wt/commondir"),
        Attack(
            name: "another worktree's folder renamed", setup: initRepository + " && git worktree add -q $OUT/wt",
            script:
                "mv .git/worktrees/wt .git/w; mv .git/worktrees .git/x; mkdir -p .git/worktrees/wt && echo e > .git/worktrees/wt/commondir"
        ),
        Attack(
            name: "hooks in a configured folder",
            setup: initRepository + " && mkdir -p tools/hooks && git config core.hooksPath tools/hooks",
            script: "echo e > tools/hooks/pre-commit"),
        Attack(
            name: "a configured hooks folder's parent renamed",
            setup: initRepository + " && mkdir -p tools/hooks && git config core.hooksPath tools/hooks",
            script: "mv tools t2 && mkdir -p tools/hooks && echo e > tools/hooks/pre-commit"),
        Attack(
            name: "a configured hooks folder that is missing",
            setup: initRepository + " && git config core.hooksPath hk", script: "mkdir -p hk && echo e > hk/pre-commit",
            intact: "test ! -e hk"),
        Attack(
            name: "hooks in a folder of the user's configuration",
            setup: initRepository + " && mkdir hk && git config --global core.hooksPath hk",
            script: "echo e > hk/pre-commit"),
        Attack(
            name: "an included file", setup: initRepository + " && git config include.path ../inc && touch inc",
            script: "printf '[core]\\n\\tfsmonitor=./e\\n' > inc"),
        Attack(
            name: "an included file that is missing", setup: initRepository + " && git config include.path ../inc",
            script: "printf '[core]\\n\\tfsmonitor=./e\\n' > inc", intact: "test ! -e inc"),
        Attack(
            name: "a nested repository's hook",
            setup: initRepository + " && mkdir -p a/b && cd a/b && \(initRepository)",
            script: "echo e > a/b/.git/hooks/pre-commit"),
        Attack(
            name: "a linked worktree's hook",
            setup: "cd $OUT && \(initRepository) && rmdir $WS && git worktree add -q $WS",
            script: "echo e > $OUT/.git/hooks/pre-commit"),
        Attack(
            name: "a linked worktree's .git file",
            setup: "cd $OUT && \(initRepository) && rmdir $WS && git worktree add -q $WS",
            script: "echo 'gitdir: e' > g && mv g .git"),
        Attack(
            name: "files beside a linked worktree's repository",
            setup: "cd $OUT && \(initRepository) && rmdir $WS && git worktree add -q $WS", script: "echo e > $OUT/f"),
        Attack(
            name: "a .git file that claims a folder",
            setup: "mkdir -p $OUT/r/objects $OUT/r/refs && touch $OUT/r/HEAD && echo \"gitdir: $OUT/r\" > .git",
            script: "echo e > $OUT/r/x"),
        Attack(
            name: "the enclosing repository's hook", setup: "cd $OUT/.. && (git init -q . || true)",
            script: "echo e > ../.git/hooks/x", hasControl: false),
        Attack(
            name: "the agent's own configuration", script: "mkdir -p .lockgate && echo x > .lockgate/config.toml",
            intact: "test ! -e .lockgate"),
        Attack(
            name: "the agent's own configuration by a link",
            script: "mkdir d && ln -s d .lockgate && echo x > .lockgate/config.toml", intact: "test ! -e .lockgate"),
        Attack(
            name: "an editor's tasks that exist", setup: "mkdir .vscode && echo a > .vscode/tasks.json",
            script: "echo x > .vscode/tasks.json"),
        Attack(
            name: "an editor's tasks by renaming their folder", setup: "mkdir .vscode && echo a > .vscode/tasks.json",
            script: "mv .vscode v && mkdir .vscode && echo x > .vscode/tasks.json"),
        Attack(
            name: "another agent's configuration that exists", setup: "mkdir .codex && echo a > .codex/config.toml",
            script: "echo x >> .codex/config.toml"),
    ].map { attack in
        var attack = attack
        attack.modes = [.workspaceWrite]
        return attack
    }

    @Test("is not a way out", arguments: AttackCase.all(attacks))
    func isNoWayOut(_ one: AttackCase) async throws { try await expectHeld(one) }

    @Test("two commands at once share placeholders, and the last takes them away")
    func concurrentPlaceholders() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(initRepository)
        let policy = fixture.policy(.workspaceWrite)
        let long = try await fixture.start(
            "read line; printf '../e\\n' > .git/commondir", policy, io: .merged(input: true))
        let short = try await fixture.run("true", policy)
        #expect(short.status == .exited(0))
        #expect(fixture.holds("test \"$(cat .git/commondir)\" = ."))
        #expect(fixture.holds("git status && git log -1"), "git outside is not disturbed meanwhile")
        long.closeInput()
        #expect(await long.wait() == .exited(1))
        await long.waitForCleanUp()
        #expect(fixture.holds("test ! -e .git/commondir && test ! -e .lockgate"))
    }
}
