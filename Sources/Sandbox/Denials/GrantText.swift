import Wire

/// Spells out the smallest change that would allow something, as a command line that works when it is pasted.
struct GrantText: Sendable {
    let style: DenialRules.GrantStyle
    let host: HostView
    /// Canonical.
    let home: String

    var fullAccess: String { "-s danger-full-access" }

    /// Folders that are never granted for one file in them, and that the sandbox refuses as a writable root.
    private static let tooLarge: Set<String> = [
        "/", "/proc", "/sys", "/dev", "/run", "/etc", "/usr", "/boot", "/tmp", "/home", "/root", "/var", "/opt",
    ]
    private static let refused: Set<String> = ["/", "/proc", "/sys", "/dev", "/run", "/etc", "/usr", "/boot"]

    func writing(_ path: String, outside: Bool, from mode: SandboxMode) -> String {
        let switched = mode == .readOnly ? ["-s workspace-write"] : []
        guard outside else { return switched.joined() }
        let target = root(for: path)
        guard !Self.refused.contains(target) else { return fullAccess }
        let quoted = ShellQuoting.quoted(target)
        let flag: String
        if style == .sandbox {
            flag = "--allow-write \(quoted)"
        } else if target != path || host.isFolder(target) {
            flag = "--add-dir \(quoted)"
        } else {
            // Of something that is not there, nobody knows whether it will be a file or a folder; roots may be either.
            flag = "-c " + ShellQuoting.quoted("sandbox_workspace_write.writable_roots=[\"\(target)\"]")
        }
        return create(target, isFolder: target != path) + (switched + [flag]).joined(separator: " ")
    }

    /// What can become writable for a path outside of the roots while a session runs; nil where nothing can.
    func sessionRoot(for path: String) -> String? {
        let target = root(for: path)
        let isSystem = Self.refused.contains(target) || ["/proc", "/sys"].contains { Paths.isUnder(target, $0) }
        return isSystem || !host.exists(target) || host.resolve(target) != target ? nil : target
    }

    /// The smallest thing to make writable: the file where its folder is too much to give for it, else the folder.
    private func root(for path: String) -> String {
        if host.isFolder(path) { return path }
        let parent = Paths.parent(path)
        return Self.tooLarge.contains(parent) || parent == home ? path : parent
    }

    /// What is to be made writable has to be there.
    private func create(_ target: String, isFolder: Bool) -> String {
        host.exists(target) ? "" : "\(isFolder ? "mkdir -p" : "create") \(ShellQuoting.quoted(target)), then "
    }

    func reading(_ path: String) -> String? {
        style == .exec ? "-c \(ShellQuoting.quoted("filesystem.allow_read=[\"\(path)\"]"))" : fullAccess
    }

    func protected(_ path: String) -> String { "change it yourself, or run with \(fullAccess)" }
}
