import CLinux
import Glibc
import Wire

/// A helper for one command that has made its namespaces, or is about to, and waits for a policy: advance.h.
///
/// It goes when nothing refers to it any more, unless the process has become its front by then.
package final class AdvanceHelper: Sendable {
    /// Roles, as in advance.h.
    private static let role = "advance"
    private static let roleWithNetwork = "advance-network"
    /// "LGPF": the policy comes, in a memory file.
    private static let policyComes: UInt32 = 0x4650_474c

    /// Whether the namespaces have the host's network; or none.
    let hasNetwork: Bool
    let socket: Int32
    let pid: pid_t

    /// Takes over one that was started with this program: without the network.
    package init(startedEarly socket: Int32, pid: Int32) {
        self.socket = socket
        self.pid = pid
        hasNetwork = false
    }

    /// Starts one.
    init(_ program: String, hasNetwork: Bool) throws(LockgateError) {
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        defer { close(pair[1]) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { if null >= 0 { close(null) } }
        var pid: pid_t = 0
        let role = hasNetwork ? Self.roleWithNetwork : Self.role
        let started = null < 0 ? -errno : clinux_spawn(program, role, [null, null, null, null, pair[1]], 5, &pid)
        guard started == 0 else {
            close(pair[0])
            throw .noResources(program, -started)
        }
        socket = pair[0]
        self.pid = pid
        self.hasNetwork = hasNetwork
    }

    deinit {
        close(socket)
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }

    /// Gives it its policy, a sealed memory file, and its command with the command's channel. False when it is gone: then
    /// nothing was run.
    func send(
        policy: Int32, command: [UInt8], channel: Int32, standard: [Int32]
    ) throws(LockgateError) -> Bool {
        let sent = withUnsafeBytes(of: Self.policyComes.littleEndian) {
            clinux_send_descriptors(socket, $0.baseAddress, $0.count, [policy], 1)
        }
        guard sent == 0 else { return false }
        return try Zygote.send(command, channel: channel, standard: standard, to: socket)
    }
}
