import Glibc
import Testing
import Wire

@testable import Sandbox

/// The process that is made ahead and becomes the next command.
@Suite("A command's process, made ahead")
struct WaitingProcessTests {
    private struct Waiting {
        var initial: Int32
        var command: Int32
    }

    /// Of the session in which this command runs.
    private func waiting(beside command: SandboxedProcess) async throws -> Waiting {
        let running = try KilledSandboxTests.parent(of: command.pid)
        let zygote = try KilledSandboxTests.parent(of: running)
        var found: Waiting?
        try await KilledSandboxTests.until {
            for initial in Self.children(of: zygote) where initial != running {
                guard let child = Self.children(of: initial).first else { continue }
                // The filter is the last of what it gets ahead.
                if Self.status(of: child)["Seccomp"] == "2" { found = Waiting(initial: initial, command: child) }
            }
            return found != nil
        }
        return try #require(found)
    }

    private static func children(of pid: Int32) -> [Int32] {
        text("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int32($0) }
    }

    private static func status(of pid: Int32) -> [String: String] {
        var fields: [String: String] = [:]
        for line in text("/proc/\(pid)/status").split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1].drop { $0 == " " || $0 == "\t" }) }
        }
        return fields
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("waits without a capability, behind the filter, with nothing to gain", arguments: TestUser.available)
    func isHeld(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let command = try await fixture.start("echo; sleep 70", in: session)
        _ = try SandboxFixture.readLine(command)
        let waiting = try await waiting(beside: command)
        let status = Self.status(of: waiting.command)
        let none = "0000000000000000"
        let expected = [
            "CapPrm": none, "CapEff": none, "CapInh": none, "CapBnd": none, "CapAmb": none, "NoNewPrivs": "1",
        ]
        #expect(expected.allSatisfy { status[$0.key] == $0.value }, "\(status)")
        #expect(Self.children(of: waiting.command).isEmpty)
        command.kill()
        _ = await command.wait()
    }

    @Test("dies with its init, and the next command gets another")
    func diesWithInit() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let command = try await fixture.start("echo; sleep 70", in: session)
        _ = try SandboxFixture.readLine(command)
        let waiting = try await waiting(beside: command)
        #expect(kill(waiting.initial, SIGKILL) == 0)
        for pid in [waiting.command, waiting.initial] { try await KilledSandboxTests.untilGone(pid) }
        #expect(try await fixture.run("echo next", in: session).output == "next\n")
        #expect(session.incidents == [])
        command.kill()
        _ = await command.wait()
    }

    @Test("killed before it ran, refuses its command by name and no other")
    func killedAhead() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let command = try await fixture.start("echo; sleep 70", in: session)
        _ = try SandboxFixture.readLine(command)
        let waiting = try await waiting(beside: command)
        #expect(kill(waiting.command, SIGKILL) == 0)
        try await KilledSandboxTests.until { Self.status(of: waiting.command)["State"]?.hasPrefix("Z") ?? true }
        await #expect(throws: LockgateError.self) { try await fixture.run("echo no", in: session) }
        #expect(try await fixture.run("echo next", in: session).output == "next\n")
        command.kill()
        _ = await command.wait()
    }

    @Test("is in nobody's sight, and gives its program nothing it waited with")
    func isOutOfReach() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        for _ in 0..<2 {
            let look = "ls /proc/self/fd | wc -l; ls -d /proc/[0-9]* | wc -l; cat /proc/1/mem"
            let seen = try await fixture.run(look, in: session)
            // Its three descriptors and the folder's; init, the shell, `ls` and `wc`.
            #expect(seen.output.hasPrefix("4\n4\n"), "\(seen.output)")
            #expect(seen.status != .exited(0))
        }
    }
}
