import CLinux
import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("A killed sandbox")
struct KilledSandboxTests {
    enum Victim: String, CaseIterable, Sendable { case monitor, zygote, commandInit, command }

    /// The processes from the command up to the helper's first.
    private func line(of pid: Int32) throws -> [Victim: Int32] {
        let commandInit = try Self.parent(of: pid)
        let zygote = try Self.parent(of: commandInit)
        return [
            .command: pid, .commandInit: commandInit, .zygote: zygote, .monitor: try Self.parent(of: zygote),
        ]
    }

    static func parent(of pid: Int32) throws -> Int32 {
        let text = String(decoding: Self.read("/proc/\(pid)/status"), as: UTF8.self)
        let field = text.split(separator: "\n").first { $0.hasPrefix("PPid:") }
        return try #require(field.flatMap { Int32($0.dropFirst(5).drop { $0 == " " || $0 == "\t" }) })
    }

    private static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return Array(bytes.prefix(max(0, count)))
    }

    @Test("ends its commands with a typed error, leaves nothing, and the next command runs", arguments: Victim.allCases)
    func killed(_ victim: Victim) async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("git init -q .")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let one = try await fixture.start("echo; sleep 70 & sleep 70", in: session)
        let two = try await fixture.start("echo; sleep 70", in: session)
        _ = try (SandboxFixture.readLine(one), SandboxFixture.readLine(two))
        #expect(fixture.holds("test -d .lockgate && test -e .git/commondir"))
        let processes = try line(of: one.pid)
        let pid = try #require(processes[victim])
        #expect(kill(pid, SIGKILL) == 0)
        #expect(await one.wait() == .signaled(SIGKILL))
        let takesAll = victim == .monitor || victim == .zygote
        #expect(one.lostSandbox?.code == (victim == .command ? nil : "sandbox.session_lost"))
        if takesAll {
            #expect(await two.wait() == .signaled(SIGKILL))
            #expect(two.lostSandbox?.code == "sandbox.session_lost")
        } else {
            #expect(two.endStatus == nil)
        }
        for process in [one.pid, processes[.commandInit] ?? 0] { try await Self.untilGone(process) }
        let next = try await fixture.run("echo next", in: session)
        #expect(next.output == "next\n")
        #expect(session.incidents == (takesAll ? [.helperLost] : []))
        session.end()
        two.kill()
        _ = await two.wait()
        let last = try await fixture.run("true", fixture.policy(.workspaceWrite))
        #expect(last.status == .exited(0))
        await two.waitForCleanUp()
        try await Self.until { fixture.holds("test ! -e .lockgate && test ! -e .git/commondir") }
    }

    @Test("has its placeholders taken away even if no other command comes")
    func placeholders() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("git init -q .")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let command = try await fixture.start("echo; sleep 70", in: session)
        _ = try SandboxFixture.readLine(command)
        let monitor = try #require(try line(of: command.pid)[.monitor])
        #expect(kill(monitor, SIGKILL) == 0)
        #expect(await command.wait() == .signaled(SIGKILL))
        await command.waitForCleanUp()
        await session.shutDown()
        #expect(fixture.holds("test ! -e .lockgate && test ! -e .git/commondir"))
    }

    /// Waits for the end of a process that is not this one's child.
    static func untilGone(_ pid: Int32) async throws {
        let descriptor = clinux_open_process(pid)
        if descriptor == -ESRCH { return }
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        #expect(clinux_wait_readable(descriptor, 5000) == 1, "process \(pid) is still there")
    }

    /// Something that another process does in a moment.
    static func until(_ condition: () -> Bool) async throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(5)
        while !condition() {
            try #require(clock.now < end, "did not happen")
            await Task.yield()
        }
    }
}
