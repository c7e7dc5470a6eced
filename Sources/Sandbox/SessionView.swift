import CLinux
import Glibc
import Wire

/// The root of a session's view: the file system as its commands see it, private folders and stage included.
///
/// It is the zygote's own view. When the helper is gone, everything mounted in it is too, and what is left is read-only.
package final class SessionView: FileView {
    /// Milliseconds until a helper that does not answer is given up.
    private static let patience: Int32 = 10_000

    package let descriptor: Int32

    init(of zygote: Zygote, request: [UInt8]) throws(LockgateError) {
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        defer { close(pair[0]) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        let far = pair[1]
        guard null >= 0 else {
            close(far)
            throw .noResources("open /dev/null", errno)
        }
        defer { close(null) }
        descriptor = try Self.isSent(request, zygote, far, null) ? try Self.answer(pair[0]) : -1
        guard descriptor >= 0 else {
            throw SetupFailure(step: .session, error: ECHILD, detail: "the helper gave no view").asError
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// Sends the request and closes the channel's far end: the answer is the end of waiting.
    private static func isSent(
        _ request: [UInt8], _ zygote: Zygote, _ channel: Int32, _ null: Int32
    ) throws(LockgateError) -> Bool {
        defer { close(channel) }
        return try zygote.send(request, channel: channel, standard: [null, null, null])
    }

    /// The descriptor that comes with the answer to a probe; -1 when none comes.
    private static func answer(_ socket: Int32) throws(LockgateError) -> Int32 {
        var failure: SetupFailure?
        let found = withUnsafeTemporaryAllocation(byteCount: HelperReport.maximumSize, alignment: 8) {
            buffer -> Int32 in
            while clinux_wait_readable(socket, patience) == 1 {
                let message = clinux_receive(socket, buffer.baseAddress, buffer.count)
                guard message.length > 0 else { return -1 }
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<message.length])
                switch HelperReport(bytes, descriptor: nil, pid: message.pid) {
                case .layers where message.descriptor >= 0: return message.descriptor
                case .failed(let reported):
                    failure = reported
                    return -1
                default: if message.descriptor >= 0 { close(message.descriptor) }
                }
            }
            return -1
        }
        if let failure { throw failure.asError }
        return found
    }
}
