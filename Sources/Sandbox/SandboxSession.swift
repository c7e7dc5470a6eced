import CLinux
import Glibc
import Synchronization
package import Wire

/// Runs commands under one policy, in one view of the file system, one network and one set of private folders.
///
/// The helper is started with the first command. What a command leaves in /tmp, and a server that still runs, is there
/// for the next. When the helper is killed, its commands end; the next command gets a new one.
package final class SandboxSession: Sendable {
    package let policy: SandboxPolicy
    /// There will be one command only, so that nothing is made ready for a second.
    private let isOneShot: Bool
    private let helper: String
    private let environment: [String: String]
    private let gate = StartGate()
    private let state = Mutex(State())

    private struct State {
        var zygote: Zygote?
        var plan: SessionPlan?
        /// Writable besides those of the policy.
        var granted: [String] = []
        /// Of that helper's view; asked for with the first file tool.
        var view: SessionView?
        var incidents: [SandboxIncident] = []
    }

    /// `environment` is the agent's own, read for the places of secrets. Fails when the helper is missing or unsafe.
    package init(
        policy: SandboxPolicy, helper: String? = nil, environment: [String: String], isOneShot: Bool = false
    ) throws(LockgateError) {
        self.policy = policy
        self.environment = environment
        self.isOneShot = isOneShot
        if let helper { self.helper = helper } else { self.helper = try HelperLocation.find() }
    }

    /// What happened to the session's helper, oldest first.
    package var incidents: [SandboxIncident] { state.withLock { $0.incidents } }

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
        await gate.enter()
        defer { gate.leave() }
        let process = try await send(command, isProbe: isProbe, isForced: false)
        do {
            try await process.begin()
            return process
        } catch {
            // Refused before anything ran, because the tree has changed under the view: once more, with a new plan.
            guard process.setupFailure?.isStale == true else { throw error }
        }
        let again = try await send(command, isProbe: isProbe, isForced: true)
        try await again.begin()
        return again
    }

    /// Lets the helper end as soon as no command needs it any more. A later command starts another.
    package func end() { state.withLock { $0 = State(granted: $0.granted, incidents: $0.incidents) } }

    /// Makes these files and folders writable for the commands that start from now on, and no others but the policy's.
    ///
    /// That takes another view: private folders are empty in it, and servers of the one before are not reached. What is
    /// no longer there, or became a symbolic link, is left out. A staged session has none: its stage alone is writable.
    package func allowWriting(_ roots: [String]) { state.withLock { $0.granted = roots } }

    /// Whether there is anything outside the namespaces that has to be taken away: placeholders, a fence's folder. The
    /// end of a command is told when nothing of it runs any more; what the kernel then has to free needs no waiting for.
    var leavesSomething: Bool {
        state.withLock { state in
            guard let plan = state.plan, policy.mode != .dangerFullAccess, policy.level.hasNamespaces else {
                return true
            }
            return !plan.base.placeholders.isEmpty || plan.keeper != nil
        }
    }

    /// As `end`, and waits until nothing is left behind, unless a command still runs.
    package func shutDown() async {
        let (helper, plan) = state.withLock { ($0.zygote?.helper, $0.plan) }
        weak let zygote = state.withLock { $0.zygote }
        end()
        if zygote == nil { await helper?.waitForEnd() }
        // A helper that was killed could not take its placeholders away: another one adopts them, and can.
        if helper?.wasKilled == true, let base = plan?.base, !base.placeholders.isEmpty {
            let adopted = try? ReservedNames(base, helper: self.helper).helper
            await adopted?.waitForEnd()
        }
        await plan?.keeper?.letGo()
    }

    /// The root of the view that commands have, for file tools that shall see and change what commands do. Blocks for the
    /// milliseconds that a helper takes to start.
    ///
    /// - Throws: `sandbox.*` when there is no view; what is asked for must not be looked for anywhere else then.
    package func view() throws(LockgateError) -> SessionView {
        let known = state.withLock { state -> SessionView? in
            if let zygote = state.zygote, zygote.helper.isOver {
                state = State(incidents: state.incidents + [.helperLost])
            }
            return state.view
        }
        if let known { return known }
        let probe = SandboxCommand(arguments: ["view"], workingDirectory: "/", environment: [:])
        let (zygote, message, _) = try prepare(probe, isProbe: true, isForced: false)
        let view = try SessionView(of: zygote, request: message)
        state.withLock { if $0.zygote === zygote { $0.view = view } }
        return view
    }

    private func send(
        _ command: SandboxCommand, isProbe: Bool, isForced: Bool
    ) async throws(LockgateError) -> SandboxedProcess {
        if let zygote = state.withLock({ $0.zygote }), await !zygote.isServing() { discard(zygote) }
        var descriptors = try CommandDescriptors(command.io)
        for _ in 0..<2 {
            let (zygote, message, watching) = try prepare(command, isProbe: isProbe, isForced: isForced)
            if try zygote.send(message, channel: descriptors.farChannel, standard: descriptors.standard) {
                state.withLock { if $0.zygote === zygote { $0.plan?.wasSent(in: watching) } }
                return descriptors.makeProcess(in: zygote, hasTerminal: descriptors.standard.isEmpty)
            }
            discard(zygote)
        }
        throw SetupFailure(step: .session, error: ECHILD, detail: "the helper ended without a report").asError
    }

    /// Forgets a helper that is gone.
    private func discard(_ zygote: Zygote) {
        state.withLock { state in
            guard state.zygote === zygote else { return }
            state = State(granted: state.granted, incidents: state.incidents + [.helperLost])
        }
    }

    /// The helper that shall run the command, started if need be, and what it is to be told.
    private func prepare(
        _ command: SandboxCommand, isProbe: Bool, isForced: Bool
    ) throws(LockgateError) -> (Zygote, [UInt8], watching: Int) {
        try state.withLock { state throws(LockgateError) in
            var policy = policy
            if policy.stage == nil { policy.writableRoots += state.granted.filter { Paths.canonical($0) == $0 } }
            if let zygote = state.zygote, state.plan?.policy == policy,
                try state.plan?.update(isForced: isForced, helper: helper) == true
            {
                let message = try PolicyMessage.command(
                    state.plan?.completed(command) ?? command, isProbe: isProbe,
                    isUnchanged: !isForced && state.plan?.isSettled == true, plan: state.plan?.current,
                    base: state.plan?.base)
                return (zygote, message, state.plan?.watching ?? 0)
            }
            if state.zygote != nil, policy.level != .fence { state.incidents.append(.viewRebuilt) }
            state.view = nil
            let plan = try SessionPlan(policy, environment: environment, temporary: state.plan?.temporary)
            let message = try PolicyMessage.command(
                plan.completed(command), isProbe: isProbe)
            let zygote = try Zygote(
                helper: helper,
                policy: PolicyMessage.policy(policy, plan: plan.base, isOneShot: isOneShot),
                temporary: plan.temporary)
            state.plan = plan
            state.zygote = zygote
            return (zygote, message, 0)
        }
    }
}

/// Something that took a session's private folders and servers away.
package enum SandboxIncident: String, Sendable, Hashable {
    /// The helper ended although nobody let it go; its commands ended with it.
    case helperLost = "helper_lost"
    /// Other folders have become writable, which takes another view. Commands that ran keep the old one.
    case viewRebuilt = "view_rebuilt"
}
