import CLinux
import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("The helper's door")
struct ZygoteProtocolTests {
    private func zygote(_ fixture: SandboxFixture) throws -> Zygote {
        let policy = fixture.policy(.workspaceWrite)
        let plan = try PlanCompiler.compile(policy, environment: fixture.environment)
        return try Zygote(
            helper: fixture.helper, policy: PolicyMessage.policy(policy, plan: plan, isOneShot: false))
    }

    private func command() throws -> [UInt8] {
        try PolicyMessage.command(
            SandboxCommand(arguments: ["/bin/true"], workingDirectory: "/", environment: ["A": "b"]))
    }

    /// Sends a message as it is and returns the first answer to it; nil when none comes.
    private func answer(_ zygote: Zygote, _ message: [UInt8]) throws -> HelperReport? {
        let descriptors = try CommandDescriptors(.merged(input: false))
        guard
            try zygote.send(message, channel: descriptors.farChannel, standard: descriptors.standard),
            clinux_wait_readable(descriptors.channel, 10_000) == 1
        else { return nil }
        return Self.receive(descriptors.channel)
    }

    private static func receive(_ channel: Int32) -> HelperReport? {
        withUnsafeTemporaryAllocation(byteCount: HelperReport.maximumSize, alignment: 8) { buffer in
            let message = clinux_receive(channel, buffer.baseAddress, buffer.count)
            guard message.length > 0 else { return nil }
            return HelperReport(
                UnsafeRawBufferPointer(rebasing: buffer[..<message.length]), descriptor: nil, pid: message.pid)
        }
    }

    private static func isStart(_ report: HelperReport?) -> Bool {
        if case .started = report { true } else { false }
    }

    @Test("answers every damaged message and goes on serving")
    func damaged() async throws {
        let fixture = try SandboxFixture()
        let zygote = try zygote(fixture)
        let good = try command()
        var random = SplitMix(state: 20_261_125)
        for _ in 0..<200 {
            var bytes = good
            switch random.next() % 3 {
            case 0: bytes.removeLast(1 + Int(random.next() % UInt64(bytes.count - 1)))
            case 1: bytes += (0...random.next() % 40).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            default:
                for _ in 0...random.next() % 3 {
                    bytes[Int(random.next() % UInt64(bytes.count))] ^= 1 << UInt8(random.next() % 8)
                }
            }
            #expect(try answer(zygote, bytes) != nil, "no answer to \(bytes)")
        }
        #expect(Self.isStart(try answer(zygote, good)))
    }

    @Test("refuses what a command may not ask for")
    func refused() async throws {
        let fixture = try SandboxFixture()
        let zygote = try zygote(fixture)
        var wider = MountPlan()
        wider.addWritable("/etc")
        let policy = fixture.policy(.workspaceWrite)
        let messages: [(String, [UInt8])] = [
            ("nothing", []),
            ("a policy", try PolicyMessage.policy(policy, plan: wider, isOneShot: false)),
            ("another magic", [0x58] + (try command().dropFirst())),
        ]
        for (name, message) in messages {
            guard case .failed(let failure) = try answer(zygote, message) else {
                Issue.record("\(name) was not refused")
                continue
            }
            #expect(failure.step == .policy, "\(name)")
        }
        #expect(Self.isStart(try answer(zygote, command())))
    }

    /// Sends a command that the agent says nothing has changed for, and returns how it ended.
    private func runUnchanged(_ script: String, _ fixture: SandboxFixture, _ zygote: Zygote) throws
        -> TerminationStatus?
    {
        let message = try PolicyMessage.command(
            SandboxCommand(
                arguments: ["/bin/sh", "-c", script], workingDirectory: fixture.workspace,
                environment: ["PATH": "/usr/bin:/bin"]), isUnchanged: true)
        let ends = try CommandDescriptors(.merged(input: false))
        guard try zygote.send(message, channel: ends.farChannel, standard: ends.standard) else { return nil }
        while clinux_wait_readable(ends.channel, 10_000) == 1, let report = Self.receive(ends.channel) {
            if case .exited(let status, _) = report { return status }
        }
        return nil
    }

    @Test("looks by itself where the kernel took a mount away, whatever the agent says", arguments: TestUser.available)
    func unchanged(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        try fixture.setUp("git init -q . && git config a.b c")
        let zygote = try zygote(fixture)
        let attack = "echo '[core] fsmonitor = ./e' >> .git/config"
        for _ in 0..<3 { #expect(try runUnchanged("test -w .git", fixture, zygote) == .exited(0)) }
        for change in ["git config a.b d", "cp .git/config c && mv c .git/config"] {
            try fixture.setUp(change)
            for _ in 0..<3 {
                #expect(try runUnchanged(attack, fixture, zygote) != .exited(0), "\(change)")
                #expect(try runUnchanged("test -w .git", fixture, zygote) == .exited(0), "\(change)")
            }
        }
        #expect(!fixture.holds("grep -q fsmonitor .git/config"))
    }

    @Test("drops what comes without a channel, or with descriptors too many or too few")
    func descriptors() async throws {
        let fixture = try SandboxFixture()
        let zygote = try zygote(fixture)
        let good = try command()
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(null) }
        for standard in [[null], [null, null], [null, null, null, null], []] {
            let ends = try CommandDescriptors(.merged(input: false))
            #expect(try zygote.send(good, channel: ends.farChannel, standard: standard))
            #expect(clinux_wait_readable(ends.channel, 10_000) == 1)
            guard case .failed(let failure) = Self.receive(ends.channel) else {
                Issue.record("\(standard.count) descriptors were taken")
                continue
            }
            #expect(failure.step == .policy)
        }
        #expect(try zygote.send(good, channel: null, standard: [null, null, null]))
        #expect(Self.isStart(try answer(zygote, good)))
    }
}

/// Steele, Lea and Flood's generator: the same damage in every run.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
