/// How much of the sandbox a machine grants, best first. Chosen once by `SandboxLadder`, recorded, and never lowered
/// afterwards: what cannot be set up at its level is refused.
package enum SandboxLevel: String, Sendable, Hashable, CaseIterable {
    /// Every layer.
    case full
    /// Namespaces and mounts hold alone; the kernel has no usable Landlock.
    case noLandlock = "no_landlock"
    /// A fresh /proc is refused, as in most containers. Commands see the one that is there, read-only, and Landlock keeps
    /// signals inside.
    case outerProc = "outer_proc"
    /// No namespaces. Landlock and seccomp alone: no network, no connections to local sockets, protected names inside
    /// writable folders are watched instead of locked.
    case fence
    /// The user says that a container around the agent is the sandbox: no layer but the environment's.
    case outerSandbox = "outer_sandbox"
    /// danger-full-access.
    case unconfined

    /// Whether the layers are those of a mount namespace.
    package var hasNamespaces: Bool {
        switch self {
        case .full, .noLandlock, .outerProc: true
        case .fence, .outerSandbox, .unconfined: false
        }
    }

    /// What a person is told at the start of each session; nil where nothing is missing.
    package var warning: String? {
        switch self {
        case .full, .unconfined: nil
        case .noLandlock: "sandbox level no_landlock: this kernel has no Landlock; mounts and namespaces hold alone"
        case .outerProc:
            "sandbox level outer_proc: commands see the process list of the container around the agent, read-only"
        case .fence:
            "sandbox level fence: no namespaces here; commands have no network and no sockets, and git hooks and other protected names are watched, not locked"
        case .outerSandbox:
            "sandbox level outer_sandbox: NO SANDBOX OF OUR OWN. outer_sandbox = \"container\" says that the container around the agent is enough"
        }
    }
}
