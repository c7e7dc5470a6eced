import CLinux
import Glibc
import Synchronization
import Wire

/// The helper that runs the commands of one session in one view of the file system and one network.
///
/// It lives as long as anything refers to it: the session, or a command that still runs. Then its socket closes and the
/// helper takes everything down.
final class Zygote: Sendable {
    /// Longer messages go in a memory file.
    private static let maximumInline = 48 << 10
    /// `struct` of request.h: magic and parts.
    private static let magic: UInt32 = 0x5152_474c
    private static let standardPart: UInt32 = 1
    private static let filePart: UInt32 = 2

    let helper: HelperProcess
    private let socket: Int32
    /// Of a fence's commands: stays as long as any of them may use it.
    private let temporary: TemporaryFolder?
    private let isSuspect = Atomic(false)

    init(
        helper program: String, policy: [UInt8], temporary: TemporaryFolder? = nil
    ) throws(LockgateError) {
        self.temporary = temporary
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        defer { close(pair[1]) }
        do {
            helper = try HelperProcess.start(program, policy: policy, socket: pair[1])
        } catch {
            close(pair[0])
            throw error
        }
        socket = pair[0]
    }

    deinit { close(socket) }

    /// Sends a command with its channel's far end and, unless it gets a terminal, its standard descriptors. False when
    /// the helper is gone: then nothing was run.
    func send(_ command: [UInt8], channel: Int32, standard: [Int32]) throws(LockgateError) -> Bool {
        try Self.send(command, channel: channel, standard: standard, to: socket)
    }

    /// The same to any helper.
    static func send(
        _ command: [UInt8], channel: Int32, standard: [Int32], to socket: Int32
    ) throws(LockgateError) -> Bool {
        var descriptors = [channel] + standard
        var parts = standard.isEmpty ? 0 : Self.standardPart
        var file: Int32?
        defer { if let file { close(file) } }
        if command.count > Self.maximumInline {
            let made = command.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
            guard made >= 0 else { throw .noResources("memfd_create", -made) }
            file = made
            descriptors.append(made)
            parts |= Self.filePart
        }
        var message: [UInt8] = []
        message.reserveCapacity(8 + (file == nil ? command.count : 0))
        withUnsafeBytes(of: (Self.magic.littleEndian, parts.littleEndian)) { message.append(contentsOf: $0) }
        if file == nil { message += command }
        let sent = clinux_send_descriptors(socket, message, message.count, descriptors, descriptors.count)
        switch sent {
        case 0: return true
        case -EPIPE, -ECONNRESET, -ECONNREFUSED, -ENOTCONN: return false
        default: throw .noResources("sendmsg", -sent)
        }
    }

    /// Whether the helper still serves. After the loss of a command it may be dying this moment.
    func isServing() async -> Bool {
        if isSuspect.exchange(false, ordering: .relaxed) { _ = await helper.ends(within: .milliseconds(500)) }
        return !helper.isOver
    }

    /// A command was lost, and perhaps all of the helper.
    func suspect() { isSuspect.store(true, ordering: .relaxed) }
}
