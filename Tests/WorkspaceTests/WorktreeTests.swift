import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// Managed worktrees: made, compared, merged, removed and brought back.
@Suite(.timeLimit(.minutes(2))) struct WorktreeTests {
    @Test func whatAKillLeftOfGitsOwnFolderGoesAndNoOther() throws {
        try TemporaryFolder.with { folder in
            let fixture = WorktreeFixture(workspace: WorkspaceFixture(folder: folder))
            try fixture.makeRepository()
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "work")).record
            let base = "\(store.repository)/worktrees"
            // As when a kill fell into its removal: first in its list of files, and the record says so.
            try fixture.shell("rm '\(base)/work/gitdir'; mkdir '\(base)/work2' '\(base)/worker' '\(base)/other'")
            try store.locked { site throws(LockgateError) in
                var removing = record
                removing.state = .removing
                try store.save(removing)
                try site.recover()
            }
            #expect(PosixFile.list(base).sorted() == ["other", "worker"])
        }
    }

    @Test func aWorktreeIsOnANamedBranchAndCarriesWhatIsAsked() throws {
        try WorktreeFixture.with { fixture in
            try fixture.shell("echo more >> b; echo new > new; rm run; echo staged > staged; git add staged")
            let before = try fixture.workspace.picture().withoutObjects
            let store = try fixture.store()
            let plain = try store.create(WorktreeRequest(name: "plain")).record
            #expect(
                try fixture.shell("git status --porcelain; git branch --show-current", in: plain) == "lockgate/plain\n")
            let made = try store.create(
                WorktreeRequest(name: "carried", carries: true, copies: [".env", "node_modules", "none"]))
            #expect(made.notes.count == 1)
            #expect(
                try fixture.shell("git status --porcelain; cat b new .env node_modules/m", in: made.record)
                    == " M b\n D run\n?? new\n?? staged\nb\nmore\nnew\nSECRET=1\nmodule\n")
            #expect(made.record.portBase != plain.portBase)
            // The local tree, its index and its refs are as before, but for the new branches.
            let after = try fixture.workspace.picture().withoutObjects.filter {
                !$0.key.contains("lockgate") && !$0.key.hasPrefix(".git/worktrees")
            }
            #expect(after == before)
        }
    }

    /// git compares seconds, and reads a file whose stamp is as young as the index itself.
    @Test func anEditInTheSecondOfItsStampIsSeen() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "work")).record
            try fixture.shell(
                """
                git config core.trustCtime false
                printf 'one\n' > race; touch -d @1700000000 race; git add race
                printf 'two\n' > race; touch -d @1700000000 race
                touch -d @1700000000 "$(git rev-parse --git-path index)"
                """, in: record)
            let git = try HostGit(in: record.path, search: "/usr/local/bin:/usr/bin:/bin")
            let tree = try git.snapshot(scratch: store.state).tree
            #expect(String(decoding: try git.run(["cat-file", "blob", "\(tree):race"]), as: UTF8.self) == "two\n")
        }
    }

    @Test func nothingThatARepositoryNamesIsExecuted() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let marker = fixture.workspace.folder.at("executed")
            try fixture.shell(
                """
                printf '#!/bin/sh\\necho "$0 $*" >> \(marker)\\ncat\\n' > .git/evil; chmod 755 .git/evil
                evil=$PWD/.git/evil
                for hook in post-checkout pre-commit reference-transaction post-index-change post-commit \
                  fsmonitor-watchman pre-auto-gc post-merge; do
                  mkdir -p .git/hooks; cp .git/evil .git/hooks/$hook
                done
                printf '* filter=evil diff=evil merge=evil\\n' > .gitattributes; git -c core.hooksPath=/dev/null add .gitattributes
                git -c core.hooksPath=/dev/null commit -qm Attributes
                cat >> .git/config <<END
                [core]
                    hooksPath = .git/hooks
                    fsmonitor = $evil
                    sshCommand = $evil
                    pager = $evil
                    editor = $evil
                    alternateRefsCommand = $evil
                [filter "evil"]
                    clean = $evil
                    smudge = $evil
                    process = $evil
                    required = true
                [merge "evil"]
                    driver = $evil %A
                [diff]
                    external = $evil
                [diff "evil"]
                    command = $evil
                    textconv = $evil
                [commit]
                    gpgsign = true
                [gpg]
                    program = $evil
                [credential]
                    helper = $evil
                [protocol "ext"]
                    allow = always
                [remote "origin"]
                    url = ext::$evil
                    promisor = true
                    uploadpack = $evil
                [extensions]
                    partialClone = origin
                END
                echo changed >> b; echo new > new
                """)
            let record = try store.create(WorktreeRequest(name: "w", carries: true)).record
            try PosixFile.replace("\(record.path)/b", with: Array("other\n".utf8))
            _ = try store.diff("w")
            _ = try store.merge(try store.planMerge("w"))
            let removed = try store.remove("w")
            _ = try store.restore(try #require(removed.archive).id)
            _ = try store.collect(unusedFor: 0)
            let executed = try fixture.workspace.folder.text("executed") ?? ""
            #expect(executed == "")
            #expect(try fixture.workspace.text("b") == "other\n")
            // Plain git would have run it.
            try? fixture.shell("git worktree add -q -b plain ../plain")
            #expect(try fixture.workspace.folder.text("executed") != nil)
        }
    }

    @Test func whatARemovalArchivesComesBackAsItWas() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "w", copies: [".env"])).record
            try fixture.shell(
                """
                git config user.name T; git config user.email t@localhost
                echo 1 >> src/a; git commit -qam One; echo 2 >> src/a; git add src/a; echo 3 >> src/a
                echo untracked > new; chmod 600 new; echo SECRET=2 > .env; rm b; chmod 700 run; ln -s nowhere dangling
                mkdir -p empty/deep; echo log > x.log; git init -q nested; echo inner > nested/inner
                """, in: record)
            let before = try fixture.picture(record)
            let removed = try store.remove("w")
            let archive = try #require(removed.archive)
            #expect(archive.hasCommits && archive.hasFiles)
            #expect(!PosixFile.exists(record.path))
            #expect(PosixFile.list("\(store.repository)/worktrees") == [])
            try fixture.shell("! git rev-parse -q --verify lockgate/w && git gc -q --prune=now")
            let restored = try store.restore("w")
            #expect(try fixture.picture(restored) == before)
            // And again.
            _ = try store.remove("w")
            #expect(try fixture.picture(try store.restore("w")) == before)
            try fixture.shell("git fsck --full --strict > /dev/null")
        }
    }

    @Test func whatIsNowhereElseIsNeverRemovedWithoutAnArchive() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            #expect(try store.create(WorktreeRequest(name: "clean")).record.state == .ready)
            #expect(try store.remove("clean").archive == nil)
            for (name, script) in [
                ("commit", "git commit -q --allow-empty -m Own"), ("untracked", "echo new > new"),
                ("assumed", "git update-index --assume-unchanged b; echo edit >> b"),
                ("skipped", "git update-index --skip-worktree b; echo edit >> b"),
                ("ignored", "echo log > x.log"), ("staged", "echo s > s; git add s; rm s"),
                ("detached", "git checkout -q --detach; git commit -q --allow-empty -m Own"),
            ] {
                let record = try store.create(WorktreeRequest(name: name)).record
                try fixture.shell("git config user.name T; git config user.email t@localhost; \(script)", in: record)
                #expect(try store.remove(name).archive != nil, "\(name)")
            }
            let large = try store.create(WorktreeRequest(name: "large")).record
            try fixture.shell("truncate -s 200M large", in: large)
            #expect(throws: LockgateError.self) { try store.remove("large") }
            #expect(PosixFile.exists("\(large.path)/large"))
            #expect(try store.record("large").state == .ready)
            let use = try store.use("large")
            #expect(throws: LockgateError.self) { try store.remove("large", discards: true) }
            withExtendedLifetime(use) {}
        }
    }

    @Test func aMergeKeepsLocalEditsAndIsTakenBackByUndo() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "w")).record
            try fixture.shell(
                """
                git config user.name T; git config user.email t@localhost
                sed -i 's/^1$/one/' src/a; git commit -qam One; echo new > new; mkdir d; echo e > d/e; chmod 755 d/e
                rm b; ln -sf src link; echo ignored > x.log
                """, in: record)
            try fixture.shell("sed -i 's/^5$/five/' src/a; echo mine > mine")
            let before = try fixture.workspace.picture()
            let merge = try store.planMerge("w")
            #expect(merge.plan.conflicts == [])
            #expect(try store.merge(merge) == [])
            #expect(try fixture.workspace.text("src/a") == "one\n2\n3\n4\nfive\n")
            let after = try fixture.workspace.picture()
            #expect(after["b"] == nil && after["link"] == "link src" && after["d/e"]?.hasPrefix("file 755") == true)
            #expect(after["mine"] != nil && after["x.log"] == nil && after[".git/index"] == before[".git/index"])
            // Merged once, the worktree goes on, and so does the local tree.
            try fixture.shell("sed -i 's/^one$/ONE/' src/a", in: record)
            _ = try store.merge(try store.planMerge("w"))
            #expect(try fixture.workspace.text("src/a") == "ONE\n2\n3\n4\nfive\n")
            let checkpoints = try fixture.workspace.store()
            #expect(try checkpoints.apply(try checkpoints.planUndo(last: 2)) == [])
            #expect(
                try fixture.workspace.picture().withoutObjects.filter { !$0.key.contains("lockgate") }
                    == before.withoutObjects.filter { !$0.key.contains("lockgate") })
        }
    }

    @Test func aMergeWithConflictsChangesNothingAndListsThem() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "w")).record
            try fixture.shell("sed -i 's/^1$/one/' src/a; echo new > new; rm b; echo fine > fine", in: record)
            try fixture.shell("sed -i 's/^1$/uno/' src/a; echo mine > new; echo mine >> b")
            let before = try fixture.workspace.picture().withoutObjects
            let merge = try store.planMerge("w")
            #expect(
                merge.plan.conflicts.map { "\($0.path.shownPath): \($0.reason)" } == [
                    "b: changed here, deleted there", "new: made here and there", "src/a: changed here and there",
                ])
            #expect(throws: LockgateError.self) { try store.merge(merge) }
            #expect(try fixture.workspace.picture().withoutObjects == before)
        }
    }

    @Test func aWorktreeThatLeadsElsewhereIsNotFollowed() throws {
        try WorktreeFixture.with { fixture in
            let store = try fixture.store()
            let record = try store.create(WorktreeRequest(name: "w")).record
            // A repository of its own, whose working tree is another folder.
            try fixture.shell(
                "rm .git; git init -q .; git config core.worktree ../../../../work; echo x > x", in: record)
            #expect(throws: LockgateError.self) { try store.diff("w") }
            #expect(throws: LockgateError.self) { try store.planMerge("w") }
            #expect(throws: LockgateError.self) { try store.remove("w") }
            #expect(PosixFile.exists("\(record.path)/x"))
            #expect(try store.remove("w", discards: true).archive == nil)
        }
    }
}
