import CLinux
import Glibc
package import Wire

/// Runs commands under one policy.
package final class SandboxSession: Sendable {
    package let policy: SandboxPolicy
    private let helper: String
    private let environment: [String: String]

    /// `environment` is the agent's own, read for the places of secrets. Fails when the helper is missing or unsafe.
    package init(
        policy: SandboxPolicy, helper: String? = nil, environment: [String: String]
    ) throws(LockgateError) {
        self.policy = policy
        self.environment = environment
        if let helper { self.helper = helper } else { self.helper = try HelperLocation.find() }
    }

    /// Starts a command; returns when the program is loaded. If any layer of the sandbox cannot be set up the command
    /// is not run, and the error names the layer.
    package func start(_ command: SandboxCommand) async throws(LockgateError) -> SandboxedProcess {
        try await start(command, isProbe: false)
    }

    func start(_ command: SandboxCommand, isProbe: Bool) async throws(LockgateError) -> SandboxedProcess {
        guard !command.arguments.isEmpty, command.workingDirectory.hasPrefix("/") else {
            throw LockgateError(
                "sandbox.no_command", "There is no command to run, or its working folder is not absolute.")
        }
        var command = command
        command.environment["PWD"] = command.workingDirectory
        var plan = MountPlan()
        if policy.mode != .dangerFullAccess { plan = try PlanCompiler.compile(policy, environment: environment) }
        let message = try PolicyMessage.encode(policy: policy, plan: plan, command: command, isProbe: isProbe)
        let process = try spawn(message, command.io)
        try await process.begin()
        return process
    }

    private func spawn(_ message: [UInt8], _ io: CommandIO) throws(LockgateError) -> SandboxedProcess {
        var opened: [Int32] = []
        // Of what was opened, the child's ends; ours are taken out as the process takes them over.
        defer { for descriptor in opened { close(descriptor) } }
        func keep(_ descriptor: Int32, _ call: String) throws(LockgateError) -> Int32 {
            guard descriptor >= 0 else { throw Self.noResources(call, descriptor == -1 ? errno : -descriptor) }
            opened.append(descriptor)
            return descriptor
        }
        func makePipe() throws(LockgateError) -> (read: Int32, write: Int32) {
            var ends: [Int32] = [-1, -1]
            let made = clinux_pipe(&ends)
            guard made == 0 else { throw Self.noResources("pipe", -made) }
            opened += ends
            return (ends[0], ends[1])
        }
        let policyFile = try keep(
            message.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }, "memfd_create")
        var standard: (Int32, Int32, Int32)
        var output: Int32?
        var input: Int32?
        switch io {
        case .descriptors(let first, let second, let third):
            standard = (first, second, third)
        case .merged(let hasInput):
            let out = try makePipe()
            output = out.read
            standard = (-1, out.write, out.write)
            if hasInput {
                let ends = try makePipe()
                input = ends.write
                standard.0 = ends.read
            } else {
                standard.0 = try keep(open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null")
            }
        case .terminal:
            let null = try keep(open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null")
            standard = (null, null, null)
        }
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw Self.noResources("socketpair", -paired) }
        opened += pair
        var process: pid_t = 0
        let started = clinux_spawn(helper, [standard.0, standard.1, standard.2, policyFile, pair[1]], 5, &process)
        guard started == 0 else {
            throw LockgateError(
                "sandbox.helper_failed",
                "The sandbox helper \(helper) could not be started: \(String(cString: strerror(-started))).",
                remedy: "Install it again; `lockgate doctor` checks it.")
        }
        opened.removeAll { $0 == pair[0] || $0 == output || $0 == input }
        var hasTerminal = false
        if case .terminal = io { hasTerminal = true }
        return SandboxedProcess(
            status: pair[0], helper: process, output: output, input: input, hasTerminal: hasTerminal)
    }

    private static func noResources(_ call: String, _ error: Int32) -> LockgateError {
        LockgateError(
            "sandbox.no_resources", "\(call): \(String(cString: strerror(error)))",
            remedy: "Close other programs or raise `ulimit -n`.")
    }
}
