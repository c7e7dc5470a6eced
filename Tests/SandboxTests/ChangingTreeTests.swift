import Testing
import Wire

@testable import Sandbox

@Suite("What changes under a session")
struct ChangingTreeTests {
    /// A change between two commands and an attack after it that must fail.
    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var setup = repository
        /// Done by a command of the session, or from outside.
        var inside = ""
        var outside = ""
        var attack: String
        var testDescription: String { name }
    }

    static let repository =
        "git init -q . && echo 1 > f && git add f && git commit -qm a"

    static let changes: [Change] = [
        Change(name: "a repository made by a command", setup: ":", inside: repository, attack: "echo e > .git/hooks/x"),
        Change(name: "its configuration", setup: ":", inside: "git init -q .", attack: "git config core.fsmonitor ./e"),
        Change(name: "its commondir", setup: ":", inside: "git init -q .", attack: "echo ../e > .git/commondir"),
        Change(name: "its folder", setup: ":", inside: "git init -q .", attack: "mv .git g && mkdir -p .git/hooks"),
        Change(
            name: "a nested repository", inside: "mkdir -p a/b && git init -q a/b", attack: "echo e > a/b/.git/hooks/x"),
        Change(name: "a clone", inside: "git clone -q . c", attack: "git -C c config core.fsmonitor ./e"),
        Change(name: "a bare repository", inside: "git init -q --bare b", attack: "echo e > b/hooks/x"),
        Change(
            name: "a repository moved in from /tmp", inside: "git init -q /tmp/r && mkdir d && cp -r /tmp/r d/r",
            attack: "echo e > d/r/.git/hooks/x"),
        Change(
            name: "a linked worktree", inside: "git worktree add -q wt",
            attack: "echo ../../../e > .git/worktrees/wt/commondir"),
        Change(
            name: "a linked worktree's file", inside: "git worktree add -q wt", attack: "echo 'gitdir: /e' > wt/.git"),
        Change(
            name: "a configuration replaced from outside", outside: "git config a.b c",
            attack: "git config core.fsmonitor ./e"),
        Change(
            name: "a configuration removed from outside", outside: "rm .git/config",
            attack: "printf '[core]\\n\\tfsmonitor=./e\\n' > .git/config"),
        Change(
            name: "hooks removed from outside", outside: "rm -r .git/hooks",
            attack: "mkdir .git/hooks; echo e > .git/hooks/x"),
        Change(
            name: "a git folder exchanged from outside", outside: "mv .git g && git init -q .",
            attack: "echo e > .git/hooks/x"),
        Change(
            name: "a placeholder removed from outside", outside: "rmdir .lockgate",
            attack: "mkdir .lockgate && touch .lockgate/x"),
        Change(
            name: "commondir removed from outside", outside: "rm .git/commondir", attack: "echo ../e > .git/commondir"),
        Change(
            name: "hooks configured from outside", outside: "mkdir hk && git config core.hooksPath hk",
            attack: "echo e > hk/x"),
        Change(
            name: "an included file", outside: "touch inc && git config include.path ../inc",
            attack: "printf '[core]\\n\\tfsmonitor=./e\\n' > inc"),
        Change(
            name: "global hooks", outside: "mkdir hk && git config --global core.hooksPath hk", attack: "echo e > hk/x"),
        Change(
            name: "an editor's tasks from outside", outside: "mkdir .vscode && echo a > .vscode/tasks.json",
            attack: "echo x > .vscode/tasks.json"),
        Change(
            name: "an editor's tasks by a command", inside: "mkdir .vscode && echo a > .vscode/tasks.json",
            attack: "mv .vscode v || echo x > .vscode/tasks.json"),
        Change(name: "a new secret", outside: "echo KEY > $HOME/.netrc", attack: "grep -q KEY $HOME/.netrc"),
        Change(
            name: "a secret in a new folder",
            outside: "mkdir -p $HOME/.config/gh && echo KEY > $HOME/.config/gh/hosts.yml",
            attack: "grep -q KEY $HOME/.config/gh/hosts.yml"),
        Change(
            name: "a secret that is replaced", setup: "echo KEY > $HOME/.netrc",
            outside: "echo KEY2 > $HOME/n && mv $HOME/n $HOME/.netrc", attack: "grep -q KEY $HOME/.netrc"),
        Change(
            name: "a secret behind a link",
            outside: "mkdir $OUT/gh $HOME/.config; echo KEY > $OUT/gh/t; ln -s $OUT/gh $HOME/.config/gh",
            attack: "grep -q KEY $OUT/gh/t"),
    ]

    struct Case: Sendable, CustomTestStringConvertible {
        var change: Change
        var user: TestUser
        /// Commands before the change: watching begins with the second.
        var before: Int
        var testDescription: String { "\(change.name), after \(before), \(user.testDescription)" }
    }

    static let cases = changes.flatMap { change in
        TestUser.available.flatMap { user in [1, 3].map { Case(change: change, user: user, before: $0) } }
    }

    @Test("is protected with the next command", arguments: cases)
    func isProtected(_ one: Case) async throws {
        let fixture = try SandboxFixture(one.user)
        try fixture.setUp(one.change.setup)
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        for _ in 0..<one.before { #expect(try await fixture.run("true", in: session).status == .exited(0)) }
        if !one.change.outside.isEmpty { try fixture.setUp(one.change.outside) }
        if !one.change.inside.isEmpty {
            let result = try await fixture.run("set -e; " + one.change.inside, in: session)
            #expect(result.status == .exited(0), "\(result.output)")
        }
        for _ in 0..<2 {
            let attack = try await fixture.run(one.change.attack, in: session)
            #expect(attack.status != .exited(0), "\(attack.output)")
        }
        #expect(session.incidents.isEmpty, "its view was good enough")
    }

    @Test("a repository that goes away from outside does not disturb")
    func removedRepository() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir a && git init -q a && git init -q .")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        for _ in 0..<3 { try await fixture.run("true", in: session) }
        try fixture.setUp("rm -r a")
        #expect(try await fixture.run("mkdir a && touch a/f", in: session).status == .exited(0))
        #expect(try await fixture.run("rm a/f", in: session).status == .exited(0))
    }

    @Test("a workspace that becomes a linked worktree gets a view in which commits work")
    func becomesWorktree() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("cd $OUT && \(Self.repository)")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        for _ in 0..<3 { try await fixture.run("true", in: session) }
        try fixture.setUp(
            "cd $OUT && git worktree add -q --no-checkout $OUT/wt && mv $OUT/wt/.git $WS/.git && git worktree repair $WS"
        )
        let commit = try await fixture.run("git reset -q && echo 2 > g && git add g && git commit -qm b", in: session)
        #expect(commit.status == .exited(0), "\(commit.output)")
        #expect(session.incidents == [.viewRebuilt])
    }

    @Test("commands that change nothing of it cause no new plan")
    func isSteady() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(Self.repository + " && mkdir -p src/a .vscode && touch .vscode/tasks.json")
        let policy = fixture.policy(.workspaceWrite)
        let watch = try #require(PlanWatch())
        func compile() throws {
            let witness = watch.begin()
            _ = try PlanCompiler.compile(policy, environment: fixture.environment, witness: witness)
            #expect(watch.follow(witness))
        }
        #expect(watch.hasChanged())
        try compile()
        #expect(!watch.hasChanged())
        try fixture.setUp("echo x > src/a/new; mv src/a/new src/b; rm src/b; echo 2 > f; git add f; git commit -qm b")
        #expect(!watch.hasChanged())
        for change in ["mkdir src/c", "rmdir src/c", "git init -q src/a", "git config a.b c", "touch .envrc"] {
            try fixture.setUp(change)
            #expect(watch.hasChanged(), "\(change)")
            try compile()
            #expect(!watch.hasChanged(), "\(change)")
        }
    }

    @Test("is told settled after two commands without a change, and not before or after one")
    func isSettled() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(
            Self.repository + " && git init -q nested && git worktree add -q wt && echo KEY > $HOME/.netrc")
        var plan = try SessionPlan(fixture.policy(.workspaceWrite), environment: fixture.environment)
        func settled(sends: Bool = true) throws -> Bool {
            #expect(try plan.update(isForced: false, helper: fixture.helper))
            defer { if sends { plan.wasSent(in: plan.watching) } }
            return plan.isSettled
        }
        #expect(!plan.isSettled, "the command that starts the helper")
        #expect(try !settled(sends: false), "watching has begun")
        #expect(try !settled(), "the command before has not been sent since")
        #expect(try settled())
        #expect(try settled())
        let changes = [
            "mv .git/hooks .git/h && mkdir .git/hooks", "mv nested n && git init -q nested",
            "touch $HOME/n && mv $HOME/n $HOME/.netrc",
            "git config a.b c", "rm .git/config && touch .git/config",
        ]
        for change in changes {
            try fixture.setUp(change)
            #expect(try !settled(), "\(change)")
        }
    }

    @Test("a folder above what is protected, moved away by a command and made anew", arguments: TestUser.available)
    func movedAbove(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        try fixture.setUp("mkdir -p a/b && git init -q a/b && git init -q .")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        for _ in 0..<4 { try await fixture.run("true", in: session) }
        let move = try await fixture.run(
            "mv a z && mkdir -p a/b/.git/objects a/b/.git/refs a/b/.git/hooks && echo x > a/b/.git/HEAD", in: session)
        #expect(move.status == .exited(0), "\(move.output)")
        for path in ["a/b/.git/hooks/x", "z/b/.git/hooks/x", ".git/hooks/x"] {
            #expect(try await fixture.run("echo e > \(path)", in: session).status != .exited(0), "\(path)")
        }
    }

    @Test("a machine that grants no queue has none to watch with")
    func noQueue() { #expect(PlanWatch(queue: -24) == nil) }
}
