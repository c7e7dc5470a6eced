import CLinux
import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("A helper started in advance")
struct AdvanceTests {
    private let fixture: SandboxFixture

    init() throws { fixture = try SandboxFixture() }

    /// What the helper says first of a command that is sent after this policy.
    private func answer(
        _ policy: SandboxPolicy, hasNetwork: Bool = false, isOneShot: Bool = true, isSealed: Bool = true
    ) throws -> HelperReport? {
        let plan = try PlanCompiler.compile(policy, environment: fixture.environment)
        let message = try PolicyMessage.policy(policy, plan: plan, isOneShot: isOneShot)
        let file =
            isSealed
            ? message.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) } : Self.openFile(message)
        defer { close(file) }
        let command = try PolicyMessage.command(
            SandboxCommand(arguments: ["/bin/true"], workingDirectory: "/", environment: ["A": "b"]))
        let ends = try CommandDescriptors(.merged(input: false))
        let helper = try AdvanceHelper(fixture.helper, hasNetwork: hasNetwork)
        #expect(
            try helper.send(policy: file, command: command, channel: ends.farChannel, standard: ends.standard))
        guard clinux_wait_readable(ends.channel, 10_000) == 1 else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: HelperReport.maximumSize, alignment: 8) { buffer in
            let message = clinux_receive(ends.channel, buffer.baseAddress, buffer.count)
            guard message.length > 0 else { return nil }
            return HelperReport(
                UnsafeRawBufferPointer(rebasing: buffer[..<message.length]), descriptor: nil, pid: message.pid)
        }
    }

    /// A file with these bytes that whoever has it can change.
    private static func openFile(_ bytes: [UInt8]) -> Int32 {
        var template = Array("/var/tmp/lockgate-policy-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        unlink(template)
        #expect(file >= 0 && write(file, bytes, bytes.count) == bytes.count)
        return file
    }

    private func policy(_ mode: SandboxMode, network: NetworkMode = .off) -> SandboxPolicy {
        var policy = fixture.policy(mode)
        policy.network = network
        return policy
    }

    @Test(arguments: [false, true])
    func runsTheCommandOfAPolicyThatFitsItsNamespaces(hasNetwork: Bool) throws {
        let policy = policy(.workspaceWrite, network: hasNetwork ? .on : .off)
        guard case .started = try answer(policy, hasNetwork: hasNetwork) else {
            Issue.record("it was not run")
            return
        }
    }

    @Test func refusesAPolicyForOtherNamespaces() throws {
        let wrong = [
            try answer(policy(.workspaceWrite, network: .on)),
            try answer(policy(.workspaceWrite), hasNetwork: true),
            try answer(policy(.dangerFullAccess)),
            try answer(policy(.workspaceWrite), isOneShot: false),
        ]
        for report in wrong {
            guard case .failed(let failure) = report else {
                Issue.record("not refused: \(String(describing: report))")
                continue
            }
            #expect(failure.step == .policy)
        }
    }

    @Test func refusesAPolicyThatCanStillChange() throws {
        guard case .failed(let failure) = try answer(policy(.workspaceWrite), isSealed: false) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.step == .policy)
        #expect(failure.detail.contains("could still change"))
    }

    @Test func goesWithTheOneThatStartedIt() throws {
        // Its end is waited for when nothing refers to it: this returns, or the suite hangs.
        for _ in 0..<20 { _ = try AdvanceHelper(fixture.helper, hasNetwork: false) }
        let helper = try AdvanceHelper(fixture.helper, hasNetwork: false)
        let process = clinux_open_process(helper.pid)
        defer { close(process) }
        withExtendedLifetime(helper) { #expect(clinux_wait_readable(process, 0) == 0) }
    }
}
