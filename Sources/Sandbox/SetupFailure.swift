import Glibc
package import Wire

/// Where the helper failed; the numbers of `enum step` in report.h.
package enum SetupStep: UInt32, Sendable, Hashable, CaseIterable {
    case policy = 1, placeholder, namespaces, identity, propagation, writableRoot, readOnlyRoot, privateFolders,
        devices,
        proc, place, protect, mask, loopback, limits, landlock, capabilities, seccomp, terminal, session,
        workingDirectory, execute, stage

    /// What was being done, for a sentence "could not ...".
    var task: String {
        switch self {
        case .policy: "read the policy"
        case .placeholder: "reserve a protected name"
        case .namespaces: "create user, mount, process and network namespaces"
        case .identity: "map the user into the namespace"
        case .propagation: "separate the mounts from the machine's"
        case .writableRoot: "prepare a writable folder"
        case .readOnlyRoot: "make the root file system read-only"
        case .privateFolders: "make private temporary folders"
        case .devices: "make a private /dev"
        case .proc: "mount /proc"
        case .place: "mount a writable folder"
        case .protect: "protect a path"
        case .mask: "hide a path"
        case .loopback: "bring up loopback"
        case .limits: "set resource limits"
        case .landlock: "apply Landlock rules"
        case .capabilities: "drop capabilities"
        case .seccomp: "install the system call filter"
        case .terminal: "open a terminal"
        case .session: "start a session"
        case .workingDirectory: "change to the working folder"
        case .execute: "run the program"
        case .stage: "put a writable layer over the workspace"
        }
    }
}

/// The helper's report that nothing was run.
package struct SetupFailure: Hashable, Sendable {
    package var step: SetupStep
    package var error: Int32
    package var detail: String

    /// The error a person sees. Only a missing program or folder is the command's fault; the rest is the machine's.
    package var asError: LockgateError {
        let reason = String(cString: strerror(error))
        switch step {
        case .execute:
            return LockgateError(
                "sandbox.command_not_run", "\(detail): \(reason)", remedy: "Check the program's name and PATH.",
                exitCode: error == ENOENT ? 127 : 126)
        case .workingDirectory:
            return LockgateError(
                "sandbox.working_directory", "Working folder \(detail): \(reason)",
                remedy: "Give a folder that exists inside the sandbox (its /tmp is private).")
        case .stage:
            return LockgateError(
                "sandbox.stage_refused", "The sandbox could not \(step.task) (\(detail)): \(reason).", remedy: remedy)
        case _ where isRace:
            return LockgateError(
                "sandbox.changed_meanwhile", "\(detail) changed while the sandbox was being set up.",
                remedy: "Run the command again.")
        default:
            let what = detail.isEmpty ? "" : " (\(detail))"
            return LockgateError(
                "sandbox.unavailable", "The sandbox could not \(step.task)\(what): \(reason). The command was not run.",
                remedy: remedy)
        }
    }

    /// The tree no longer is what the session's view was built for: a new plan is needed.
    var isStale: Bool { error == ESTALE }

    /// What was planned is gone or became a symbolic link before it was mounted.
    private var isRace: Bool {
        isStale || [.protect, .writableRoot, .place].contains(step) && [ENOENT, ELOOP, ENOTDIR].contains(error)
    }

    private var remedy: String {
        switch (step, error) {
        case (.namespaces, EPERM), (.namespaces, EACCES), (.identity, EPERM), (.identity, EACCES),
            (.propagation, EPERM), (.propagation, EACCES):
            "Unprivileged user namespaces are switched off. Allow them (sysctl kernel.unprivileged_userns_clone=1, or on Ubuntu an AppArmor profile for the helper); `lockgate doctor` shows what is missing."
        case (.namespaces, ENOSPC), (.namespaces, EUSERS):
            "The limit of namespaces is reached or zero. Raise user.max_user_namespaces and its siblings with sysctl."
        case (.proc, EPERM), (.proc, EACCES):
            "This container hides parts of /proc, which forbids a new one inside. Start it with unmasked paths (Docker: --security-opt systempaths=unconfined)."
        case (.stage, _):
            "This file system takes no overlay here; `staged.method = \"copy\"` works on a copy instead."
        case (.policy, _):
            "The helper and the program are of different versions or the policy is malformed. Install both from one release."
        default:
            "See `lockgate doctor` for what this machine supports. Only danger-full-access runs commands without the sandbox."
        }
    }
}
