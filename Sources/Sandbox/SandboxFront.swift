import Basics
import CLinux
import Glibc
package import Wire

/// `lockgate sandbox -- CMD` without this process staying for it.
///
/// Once the policy is compiled nothing is left to do here but to wait. So a helper that has the namespaces ready by then gets
/// the policy and the command (`AdvanceHelper`), and this process becomes another, which waits for the command's end with a
/// fifth of the memory: Sources/lockgate-sandbox/front.h. What is not plain (a terminal, a fence, danger-full-access) is for
/// `SandboxRun`.
package struct SandboxFront {
    /// How this program is named when the helper runs it again because nothing could be run: it has to stay then.
    /// The same as in front.h.
    package static let nameWhenRunAgain = "lockgate-again"
    /// Roles, as in front.h.
    private static let role = "front"
    private static let roleWithNames = "front-of-names"
    private static let setupFailed: Int32 = 125

    private let policy: SandboxPolicy
    private let environment: [String: String]

    /// Whether it is worth working out a policy for: not on a terminal, whose bytes are relayed, and not the second time.
    package static var isPossible: Bool {
        (isatty(0) == 0 || isatty(1) == 0) && CommandLine.arguments.first != nameWhenRunAgain
    }

    /// nil where this process is needed until the command's end.
    package init?(policy: SandboxPolicy, environment: [String: String]) {
        guard Self.isPossible, policy.mode != .dangerFullAccess, policy.level.hasNamespaces,
            policy.level.warning == nil
        else { return nil }
        self.policy = policy
        self.environment = environment
    }

    /// Has this command run and becomes its front. Returns, or throws, only where that could not be: nothing has run then.
    ///
    /// - Parameters:
    ///   - tools: variables for the command that lead its tools to the project's caches.
    ///   - prepared: a helper that was started before, which serves if it has the right network.
    package func run(
        _ arguments: [String], workingDirectory: String, tools: [String: String], prepared: AdvanceHelper?
    ) throws(LockgateError) {
        guard let program = Paths.linkTarget("/proc/self/exe") else { return }
        let helper = try HelperLocation.find()
        let plan = try PlanCompiler.compile(policy, environment: environment)
        let message = try Self.file(PolicyMessage.policy(policy, plan: plan, isOneShot: true))
        var variables = CommandEnvironment(inherited: environment, policy: .init(inherit: .all), tools: tools)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: isatty(1) == 1)
        variables["PWD"] = workingDirectory
        let command = try PolicyMessage.command(
            SandboxCommand(
                arguments: arguments, workingDirectory: workingDirectory, environment: variables, io: .inherit))
        let again = try Self.file(Self.runAgain(program))
        let hasNetwork = policy.network == .on
        var channel: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&channel)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        let advance =
            if let prepared, prepared.hasNetwork == hasNetwork {
                prepared
            } else {
                try AdvanceHelper(helper, hasNetwork: hasNetwork)
            }
        guard
            try advance.send(policy: message, command: command, channel: channel[1], standard: [0, 1, 2])
        else {
            for descriptor in channel { close(descriptor) }
            return
        }
        let role = plan.placeholders.isEmpty ? Self.role : Self.roleWithNames
        let files = [channel[0], advance.socket, again]
        let error = clinux_become(helper, role, files, files.count)
        // The command may run by now, and ends with this process.
        try? PosixFile.writeAll(
            STDERR_FILENO, Array("lockgate: \(helper): \(String(cString: strerror(-error)))\n".utf8))
        exit(Self.setupFailed)
    }

    private static func file(_ bytes: [UInt8]) throws(LockgateError) -> Int32 {
        let file = bytes.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
        guard file >= 0 else { throw .noResources("memfd_create", -file) }
        return file
    }

    /// This program's path, arguments and environment, as front.h has them. From the raw bytes: they need not be UTF-8.
    private static func runAgain(_ program: String) -> [UInt8] {
        let arguments = Self.strings(CommandLine.unsafeArgv).dropFirst()
        let variables = Self.strings(environ)
        var bytes: [UInt8] = []
        for count in [arguments.count, variables.count] {
            withUnsafeBytes(of: UInt32(truncatingIfNeeded: count).littleEndian) { bytes.append(contentsOf: $0) }
        }
        bytes += Array(program.utf8) + [0]
        for text in arguments + variables { bytes += text + [0] }
        return bytes
    }

    private static func strings(_ list: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> [[UInt8]] {
        var all: [[UInt8]] = []
        var entry = list
        while let text = entry.pointee {
            all.append(UnsafeRawBufferPointer(start: text, count: strlen(text)).map { $0 })
            entry += 1
        }
        return all
    }
}
