import TestSupport
import Testing

@testable import Workspace

/// Ways in which an agent's commands destroy work. After undo everything is as it was.
@Suite struct DestructionTests {
    static let ways = [
        "cd .. && rm -rf work",
        "rm -rf ./* ./.[!.]*",
        "rm -rf .git",
        "rm -rf .git/objects",
        "rm -rf .git/refs .git/HEAD",
        "git clean -fdx",
        "git clean -ffdx",
        "git reset -q --hard",
        "git checkout -q -- .",
        "git checkout -q -f other",
        "git stash -q -u && git stash drop -q",
        "git stash drop -q",
        "git stash clear",
        "git branch -D other",
        "git add -A && git commit -q -m all && git gc -q --prune=now",
        """
        git add -A && git commit -q -m all && git reset -q --hard HEAD~1 && git reflog expire --expire=now --all
        git gc -q --prune=now
        """,
        "git rm -rq --cached .",
        "git config core.bare true",
        "git update-ref -d refs/heads/main",
        "mv -f new.txt src/main.c",
        "mv src gone && mv docs src",
        "mv .git .git-away",
        ": > src/main.c",
        "find . -type f -exec truncate -s 0 {} +",
        "find . -type f -not -path './.git/*' -exec sed -i 's/^/x/' {} +",
        "find . -delete 2>/dev/null; true",
        "chmod -R 777 .",
        "chmod 000 .env src/main.c",
        "rm .env",
        "echo other > .env",
        "rm link && ln -s /etc/passwd link",
        "rm -rf src && ln -s / src",
        "rm dangling && mkdir dangling && touch dangling/f",
        "rm -rf docs && echo file > docs",
        "rmdir empty/inner empty",
        "touch -r docs .env; printf SECRET=2 > .env; touch -d '2001-01-01' .env",
        "touch CACHEDIR.TAG src/CACHEDIR.TAG && rm src/main.c",
        "cp /bin/true data.bin",
        "dd if=/dev/zero of=data.bin bs=1024 count=600 2>/dev/null",
        "rm -rf nested/.git nested/n.txt",
        "git worktree add -q ../other-tree other && git worktree remove -f ../other-tree && rm -f .git/index",
        "printf 'w\\n' > \"$(printf 'new\\nline')\" && rm crlf.txt",
    ]

    @Test(arguments: ways) func undoBringsEverythingBack(way: String) throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("destroy")
            try fixture.shell(way, mayFail: true)
            _ = try store.end(turn)
            // Another day, another process.
            let later = try fixture.store()
            let plan = try later.planUndo()
            #expect(plan.conflicts == [])
            #expect(try later.apply(plan) == [])
            let after = try fixture.picture()
            #expect(after.withoutObjects == before.withoutObjects)
            for (path, content) in before where path.contains(".git/objects") {
                #expect(after[path] == content, "\(path)")
            }
            try fixture.shell("git fsck --full --strict >/dev/null && git stash list && git status >/dev/null")
        }
    }

    @Test func whatIsHiddenInABuildFolderComesBack() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("hide")
            try fixture.shell("mv src node_modules")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            #expect(plan.conflicts == [])
            #expect(try store.apply(plan) == [])
            let after = try fixture.picture()
            #expect(after.filter { !$0.key.hasPrefix("node_modules") } == before)
            // It is not covered, so it is not deleted either.
            #expect(after["node_modules/main.c"] == before["src/main.c"])
            #expect(try store.omissions().map(\.path) == [Array("node_modules".utf8)])
        }
    }
}
