import Glibc
import Testing
import Wire

@testable import Sandbox

/// What a command leaves behind that something outside runs.
@Suite("Sensitive changes")
struct SensitiveSweepTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// Before the first look; in the workspace.
        var before = "true"
        var command: String
        /// `kind path`, relative to the workspace.
        var expected: [String]
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "nothing", before: "mkdir src; echo > src/a", command: "echo b >> src/a; mkdir src/b", expected: []),
        Case(
            name: "new tasks of an editor", command: "mkdir .vscode; echo {} > .vscode/tasks.json",
            expected: ["added .vscode/tasks.json"]),
        Case(
            name: "new tasks in a folder that was there", before: "mkdir .vscode; echo > .vscode/notes",
            command: "echo {} > .vscode/tasks.json", expected: ["added .vscode/tasks.json"]),
        Case(
            name: "a name that no editor runs", before: "mkdir .vscode", command: "echo > .vscode/words.txt",
            expected: []),
        Case(name: "an edit", before: "echo > .envrc", command: "echo x > .envrc", expected: ["modified .envrc"]),
        Case(
            name: "an edit that puts the time back", before: "echo a > .envrc; touch -d 2001-01-01 .envrc",
            command: "echo b > .envrc; touch -d 2001-01-01 .envrc", expected: ["modified .envrc"]),
        Case(name: "a removal", before: "echo > .mcp.json", command: "rm .mcp.json", expected: ["removed .mcp.json"]),
        Case(
            name: "a link in place of a file", before: "echo > .envrc", command: "ln -sf /etc/hostname .envrc",
            expected: ["modified .envrc"]),
        Case(
            name: "everything of an agent", command: "mkdir -p .codex/skills/a; echo > .codex/skills/a/run.sh",
            expected: ["added .codex/skills/a/run.sh"]),
        Case(
            name: "an agent's commands", before: "mkdir .claude",
            command: "mkdir .claude/commands; echo > .claude/commands/x.md", expected: ["added .claude/commands/x.md"]),
        Case(
            name: "a folder that is not the project's root", before: "mkdir -p a/b", command: "echo > a/b/.envrc",
            expected: ["added a/b/.envrc"]),
        Case(
            name: "a folder that is new itself", command: "mkdir -p a/b; echo > a/b/.mcp.json",
            expected: ["added a/b/.mcp.json"]),
        Case(name: "a repository in the repository", command: "git init -q sub", expected: ["added sub/.git/config"]),
        Case(
            name: "a hook", before: "git init -q sub", command: "echo > sub/.git/hooks/pre-commit",
            expected: ["added sub/.git/hooks/pre-commit"]),
        Case(
            name: "git's configuration", before: "git init -q sub", command: "git -C sub config core.hooksPath x",
            expected: ["modified sub/.git/config"]),
        Case(
            name: "ordinary work with git", before: "git init -q .; git commit -q --allow-empty -m a",
            command: "echo > a; git add a; git commit -qm b; git checkout -qb c; git stash list", expected: []),
        Case(name: "a link to a git folder", command: "echo 'gitdir: /x' > .git", expected: ["added .git"]),
        Case(
            name: "hooks of a hook manager", command: "mkdir .husky; echo > .husky/pre-commit",
            expected: ["added .husky/pre-commit"]),
        Case(name: "an empty folder", command: "mkdir .agents .lockgate .codex", expected: []),
        Case(
            name: "what the sandbox itself puts there", before: "git init -q .",
            command: "touch .exrc; echo . > .git/commondir", expected: []),
        Case(
            name: "an empty file that is filled", before: "touch .exrc", command: "echo x > .exrc",
            expected: ["added .exrc"]),
        Case(name: "dependencies", command: "mkdir -p node_modules/x; echo > node_modules/x/.envrc", expected: []),
    ]

    private func sweep(_ one: Case) throws -> [String] {
        let fixture = try SandboxFixture()
        try fixture.setUp(one.before)
        let sweep = SensitiveSweep(roots: [fixture.workspace])
        sweep.begin()
        try fixture.setUp(one.command)
        let found = sweep.changes()
        #expect(sweep.changes() == [])
        return found.map { "\($0.kind.rawValue) \($0.path.dropFirst(fixture.workspace.utf8.count + 1))" }
    }

    @Test("changes", arguments: cases)
    func noticed(_ one: Case) throws { #expect(try sweep(one) == one.expected) }

    @Test("a change names who would run it")
    func runner() throws {
        let fixture = try SandboxFixture()
        let sweep = SensitiveSweep(roots: [fixture.workspace])
        sweep.begin()
        try fixture.setUp("echo > .envrc")
        #expect(
            sweep.changes() == [SensitiveChange(path: fixture.workspace + "/.envrc", kind: .added, runner: "direnv")])
    }

    @Test("what was there at the first look is no change")
    func firstLook() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("echo > .envrc")
        #expect(SensitiveSweep(roots: [fixture.workspace]).changes() == [])
    }

    @Test("a tree beyond the bounds is looked at as far as they go")
    func bounds() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("for i in $(seq 1 400); do mkdir -p d/$i; done; echo > .envrc")
        let sweep = SensitiveSweep(roots: [fixture.workspace])
        sweep.begin()
        try fixture.setUp("echo x > .envrc")
        #expect(sweep.changes().map(\.kind) == [.modified])
    }

    /// The kernel updates a file's times when a page of it becomes writable in a process, not at each store.
    @Test("a store to a page that is mapped already leaves size and times, and is seen")
    func mappedStore() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("echo 'layout none' > .envrc")
        let path = fixture.workspace + "/.envrc"
        let file = try #require(FileHandleNumber(open(path, O_RDWR | O_CLOEXEC)))
        let page = try #require(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
        defer { munmap(page, 4096) }
        page.storeBytes(of: UInt8(ascii: "L"), as: UInt8.self)
        let sweep = SensitiveSweep(roots: [fixture.workspace])
        sweep.begin()
        let before = try file.times()
        page.storeBytes(of: UInt8(ascii: "#"), as: UInt8.self)
        #expect(try file.times() == before)
        #expect(sweep.changes() == [SensitiveChange(path: path, kind: .modified, runner: "direnv")])
        #expect(sweep.changes() == [])
    }

    @Test("a pipe in a file's place holds nothing up")
    func pipe() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("echo > .envrc")
        let sweep = SensitiveSweep(roots: [fixture.workspace])
        sweep.begin()
        try fixture.setUp("rm .envrc; mkfifo .envrc")
        #expect(sweep.changes().map(\.kind) == [.modified])
        #expect(sweep.changes() == [])
    }

    @Test("files that are added cannot take the reading from those that were there")
    func crowdedOut() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("echo 'layout none' > .envrc")
        let path = fixture.workspace + "/.envrc"
        let file = try #require(FileHandleNumber(open(path, O_RDWR | O_CLOEXEC)))
        let page = try #require(mmap(nil, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file.number, 0))
        defer { munmap(page, 4096) }
        page.storeBytes(of: UInt8(ascii: "L"), as: UInt8.self)
        var bounds = SensitiveSweep.Bounds()
        bounds.readBytes = 64
        let sweep = SensitiveSweep(roots: [fixture.workspace], bounds: bounds)
        sweep.begin()
        try fixture.setUp("mkdir .codex; for i in 1 2 3 4 5 6 7 8; do echo 'something else' > .codex/$i; done")
        #expect(sweep.changes().count == 8)
        page.storeBytes(of: UInt8(ascii: "#"), as: UInt8.self)
        #expect(sweep.changes().map(\.path) == [path])
        // Beyond the bounds a file's size and times decide.
        try fixture.setUp("echo 'something more' > .codex/8")
        #expect(sweep.changes().map(\.kind) == [.modified])
    }
}

/// An open file, closed at the end.
private final class FileHandleNumber {
    let number: Int32

    init?(_ number: Int32) {
        guard number >= 0 else { return nil }
        self.number = number
    }

    /// Size, and the times of modification and change in nanoseconds.
    func times() throws -> [Int] {
        var info = stat()
        try #require(fstat(number, &info) == 0)
        return [
            Int(info.st_size), info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec,
        ]
    }

    deinit { close(number) }
}
