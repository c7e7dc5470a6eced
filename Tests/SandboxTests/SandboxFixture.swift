import Glibc
import Sandbox
import Testing
import Wire

/// The users that each case runs as: this one, and an ordinary user when this one is root.
enum TestUser: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case current, ordinary

    static var available: [TestUser] { geteuid() == 0 ? [.current, .ordinary] : [.current] }
    var id: UInt32 { self == .current ? geteuid() : 1000 }
    var testDescription: String { self == .current ? "uid \(geteuid())" : "uid 1000" }
}

/// A workspace, a folder outside of it and a home folder, on a disk folder that is not /tmp; removed at the end.
final class SandboxFixture: Sendable {
    let root: String
    let user: TestUser
    let helper: String
    /// The level that the helper's surroundings leave.
    let level: SandboxLevel
    var workspace: String { root + "/ws" }
    var outside: String { root + "/out" }
    var home: String { root + "/home" }

    init(_ user: TestUser = .current, in surroundings: Surroundings? = nil) throws {
        self.user = user
        level = surroundings?.level ?? .full
        var template = Array("/var/tmp/lockgate-sandbox-test-XXXXXX".utf8CString)
        root = try #require(mkdtemp(&template).map { String(cString: $0) })
        chmod(root, 0o755)
        let real = try HelperLocation.find()
        if let surroundings {
            helper = root + "/helper"
            try Self.host("cp '\(real)' '\(root)/lockgate-sandbox'")
            try Self.write(surroundings.wrapper(of: root + "/lockgate-sandbox", user: user), to: helper)
            chmod(helper, 0o755)
        } else if user == .current {
            helper = real
        } else {
            // The helper as an ordinary user runs it: in a place that user can reach.
            helper = root + "/helper"
            try Self.host("cp '\(real)' '\(root)/lockgate-sandbox'")
            try Self.write(
                "#!/bin/sh\nexec /usr/bin/setpriv --reuid \(user.id) --regid \(user.id) --clear-groups '\(root)/lockgate-sandbox'\n",
                to: helper)
            chmod(helper, 0o755)
        }
        for folder in [workspace, outside, home] { #expect(mkdir(folder, 0o755) == 0) }
        if user == .ordinary {
            try Self.host("chown \(user.id):\(user.id) '\(root)' '\(workspace)' '\(outside)' '\(home)'")
        }
    }

    /// A name in the host's /tmp for this fixture alone.
    var temporary: String { "/tmp/" + root.split(separator: "/").suffix(1).joined() }

    /// Processes that a set-up leaves running are written to $OUT/pids.
    deinit { try? Self.host("kill $(cat '\(outside)/pids' 2>/dev/null) 2>/dev/null; rm -rf '\(root)' '\(temporary)'*") }

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home, "WS": workspace, "OUT": outside, "HOSTTMP": temporary,
            "LANG": "C.UTF-8", "TMPDIR": "/tmp",
            "GIT_CONFIG_GLOBAL": home + "/.gitconfig", "GIT_CONFIG_NOSYSTEM": "1", "HOSTUID": "\(user.id)",
            "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.invalid", "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.invalid",
        ]
    }

    func policy(_ mode: SandboxMode, network: NetworkMode = .off, writable: [String] = []) -> SandboxPolicy {
        SandboxPolicy(
            mode: mode, network: network, workspace: workspace, writableRoots: writable, home: home, level: level)
    }

    func session(_ policy: SandboxPolicy) throws -> SandboxSession {
        try SandboxSession(policy: policy, helper: helper, environment: environment)
    }

    /// Starts a bash script.
    func start(
        _ script: String, _ policy: SandboxPolicy, cwd: String? = nil, io: CommandIO = .merged(input: false),
        extra: [String: String] = [:]
    ) async throws -> SandboxedProcess {
        try await session(policy).start(
            SandboxCommand(
                arguments: ["bash", "-c", script], workingDirectory: cwd ?? policy.workspace,
                environment: environment.merging(extra) { $1 }, io: io))
    }

    /// Runs a bash script to its end.
    func run(_ script: String, _ policy: SandboxPolicy, cwd: String? = nil) async throws -> Result {
        let process = try await start(script, policy, cwd: cwd)
        let status = await process.wait()
        await process.waitForCleanUp()
        return Result(status: status, output: Self.readAll(process), denials: process.denials)
    }

    func run(_ script: String, _ mode: SandboxMode) async throws -> Result { try await run(script, policy(mode)) }

    struct Result: Sendable {
        var status: TerminationStatus
        var output: String
        var denials: [SandboxDenial]
    }

    /// What is left in the pipe or terminal of a command that has ended.
    static func readAll(_ process: SandboxedProcess) -> String {
        guard let descriptor = process.output else { return "" }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }

    /// Runs a script outside of any sandbox, as this fixture's user.
    func setUp(_ script: String) throws {
        let drop = user == .ordinary ? "setpriv --reuid \(user.id) --regid \(user.id) --clear-groups " : ""
        try Self.write(script, to: root + "/setup.sh")
        let variables = environment.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        try Self.host(
            "cd '\(workspace)' && env -i \(variables) \(drop)bash -e '\(root)/setup.sh' </dev/null >'\(root)/setup.log' 2>&1"
        )
    }

    /// Whether a shell test holds outside.
    func holds(_ condition: String) -> Bool {
        let variables = environment.map { "\($0.key)='\($0.value)'" }.joined(separator: " ")
        return system(
            "cd '\(workspace)' && env \(variables) bash -c '\(condition.replacing("'", with: "'\\''"))' >/dev/null 2>&1"
        ) == 0
    }

    static func host(_ command: String) throws {
        let status = system(command)
        if status != 0 { throw LockgateError("test.setup", "\(command) ended with \(status)") }
    }

    static func write(_ text: String, to path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        try #require(Glibc.write(descriptor, bytes, bytes.count) == bytes.count)
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
