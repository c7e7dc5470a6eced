/// A workspace with everything that can be lost, and ways in which an agent's commands lose it.
package enum DestructionScripts {
    /// Makes the current folder a repository with history, a branch, a stash, staged and unstaged changes, ignored and
    /// untracked files, links, modes, empty folders and a repository inside. For `sh`.
    package static let repository = """
        git init -q -b main && git config user.name T && git config user.email t@localhost
        mkdir -p src/deep docs && echo 'main' > src/main.c && echo deep > src/deep/a.txt && echo doc > docs/d.md
        printf '.env\\n*.log\\n' > .gitignore && printf '#!/bin/sh\\necho hi\\n' > run.sh && chmod 755 run.sh
        printf 'a\\r\\nb\\r\\n' > crlf.txt && ln -s src/main.c link && ln -s nowhere dangling
        git add -A && git commit -q -m one && git branch other
        echo stashed >> docs/d.md && git stash -q
        echo staged >> src/main.c && git add src/main.c && echo unstaged >> src/deep/a.txt
        echo SECRET=1 > .env && chmod 600 .env && echo log > x.log && echo untracked > new.txt
        mkdir -p empty/inner && chmod 700 empty && printf 'bin\\000\\377' > data.bin
        mkdir nested && cd nested && git init -q -b main && echo n > n.txt
        """

    /// Each for `sh`, in that folder; some fail half-way.
    package static let ways = [
        "rm -rf \"$PWD\"",
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

    /// In a linked worktree: what the others do not reach of the repository that it shares.
    package static let sharedWays = [
        "git branch -D -f loose other", "git tag -d v1 v2", "git update-ref -d $(git symbolic-ref HEAD)",
        "git branch junk; git tag junk", "git pack-refs --all --prune; git branch -D loose",
        "git branch -f loose HEAD~1; git update-ref refs/heads/main HEAD", "rm -rf \(common)/refs",
        "rm -rf \(common)/objects", "rm -rf \(common)/logs; : > \(common)/packed-refs", "rm -rf \(common)",
        "rm -rf \(own)", "mv \(common)/HEAD \(common)/refs/x",
        ": > \(common)/index; echo nonsense > \(common)/HEAD", "find \(common) -type f -exec truncate -s 0 {} +",
        "git config user.name Other; mkdir \(common)/hooks; echo evil > \(common)/hooks/post-checkout",
        "git reflog expire --expire=now --all; git gc -q --prune=now",
        "git commit -qam two; git update-ref refs/stash HEAD; git gc -q --prune=now", "git checkout -q -f loose",
        "git merge -q -m merged other; git rebase -q --onto loose HEAD~1",
        "c=\(common); rm -rf \"$PWD\"; git -C $c worktree prune",
    ]

    private static let common = "$(git rev-parse --path-format=absolute --git-common-dir)"
    private static let own = "$(git rev-parse --path-format=absolute --git-dir)"

    /// Gives a linked worktree of `repository` what can be lost there, and its repository tags and packed refs.
    package static let linkedWorktree = """
        git tag v1; git tag -a -m two v2
        echo more > own.txt; git add own.txt; git commit -q -m own
        echo staged >> own.txt; git add own.txt; echo edit >> own.txt; echo SECRET=1 > .env; echo new > new.txt
        git pack-refs --all; git branch loose
        """
}
