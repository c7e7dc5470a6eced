/// How much of the file system a command may change. Names and meanings are Codex's.
package enum SandboxMode: String, Sendable, Hashable, CaseIterable {
    /// Nothing but a private temporary folder is writable.
    case readOnly = "read-only"
    /// The workspace and the configured roots are writable; git works; its hooks and configuration do not change.
    case workspaceWrite = "workspace-write"
    /// No file restriction. Still recorded, still without the provider's keys in the environment.
    case dangerFullAccess = "danger-full-access"
}

/// What a command may reach over the network, independent of files.
package enum NetworkMode: String, Sendable, Hashable, CaseIterable {
    case off, ask, allowlist, on
}
