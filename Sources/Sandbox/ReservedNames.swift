import CLinux
import Glibc
import Wire

/// Holds names that have to be reserved since the session's helper was started: a helper of its own that makes the
/// placeholders, runs nothing, and removes them when this is let go or this process dies.
final class ReservedNames: Sendable {
    /// Milliseconds until a helper that does not answer is given up.
    private static let patience: Int32 = 5000

    let helper: HelperProcess
    private let socket: Int32

    init(_ plan: MountPlan, helper program: String) throws(LockgateError) {
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        defer { close(pair[1]) }
        do {
            helper = try HelperProcess.start(program, policy: PolicyMessage.keeper(of: plan), socket: pair[1])
        } catch {
            close(pair[0])
            throw error
        }
        socket = pair[0]
        // Rare and short: only when a repository or a reserved name came or went.
        guard case .kept = Self.answer(socket) else {
            throw SetupFailure(step: .placeholder, error: EIO, detail: "no answer").asError
        }
    }

    deinit { close(socket) }

    /// Takes the placeholders away; returns when they are gone.
    func letGo() async {
        Glibc.shutdown(socket, Int32(SHUT_RDWR))
        await helper.waitForEnd()
    }

    /// The helper's one report; nil when none comes in time.
    static func answer(_ socket: Int32) -> HelperReport? {
        guard clinux_wait_readable(socket, patience) == 1 else { return nil }
        return withUnsafeTemporaryAllocation(byteCount: HelperReport.maximumSize, alignment: 8) { buffer in
            let message = clinux_receive(socket, buffer.baseAddress, buffer.count)
            if message.descriptor >= 0 { close(message.descriptor) }
            guard message.length > 0 else { return nil }
            return HelperReport(
                UnsafeRawBufferPointer(rebasing: buffer[..<message.length]), descriptor: nil, pid: message.pid)
        }
    }
}
