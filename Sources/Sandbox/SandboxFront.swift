import CLinux
import Glibc
package import Wire

/// `lockgate sandbox -- CMD` without this process staying for it.
///
/// Once the policy is compiled nothing is left to do here but to wait. So this process becomes the helper, which does that
/// with a fifth of the memory and without a runtime to start: Sources/lockgate-sandbox/front.h. What is not plain (a
/// terminal, a fence, danger-full-access) is for `SandboxRun`.
package struct SandboxFront {
    /// How this program is named when the helper runs it again because nothing could be run: it has to stay then.
    /// The same as in front.h.
    package static let nameWhenRunAgain = "lockgate-again"

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

    /// Becomes the helper with this command. Returns, or throws, only where that could not be: nothing has run then.
    ///
    /// - Parameter tools: variables for the command that lead its tools to the project's caches.
    package func run(
        _ arguments: [String], workingDirectory: String, tools: [String: String]
    ) throws(LockgateError) {
        guard let program = Paths.linkTarget("/proc/self/exe") else { return }
        let helper = try HelperLocation.find()
        var variables = CommandEnvironment(inherited: environment, policy: .init(inherit: .all), tools: tools)
            .variables(mode: policy.mode, network: policy.network, hasTerminal: isatty(1) == 1)
        variables["PWD"] = workingDirectory
        let plan = try PlanCompiler.compile(policy, environment: environment)
        let files = [
            try Self.file(PolicyMessage.policy(policy, plan: plan, isOneShot: true, isFront: true)),
            try Self.file(
                PolicyMessage.command(
                    SandboxCommand(
                        arguments: arguments, workingDirectory: workingDirectory, environment: variables, io: .inherit))
            ),
            try Self.file(Self.runAgain(program)),
        ]
        _ = clinux_become(helper, files, files.count)
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
