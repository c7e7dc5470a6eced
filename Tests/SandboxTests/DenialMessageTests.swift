import Sandbox
import Testing
import Wire

/// Messages as real tools print them, and what they say of the sandbox. The machine is made up, so that each case is
/// the same everywhere.
@Suite("Denials read from real messages")
struct DenialMessageTests {
    /// One message under one policy.
    struct Case: Sendable, CustomTestStringConvertible {
        var tool: String
        var output: String
        var expected: [String]
        var mode = SandboxMode.workspaceWrite
        var network = NetworkMode.off
        var testDescription: String { tool }
    }

    static let host = HostView(
        resolve: { $0 },
        exists: {
            [
                "/home/u", "/opt", "/ws", "/home/u/.netrc", "/home/u/.ssh/id_rsa", "/tmp/host", "/var/run/docker.sock",
                "/run/docker.sock",
            ].contains($0)
        },
        isFolder: { ["/home/u", "/opt", "/ws"].contains($0) }, mayWrite: { !$0.hasPrefix("/etc") },
        isReadOnly: { $0.hasPrefix("/cdrom") }, secrets: { _ in ["/home/u/.netrc", "/home/u/.ssh"] })

    static func analyse(_ one: Case, cwd: String = "/ws") -> [EffectDenial] {
        let policy = SandboxPolicy(mode: one.mode, network: one.network, workspace: "/ws", home: "/home/u")
        return DenialAnalysis(rules: DenialRules(policy: policy, host: host), cwd: cwd)
            .denials(output: one.output, failed: true, reported: [])
    }

    /// `certainty operation target`.
    static func brief(_ denial: EffectDenial) -> String { "\(denial.certainty.rawValue) \(denial.summary)" }

    static let refusedWrites: [Case] = [
        Case(
            tool: "touch", output: "touch: cannot touch '/opt/x': Read-only file system\n",
            expected: ["confirmed write /opt/x"]),
        Case(tool: "bash", output: "bash: line 1: /opt/x: Read-only file system", expected: ["confirmed write /opt/x"]),
        Case(
            tool: "dash", output: "/bin/sh: 1: cannot create /opt/x: Read-only file system",
            expected: ["confirmed write /opt/x"]),
        Case(
            tool: "mkdir", output: "mkdir: cannot create directory ‘/opt/y’: Read-only file system",
            expected: ["confirmed write /opt/y"]),
        Case(
            tool: "cp", output: "cp: cannot create regular file '/opt/hostname': Read-only file system",
            expected: ["confirmed write /opt/hostname"]),
        Case(
            tool: "mv of two outside paths", output: "mv: cannot move '/opt/a' to '/opt/q': Read-only file system",
            expected: ["confirmed write /opt/a", "confirmed write /opt/q"]),
        Case(
            tool: "mv out of the workspace", output: "mv: cannot move 'a' to '/opt/q': Read-only file system",
            expected: ["confirmed write /opt/q"]),
        Case(
            tool: "rm", output: "rm: cannot remove '/var/cache/x': Read-only file system",
            expected: ["confirmed write /var/cache/x"]),
        Case(
            tool: "ln", output: "ln: failed to create symbolic link '/opt/l': Read-only file system",
            expected: ["confirmed write /opt/l"]),
        Case(
            tool: "chmod", output: "chmod: changing permissions of '/opt/h': Read-only file system",
            expected: ["confirmed write /opt/h"]),
        Case(
            tool: "sed", output: "sed: couldn't open temporary file /opt/sedw0kw58: Read-only file system",
            expected: ["confirmed write /opt/sedw0kw58"]),
        Case(tool: "tee", output: "tee: /opt/t: Read-only file system", expected: ["confirmed write /opt/t"]),
        Case(
            tool: "dd", output: "dd: failed to open '/opt/dd': Read-only file system",
            expected: ["confirmed write /opt/dd"]),
        Case(
            tool: "truncate", output: "truncate: cannot open '/opt/tr' for writing: Read-only file system",
            expected: ["confirmed write /opt/tr"]),
        Case(
            tool: "python",
            output:
                "Traceback (most recent call last):\n  File \"<string>\", line 1, in <module>\nOSError: [Errno 30] Read-only file system: '/opt/py'\n",
            expected: ["confirmed write /opt/py"]),
        Case(
            tool: "node",
            output:
                "Error: EROFS: read-only file system, open '/opt/n'\n    at Object.openSync (node:fs:573:18) {\n  errno: -30,\n  code: 'EROFS',\n  syscall: 'open',\n  path: '/opt/n'\n}",
            expected: ["confirmed write /opt/n"]),
        Case(
            tool: "npm",
            output:
                "npm error code EROFS\nnpm error syscall mkdir\nnpm error path /home/u/.npm/_cacache\nnpm error errno EROFS\n",
            expected: ["confirmed write /home/u/.npm/_cacache"]),
        Case(
            tool: "cargo",
            output:
                "error: failed to create directory `/home/u/.cargo/registry/cache`\n\nCaused by:\n  Read-only file system (os error 30)\n",
            expected: ["confirmed write /home/u/.cargo/registry/cache"]),
        Case(
            tool: "go cache", output: "open /home/u/.cache/go-build/49/x-d: read-only file system\n",
            expected: ["confirmed write /home/u/.cache/go-build/49/x-d"]),
        Case(
            tool: "go modules", output: "go: could not create module cache: mkdir /home/u/go: read-only file system\n",
            expected: ["confirmed write /home/u/go"]),
        Case(
            tool: "gcc", output: "Assembler messages:\nFatal error: can't create /opt/a.o: Read-only file system\n",
            expected: ["confirmed write /opt/a.o"]),
        Case(
            tool: "ld", output: "/usr/bin/ld: cannot open output file /opt/a.out: Read-only file system\n",
            expected: ["confirmed write /opt/a.out"]),
        Case(
            tool: "java", output: "java.io.FileNotFoundException: /opt/x.txt (Read-only file system)\n",
            expected: ["confirmed write /opt/x.txt"]),
        Case(
            tool: "java nio",
            output: "Exception in thread \"main\" java.nio.file.FileSystemException: /opt/x: Read-only file system\n",
            expected: ["confirmed write /opt/x"]),
        Case(
            tool: "git global configuration",
            output: "error: could not lock config file /home/u/.gitconfig: Read-only file system\n",
            expected: ["confirmed write /home/u/.gitconfig"]),
        Case(
            tool: "git configuration",
            output: "error: could not write config file .git/config: Device or resource busy\n",
            expected: ["confirmed write /ws/.git/config"]),
        Case(
            tool: "a git hook", output: "bash: line 1: .git/hooks/pre-commit: Read-only file system",
            expected: ["confirmed write /ws/.git/hooks/pre-commit"]),
        Case(
            tool: "renaming .git", output: "mv: cannot move '.git' to 'g': Device or resource busy",
            expected: ["confirmed write /ws/.git"]),
        Case(
            tool: "an editor's tasks", output: "bash: .vscode/tasks.json: Read-only file system",
            expected: ["confirmed write /ws/.vscode/tasks.json"]),
        Case(
            tool: "a relative name elsewhere", output: "tar: ../x.tar: Cannot open: Read-only file system\n",
            expected: ["inferred write /x.tar"]),
        Case(
            tool: "bash by its path, a relative name", output: "/bin/bash: line 1: f: Read-only file system",
            expected: ["confirmed write /ws/f"], mode: .readOnly),
        Case(
            tool: "dash by its path, a relative name", output: "/bin/sh: 1: cannot create f: Read-only file system",
            expected: ["confirmed write /ws/f"], mode: .readOnly),
        Case(
            tool: "a path alone before the reason", output: "/opt/x: Read-only file system",
            expected: ["confirmed write /opt/x"]),
        Case(
            tool: "a relative name in a read-only session",
            output: "touch: cannot touch 'b.txt': Read-only file system\n",
            expected: ["confirmed write /ws/b.txt"], mode: .readOnly),
        Case(
            tool: "a path with spaces", output: "touch: cannot touch '/opt/a b/c': Read-only file system\n",
            expected: ["confirmed write /opt/a b/c"]),
        Case(
            tool: "the same many times",
            output: String(repeating: "rm: cannot remove '/opt/x': Read-only file system\n", count: 5000),
            expected: ["confirmed write /opt/x"]),
        Case(
            tool: "a program that names nothing", output: "cannot: Read-only file system at -e line 1.\n",
            expected: ["inferred write a path it does not name"]),
        Case(
            tool: "a name in a folder that the command went to",
            output: "tar: x.tar: Cannot open: Read-only file system\n",
            expected: ["inferred write a path it does not name"]),
        Case(
            tool: "swift", output: "error: encountered an I/O error (code: 30) while reading /opt/Package.swift\n",
            expected: ["confirmed write /opt/Package.swift"]),
        Case(
            tool: "sqlite", output: "Error: unable to open database \"/opt/x.db\": unable to open database file\n",
            expected: ["inferred write /opt/x.db"]),
        Case(
            tool: "pip into the system",
            output:
                "ERROR: Could not install packages due to an OSError: [Errno 30] Read-only file system: '/usr/lib/python3/x'\n",
            expected: ["confirmed write /usr/lib/python3/x"]),
    ]

    static let refusedConnections: [Case] = [
        Case(
            tool: "curl by name", output: "curl: (6) Could not resolve host: example.com\n",
            expected: ["confirmed connect example.com"]),
        Case(
            tool: "curl by address",
            output: "curl: (7) Failed to connect to 93.184.216.34 port 80 after 0 ms: Couldn't connect to server\n",
            expected: ["confirmed connect 93.184.216.34:80"]),
        Case(
            tool: "wget",
            output:
                "Resolving example.com (example.com)... failed: Temporary failure in name resolution.\nwget: unable to resolve host address ‘example.com’\n",
            expected: ["confirmed connect example.com"]),
        Case(
            tool: "git over https",
            output: "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com\n",
            expected: ["confirmed connect github.com"]),
        Case(
            tool: "ssh", output: "ssh: Could not resolve hostname github.com: Temporary failure in name resolution\n",
            expected: ["confirmed connect github.com"]),
        Case(
            tool: "pip",
            output:
                "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(\"HTTPSConnection(host='packages.example', port=443): Failed to establish a new connection: [Errno -3] Temporary failure in name resolution\")': /simple/x/\nERROR: No matching distribution found for x\n",
            expected: ["confirmed connect packages.example"]),
        Case(
            tool: "urllib3 pool",
            output:
                "HTTPSConnectionPool(host='packages.example', port=443): Max retries exceeded (Caused by NameResolutionError: Temporary failure in name resolution)\n",
            expected: ["confirmed connect packages.example:443"]),
        Case(
            tool: "npm",
            output:
                "npm error code EAI_AGAIN\nnpm error request to https://registry.example/left-pad failed, reason: getaddrinfo EAI_AGAIN registry.example\n",
            expected: ["confirmed connect registry.example"]),
        Case(
            tool: "cargo",
            output:
                "warning: spurious network error (3 tries remaining): [6] Could not resolve hostname (Could not resolve host: index.example)\n",
            expected: ["confirmed connect index.example"]),
        Case(
            tool: "go",
            output:
                "go: example.com/m@v1: Get \"https://proxy.example/m\": dial tcp: lookup proxy.example: Temporary failure in name resolution\n",
            expected: ["confirmed connect proxy.example"]),
        Case(
            tool: "maven",
            output:
                "[ERROR] Could not transfer artifact a:b:pom:1 from/to central (https://repo.example/maven2): repo.example: Temporary failure in name resolution\n",
            expected: ["confirmed connect repo.example"]),
        Case(
            tool: "gradle",
            output:
                "> Could not GET 'https://services.example/x'.\n   > java.net.UnknownHostException: services.example\n",
            expected: ["confirmed connect services.example"]),
        Case(
            tool: "python without a name", output: "OSError: [Errno 101] Network is unreachable\n",
            expected: ["confirmed connect the network"]),
        Case(
            tool: "node by address", output: "Error: connect ENETUNREACH 1.1.1.1:443 - Local (0.0.0.0:0)\n",
            expected: ["confirmed connect 1.1.1.1:443"]),
        Case(
            tool: "apt",
            output:
                "Err:1 http://mirror.example/debian bookworm InRelease\n  Temporary failure resolving 'mirror.example'\n",
            expected: ["confirmed connect mirror.example"]),
        Case(
            tool: "a database of the machine's",
            output:
                "psql: error: connection to server at \"localhost\" (127.0.0.1), port 5432 failed: Connection refused\n",
            expected: ["inferred connect localhost"]),
    ]

    static let refusedOthers: [Case] = [
        Case(
            tool: "docker",
            output:
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n",
            expected: ["confirmed connect /var/run/docker.sock"]),
        Case(
            tool: "a datagram socket", output: "OSError: [Errno 97] Address family not supported by protocol\n",
            expected: ["inferred call socket"]),
        Case(tool: "mount", output: "mount: /mnt: permission denied.\n", expected: ["inferred call mount"]),
        Case(
            tool: "unshare", output: "unshare: unshare failed: Operation not permitted\n",
            expected: ["inferred call unshare"]),
        Case(
            tool: "sudo",
            output: "sudo: The \"no new privileges\" flag is set, which prevents sudo from running as root.\n",
            expected: ["inferred call setuid"]),
        Case(
            tool: "a hidden secret", output: "cat: /home/u/.ssh/id_rsa: No such file or directory\n",
            expected: ["confirmed read /home/u/.ssh/id_rsa"]),
        Case(
            tool: "the machine's /tmp", output: "cat: /tmp/host: No such file or directory\n",
            expected: ["confirmed read /tmp/host"]),
    ]

    static let otherTroubles: [Case] = [
        Case(tool: "a file that is not there", output: "cat: /home/u/none: No such file or directory\n", expected: []),
        Case(
            tool: "a script without the x bit", output: "bash: ./run.sh: Permission denied\n", expected: [],
            mode: .readOnly),
        Case(tool: "somebody else's file", output: "cat: /etc/shadow: Permission denied\n", expected: []),
        Case(tool: "a read-only disk", output: "touch: cannot touch '/cdrom/x': Read-only file system\n", expected: []),
        Case(tool: "the workspace", output: "touch: cannot touch '/ws/x': Read-only file system\n", expected: []),
        Case(
            tool: "an open network", output: "curl: (6) Could not resolve host: example.com\n", expected: [],
            network: .on),
        Case(
            tool: "pip's notice",
            output:
                "Defaulting to user installation because normal site-packages is not writeable\nLooking in links: /opt\n",
            expected: []),
        Case(
            tool: "full access", output: "touch: cannot touch '/opt/x': Read-only file system\n", expected: [],
            mode: .dangerFullAccess),
        Case(tool: "a compiler's error", output: "main.c:1:1: error: unknown type name 'foo'\n", expected: []),
        Case(tool: "a server of its own that is down", output: "ECONNREFUSED\n", expected: []),
        Case(tool: "binary output", output: "\u{0}\u{1}\u{FFFD}\u{0}erofs\u{0}", expected: []),
    ]

    @Test("writes", arguments: refusedWrites)
    func writes(_ one: Case) { #expect(Self.analyse(one).map(Self.brief) == one.expected) }

    @Test("networks", arguments: refusedConnections)
    func networks(_ one: Case) { #expect(Self.analyse(one).map(Self.brief) == one.expected) }

    @Test("sockets, calls and hidden files", arguments: refusedOthers)
    func others(_ one: Case) { #expect(Self.analyse(one).map(Self.brief) == one.expected) }

    @Test("troubles that are not the sandbox's", arguments: otherTroubles)
    func innocent(_ one: Case) { #expect(Self.analyse(one).map(Self.brief) == one.expected) }

    @Test("every prefix of every message is read without harm")
    func prefixes() {
        for one in Self.refusedWrites + Self.refusedConnections + Self.refusedOthers where one.output.utf8.count < 400 {
            let bytes = Array(one.output.utf8)
            for end in bytes.indices {
                var part = one
                part.output = String(decoding: bytes[..<end], as: UTF8.self)
                let found = Self.analyse(part)
                #expect(found.allSatisfy { $0.verdict.decision == .deny && !$0.verdict.rule.isEmpty })
            }
        }
    }
}

@Suite("What a denial says")
struct DenialRulesTests {
    private func denials(
        _ output: String, mode: SandboxMode = .workspaceWrite, style: DenialRules.GrantStyle = .exec,
        failed: Bool = true, reported: [SandboxDenial] = []
    ) -> [EffectDenial] {
        let policy = SandboxPolicy(mode: mode, workspace: "/ws", home: "/home/u")
        let origins = DenialRules.Origins(
            mode: Origin(.user, file: "/home/u/.lockgate/config.toml", line: 3), network: Origin(.flag("--network")))
        let rules = DenialRules(policy: policy, origins: origins, style: style, host: DenialMessageTests.host)
        return DenialAnalysis(rules: rules, cwd: "/ws").denials(output: output, failed: failed, reported: reported)
    }

    @Test("names the rule, where it was set, and the smallest grant")
    func wholeValue() {
        #expect(
            denials("touch: cannot touch '/opt/d/x': Read-only file system") == [
                EffectDenial(
                    .write, .path("/opt/d/x"), certainty: .confirmed,
                    verdict: Verdict(
                        .deny, rule: "sandbox_mode = \"workspace-write\"",
                        origin: Origin(.user, file: "/home/u/.lockgate/config.toml", line: 3),
                        reason: "it is outside the workspace and every other writable folder",
                        grant: "mkdir -p /opt/d, then --add-dir /opt/d"))
            ])
    }

    @Test(
        "grants no more than it takes",
        arguments: [
            ("touch: cannot touch '/ws/a': Read-only file system", SandboxMode.readOnly, "-s workspace-write"),
            (
                "touch: cannot touch '/home/u/.foorc': Read-only file system", .workspaceWrite,
                "create /home/u/.foorc, then -c 'sandbox_workspace_write.writable_roots=[\"/home/u/.foorc\"]'"
            ),
            ("touch: cannot touch '/opt/it''s/x': Read-only file system", .workspaceWrite, nil),
            ("touch: cannot touch '/etc/x': Read-only file system", .workspaceWrite, nil),
            ("curl: (6) Could not resolve host: example.com", .workspaceWrite, "--network on"),
            (
                "cat: /home/u/.netrc: No such file or directory", .workspaceWrite,
                "-c 'filesystem.allow_read=[\"/home/u/.netrc\"]'"
            ),
            (
                "bash: .git/hooks/x: Read-only file system", .workspaceWrite,
                "change it yourself, or run with -s danger-full-access"
            ),
        ] as [(String, SandboxMode, String?)])
    func grants(_ output: String, _ mode: SandboxMode, _ grant: String?) throws {
        let denial = try #require(denials(output, mode: mode).first)
        if let grant { #expect(denial.verdict.grant == grant) }
        if output.contains("/etc/x") { #expect(denial.verdict.grant == nil) }
    }

    @Test("the one-shot command has its own flag")
    func oneShot() {
        let found = denials("touch: cannot touch '/opt/x': Read-only file system", style: .sandbox)
        #expect(found.first?.verdict.grant == "create /opt/x, then --allow-write /opt/x")
    }

    @Test("the output of a command that succeeded is not read, what the sandbox saw is told")
    func success() {
        let output = "touch: cannot touch '/opt/x': Read-only file system"
        #expect(denials(output, failed: false) == [])
        let reported = denials(
            output, failed: false, reported: [SandboxDenial(kind: .localSocket, target: "/opt/s/d.sock")])
        #expect(reported.map(\.certainty) == [.reported])
        #expect(reported.first?.verdict.grant == "mkdir -p /opt/s, then --add-dir /opt/s")
    }

    @Test("of fifty megabytes the ends are read")
    func largeOutput() {
        let filler = String(repeating: "all is well here, nothing to see in this line\n", count: 1 << 20)
        let output =
            "touch: cannot touch '/opt/first': Read-only file system\n" + filler
            + "touch: cannot touch '/opt/middle': Read-only file system\n" + filler
            + "touch: cannot touch '/opt/last': Read-only file system\n"
        #expect(denials(output).map(\.target) == [.path("/opt/first"), .path("/opt/last")])
    }

    @Test("the model is told what, why and that it cannot grant")
    func modelNote() {
        let note = denials("curl: (6) Could not resolve host: example.com").modelNote()
        #expect(
            note == """

                The sandbox refused:
                - connect example.com: commands have no network (rule: network.mode = "off")
                You cannot grant this and trying again will not help: find another way, or tell the user what is needed.

                """)
        #expect(!note.contains("--network on"))
    }
}
