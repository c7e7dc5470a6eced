import CLinux
import Glibc
import Testing
import Wire

@testable import Sandbox

extension SandboxFixture {
    /// Starts a bash script in a session.
    func start(
        _ script: String, in session: SandboxSession, io: CommandIO = .merged(input: false)
    ) async throws -> SandboxedProcess {
        try await session.start(
            SandboxCommand(
                arguments: ["bash", "-c", script], workingDirectory: workspace, environment: environment, io: io))
    }

    /// Runs a bash script in a session to its end.
    @discardableResult
    func run(_ script: String, in session: SandboxSession) async throws -> Result {
        let process = try await start(script, in: session)
        let status = await process.wait()
        await process.waitForCleanUp()
        return Result(status: status, output: Self.readAll(process), denials: process.denials)
    }

    /// Waits until a command has written a line, and returns it.
    static func readLine(_ process: SandboxedProcess) throws -> String {
        let descriptor = try #require(process.output)
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) == 1, byte != 0x0A { line.append(byte) }
        return String(decoding: line, as: UTF8.self)
    }
}

@Suite("A session of commands")
struct ZygoteTests {
    static let modes: [SandboxMode] = [.readOnly, .workspaceWrite]

    @Test("keeps private files from command to command", arguments: modes, TestUser.available)
    func privateFiles(_ mode: SandboxMode, _ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        let session = try fixture.session(fixture.policy(mode))
        for folder in ["/tmp", "/dev/shm", "/run/lock"] {
            try await fixture.run("echo kept > \(folder)/f", in: session)
            #expect(try await fixture.run("cat \(folder)/f", in: session).output == "kept\n", "\(folder)")
        }
        #expect(fixture.holds("test ! -e /tmp/f"))
        let other = try fixture.session(fixture.policy(mode))
        #expect(try await fixture.run("test -e /tmp/f", in: other).status == .exited(1), "of one session only")
    }

    @Test(
        "keeps servers reachable for later commands",
        arguments: [
            "s=socket.socket();s.bind(('127.0.0.1',7777))|socket.create_connection(('127.0.0.1',7777))",
            "s=socket.socket(1);s.bind('/tmp/s')|c=socket.socket(1);c.connect('/tmp/s')",
            "s=socket.socket(1);s.bind(chr(0)+'s')|c=socket.socket(1);c.connect(chr(0)+'s')",
        ])
    func servers(_ server: String) async throws {
        let parts = server.split(separator: "|")
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let running = try await fixture.start(
            "exec /usr/bin/python3 -c \"import socket,time;\(parts[0]);s.listen();print(flush=True);time.sleep(60)\"",
            in: session)
        _ = try SandboxFixture.readLine(running)
        for _ in 0..<2 {
            let client = try await fixture.run("/usr/bin/python3 -c \"import socket;\(parts[1])\"", in: session)
            #expect(client.status == .exited(0), "\(client.output)")
        }
    }

    @Test("gives each command processes, terminals and descriptors of its own", arguments: modes)
    func isolation(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(mode))
        let first = try await fixture.start(
            "echo; exec -a lockgate-first sleep 60", in: session, io: .terminal(rows: 24, columns: 80))
        _ = try SandboxFixture.readLine(first)
        let second = try await fixture.run(
            "pgrep -af '^lockgate-firs[t]'; ls /dev/pts; ls /proc | grep -c '^[0-9]'; ls /proc/self/fd | wc -l",
            in: session)
        #expect(second.output == "ptmx\n4\n4\n")
        #expect(first.endStatus == nil)
    }

    @Test("takes what a command started with it, and nothing of the others")
    func stragglers() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let background = try await fixture.start("echo; read x; echo done", in: session, io: .merged(input: true))
        _ = try SandboxFixture.readLine(background)
        let marker = "lockgate-left-\(getpid())"
        try await fixture.run("(setsid bash -c 'exec -a \(marker) sleep 60' &)", in: session)
        #expect(fixture.holds("! pgrep -f '^\(marker)'"))
        background.closeInput()
        #expect(await background.wait() == .exited(0))
    }

    @Test("runs many at the same time, each with its own end")
    func manyAtOnce() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let results = try await withThrowingTaskGroup(of: (Int32, String).self) { group in
            for number in 0..<24 {
                group.addTask {
                    let result = try await fixture.run("echo \(number); exit \(number)", in: session)
                    return (result.status.shellCode, result.output)
                }
            }
            return try await group.reduce(into: [Int32: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(results == Dictionary(uniqueKeysWithValues: (0..<24).map { (Int32($0), "\($0)\n") }))
    }

    @Test("stays after commands that cannot be run")
    func failures() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        try await fixture.run("echo kept > /tmp/f", in: session)
        for _ in 0..<20 {
            await #expect(throws: LockgateError.self) {
                try await session.start(
                    SandboxCommand(arguments: ["no-such-program"], workingDirectory: "/", environment: [:]))
            }
        }
        #expect(try await fixture.run("cat /tmp/f", in: session).output == "kept\n")
        #expect(session.incidents.isEmpty)
    }
}
