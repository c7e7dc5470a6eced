import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("Git configuration")
struct GitConfigFileTests {
    static let samples = [
        "[core]\n\tbare = false\n\thooksPath = a b\n",
        "[core] hooksPath=x ; comment\n[core]\nHOOKSPATH = \"y # not a comment\" # one\n",
        "[include]\npath = ../inc\n[includeIf \"gitdir:/a/\"]\n path = ~/b\n",
        "[core]\nhooksPath = a\\\n  b\\tc\\\"d\\\\e\n",
        "[branch \"x \\\"y\\\" z\"]\nremote = o\n[a.b]\nc = d\n",
        "[extensions]\nworktreeConfig\n",
        "[core]\r\n\thooksPath = crlf\r\n",
        "\u{FEFF}[core]\nhooksPath = bom\n",
        "# only a comment",
        "[core]\nhooksPath = \n",
    ]

    /// Git's own reading is the oracle.
    @Test("is read as git reads it", arguments: samples)
    func matchesGit(_ text: String) throws {
        let fixture = try SandboxFixture()
        try SandboxFixture.write(text, to: fixture.root + "/config")
        try SandboxFixture.host(
            "git config -f '\(fixture.root)/config' --no-includes --list -z > '\(fixture.root)/list'")
        let listed = Paths.contents(fixture.root + "/list") ?? []
        let expected = listed.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        let read = GitConfigFile(Array(text.utf8)).entries.map { entry in
            let name = [entry.section, entry.subsection, entry.name].compactMap(\.self).joined(separator: ".")
            return entry.value.map { "\(name)\n\($0)" } ?? name
        }
        #expect(read == expected)
    }
}

@Suite("The environment of a command")
struct CommandEnvironmentTests {
    static let all = [
        "PATH": "/bin", "HOME": "/h", "LANG": "C", "LC_ALL": "C", "CARGO_HOME": "/c", "MY_APP_MODE": "x",
        "OPENAI_API_KEY": "k", "MY_SECRET": "k", "DB_PASSWORD": "k", "GITHUB_TOKEN": "k", "SSH_AUTH_SOCK": "/s",
        "DBUS_SESSION_BUS_ADDRESS": "d",
        "LD_PRELOAD": "/e.so", "BASH_ENV": "/e", "ENV": "/e", "PROMPT_COMMAND": "e", "GIT_SSH_COMMAND": "e",
        "GIT_EXTERNAL_DIFF": "e",
        "GIT_AUTHOR_NAME": "n", "NODE_OPTIONS": "--require e", "CUSTOM_VAR_FOR_MODEL": "k",
        "BASH_FUNC_x%%": "() { e; }", "AWS_PROFILE": "p",
    ]

    private func names(_ policy: ShellEnvironmentPolicy) -> Set<String> {
        let environment = CommandEnvironment(inherited: Self.all, policy: policy, keyNames: ["CUSTOM_VAR_FOR_MODEL"])
        let own: Set = [
            "LOCKGATE_SANDBOX", "LOCKGATE_NETWORK", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_VALUE_0",
        ]
        let display: Set = ["PAGER", "GIT_PAGER", "MANPAGER", "SYSTEMD_PAGER", "TERM", "NO_COLOR"]
        return Set(environment.variables(mode: .workspaceWrite, network: .off, hasTerminal: false).keys)
            .subtracting(own).subtracting(display)
    }

    @Test("is the allow-list by default")
    func core() { #expect(names(.init()) == ["PATH", "HOME", "LANG", "LC_ALL", "CARGO_HOME", "GIT_AUTHOR_NAME"]) }

    @Test("is everything without secrets and code, if so asked")
    func inheritAll() {
        #expect(
            names(.init(inherit: .all)) == [
                "PATH", "HOME", "LANG", "LC_ALL", "CARGO_HOME", "GIT_AUTHOR_NAME", "MY_APP_MODE",
            ])
    }

    @Test("is nothing but what is set")
    func inheritNone() { #expect(names(.init(inherit: .none, set: ["A": "b"])) == ["A"]) }

    @Test("follows exclude, include_only and set")
    func patterns() {
        #expect(
            names(.init(inherit: .all, exclude: ["lc_*", "HOME"])) == [
                "PATH", "LANG", "CARGO_HOME", "GIT_AUTHOR_NAME", "MY_APP_MODE",
            ])
        #expect(names(.init(inherit: .all, includeOnly: ["PATH", "MY_*"])) == ["PATH", "MY_APP_MODE"])
        #expect(names(.init(set: ["MY_SECRET": "meant"])).contains("MY_SECRET"))
    }

    @Test("says what holds and silences pagers")
    func ownVariables() {
        let variables = CommandEnvironment(inherited: ["TERM": "xterm"]).variables(
            mode: .readOnly, network: .off, hasTerminal: false)
        #expect(
            variables == [
                "PATH": "/usr/local/bin:/usr/bin:/bin", "PAGER": "cat", "GIT_PAGER": "cat", "MANPAGER": "cat",
                "SYSTEMD_PAGER": "cat",
                "TERM": "dumb", "NO_COLOR": "1", "LOCKGATE_SANDBOX": "read-only", "LOCKGATE_NETWORK": "off",
                "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "branch.autoSetupMerge", "GIT_CONFIG_VALUE_0": "false",
            ])
        #expect(
            CommandEnvironment(inherited: ["TERM": "xterm"]).variables(
                mode: .dangerFullAccess, network: .off, hasTerminal: true)["TERM"] == "xterm")
    }

    @Test(
        "matches names by globs",
        arguments: [
            ("OPENAI_API_KEY", "*KEY*", true), ("PATH", "P?TH", true), ("PATH", "path", true), ("PATH", "*X*", false),
            ("", "*", true), ("A", "", false),
            ("aXbXc", "a*b*c", true), ("ab", "a**b", true),
        ])
    func globs(_ name: String, _ pattern: String, _ expected: Bool) {
        #expect(CommandEnvironment.matches(name, pattern) == expected)
    }
}

@Suite("The plan of mounts")
struct MountPlanTests {
    @Test("pins every folder on the way to what it protects")
    func pinsFolders() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir -p a/b && touch a/b/c")
        var plan = MountPlan()
        plan.addWritable(fixture.workspace)
        plan.protect(fixture.workspace + "/a/b/c", below: fixture.workspace)
        plan.sort()
        #expect(
            plan.mounts == [
                .init(kind: .writable, path: fixture.workspace), .init(kind: .pin, path: fixture.workspace + "/a"),
                .init(kind: .pin, path: fixture.workspace + "/a/b"),
                .init(kind: .readOnly, path: fixture.workspace + "/a/b/c"),
            ])
    }

    @Test("keeps only the outermost writable folder")
    func nestedRoots() {
        var plan = MountPlan()
        plan.addWritable("/a")
        plan.addWritable("/a/b")
        plan.addWritable("/ab")
        #expect(plan.writableRoots == ["/a", "/ab"])
    }

    @Test("hides secrets around a workspace that lies among them")
    func workspaceAmongSecrets() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(
            "mkdir -p $HOME/.lockgate/worktrees/w $HOME/.lockgate/worktrees/v && touch $HOME/.lockgate/config.toml")
        let workspace = fixture.home + "/.lockgate/worktrees/w"
        let plan = try PlanCompiler.compile(
            SandboxPolicy(mode: .readOnly, workspace: workspace, home: fixture.home), environment: [:])
        let masked = plan.mounts.filter { $0.kind == .mask && Paths.isUnder($0.path, fixture.home) }.map(\.path)
        #expect(Set(masked) == [fixture.home + "/.lockgate/worktrees/v", fixture.home + "/.lockgate/config.toml"])
    }

    @Test(
        "compares paths by whole components",
        arguments: [
            ("/a/b", "/a", true), ("/a", "/a", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("/x", "/", true),
        ])
    func containment(_ path: String, _ folder: String, _ expected: Bool) {
        #expect(Paths.isUnder(path, folder) == expected)
    }
}

@Suite("The helper's message")
struct PolicyMessageTests {
    @Test("refuses NUL bytes and too long commands")
    func limits() {
        let nul = SandboxCommand(arguments: ["a\0b"], workingDirectory: "/", environment: [:])
        #expect(throws: LockgateError.self) { try PolicyMessage.command(nul) }
        let long = SandboxCommand(
            arguments: [String(repeating: "x", count: 17 << 20)], workingDirectory: "/", environment: [:])
        #expect(throws: LockgateError.self) { try PolicyMessage.command(long) }
    }
}
