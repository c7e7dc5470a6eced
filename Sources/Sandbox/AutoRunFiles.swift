import Wire

/// `AutoRunFile` as the plan of mounts needs it. What exists is read-only to commands; what appears is reported
/// (`sensitive_changes`).
package enum AutoRunFiles {
    /// Read-only where they exist, relative to the workspace.
    static let protected = AutoRunFile.all.filter(\.isProtected).map(\.path)

    /// The agent's own configuration: where it is missing it cannot be created either (CVE-2026-25725 is this gap).
    static let reserved = [".lockgate", ".agents", ".agent"]
}
