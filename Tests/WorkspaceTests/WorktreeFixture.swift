import Basics
import TestSupport
import Wire

@testable import Workspace

/// A repository in `work`, a home beside it, and its worktrees.
struct WorktreeFixture {
    let workspace: WorkspaceFixture
    var home: String { workspace.home }

    static func with(_ body: (WorktreeFixture) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            let fixture = WorktreeFixture(workspace: WorkspaceFixture(folder: folder))
            try fixture.makeRepository()
            try body(fixture)
        }
    }

    func makeRepository() throws {
        for name in ["work", "home"] { try workspace.folder.makeFolder(name) }
        try shell(
            """
            git init -qb main; git config user.name T; git config user.email t@localhost
            mkdir src; printf '1\\n2\\n3\\n4\\n5\\n' > src/a; echo b > b; echo run > run; chmod 755 run; ln -s b link
            printf '.env\\nnode_modules/\\n*.log\\n' > .gitignore; git add -A; git commit -qm Start
            echo SECRET=1 > .env; mkdir node_modules; echo module > node_modules/m
            """)
    }

    func store() throws -> WorktreeStore {
        try WorktreeStore(home: home, directory: workspace.path, search: "/usr/local/bin:/usr/bin:/bin")
    }

    func shell(_ script: String) throws { try workspace.shell(script) }

    /// Runs a script in a worktree and returns what it prints.
    @discardableResult
    func shell(_ script: String, in record: WorktreeRecord) throws -> String {
        try Self.shell(script, in: record.path, workspace.folder)
    }

    static func shell(_ script: String, in path: String, _ folder: TemporaryFolder) throws -> String {
        let run = try OracleCommand.run(["sh", "-c", "cd '\(path)' || exit 1; \(script)"], in: folder)
        guard run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
        return run.text
    }

    /// Paths, types, modes and contents in a worktree and of its index, as text.
    func picture(_ record: WorktreeRecord) throws -> String {
        try shell(
            """
            find . -printf '%y %m %p %l\\n' | sort
            find . -type f ! -path ./.git ! -path './node_modules/*' -exec sha256sum {} + | sort
            git ls-files -s; git rev-parse HEAD; git symbolic-ref HEAD; git status --porcelain
            """, in: record)
    }
}
