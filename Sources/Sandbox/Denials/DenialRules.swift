package import Wire

/// The sandbox's rules as a person reads them: what is refused, which setting says so, and what would allow it.
///
/// Enforcement is the helper's; this is the explanation of it, and works from the same policy.
package struct DenialRules: Sendable {
    /// Where the parts of the policy were set.
    package struct Origins: Sendable, Hashable {
        package var mode: Origin
        package var network: Origin
        package var deniedReads: Origin

        package init(
            mode: Origin = .builtIn, network: Origin = .builtIn, deniedReads: Origin = .builtIn
        ) {
            self.mode = mode
            self.network = network
            self.deniedReads = deniedReads
        }
    }

    /// The command line that grants are written for.
    package enum GrantStyle: Sendable, Hashable { case exec, sandbox }

    let policy: SandboxPolicy
    let origins: Origins
    let grants: GrantText
    let host: HostView
    /// Canonical, outermost first is not required. Empty in read-only mode.
    private let roots: [String]
    private let workspace: String

    package init(policy: SandboxPolicy, origins: Origins = .init(), style: GrantStyle = .exec, host: HostView) {
        self.policy = policy
        self.origins = origins
        self.host = host
        grants = GrantText(style: style, host: host, home: host.resolve(policy.home))
        workspace = host.resolve(policy.workspace)
        roots = ([policy.workspace] + policy.writableRoots).map(host.resolve)
    }

    private static let privateFolders = ["/tmp", "/run", "/dev"]
    private static let kernelFolders = ["/proc", "/sys"]

    private var modeRule: String { "sandbox_mode = \"\(policy.mode.rawValue)\"" }

    private func deny(_ rule: String, _ origin: Origin, _ reason: String, _ grant: String?) -> Verdict {
        Verdict(.deny, rule: rule, origin: origin, reason: reason, grant: grant)
    }

    /// Why a canonical path cannot be written, if so.
    func writeRefusal(_ path: String) -> Verdict? {
        guard policy.mode != .dangerFullAccess else { return nil }
        if Self.kernelFolders.contains(where: { Paths.isUnder(path, $0) }) {
            return deny(
                "sandbox: /proc and /sys", .builtIn, "the kernel's settings are read-only inside", grants.fullAccess)
        }
        let root = roots.filter { Paths.isUnder(path, $0) }.max { $0.utf8.count < $1.utf8.count }
        if root == nil, Self.privateFolders.contains(where: { Paths.isUnder(path, $0) }) { return nil }
        if policy.mode == .readOnly {
            return deny(
                modeRule, origins.mode, "the session is read-only",
                grants.writing(path, outside: root == nil, from: .readOnly))
        }
        let names = (root.map { String(path.dropFirst($0.count)) } ?? path).split(separator: "/").map(String.init)
        if let part = GitFile.guarded(names) {
            // git branch -m and the like change the reference first and then the section about it.
            let rest = part == ".git/config" ? "; what git did before that, such as renaming a branch, is done" : ""
            return deny(
                "protected: \(part)", .builtIn, "git would run programs from it outside the sandbox\(rest)",
                grants.protected(path))
        }
        guard let root else {
            return deny(
                modeRule, origins.mode, "it is outside the workspace and every other writable folder",
                grants.writing(path, outside: true, from: policy.mode))
        }
        if let file = AutoRunFile.matching(names), file.isProtected {
            return deny(
                "protected: \(file.path)", .builtIn, "\(file.runner) would run it outside the sandbox",
                grants.protected(path))
        }
        if let kept = policy.readOnlyPaths.first(where: { Paths.isUnder(path, absolute($0, in: root)) }) {
            return deny("read-only path \(kept)", origins.deniedReads, "this path is kept as it is", nil)
        }
        return nil
    }

    /// What the user can make writable so that a canonical path can be written, if that is all that is missing.
    func grantableRoot(_ path: String) -> String? {
        // In a staged session only the stage is writable: what lies elsewhere would change before anybody applies it.
        guard policy.mode == .workspaceWrite, policy.stage == nil, !roots.contains(where: { Paths.isUnder(path, $0) }),
            !isRefusedOutside(path), !host.isReadOnly(path)
        else { return nil }
        return grants.sessionRoot(for: path)
    }

    /// Why most paths cannot be written, for a write at nobody knows which.
    var anyWriteRefusal: Verdict {
        deny(
            modeRule, origins.mode,
            isReadOnly ? "the session is read-only" : "only the workspace and other writable folders can be written",
            nil)
    }

    /// Why a canonical path cannot be seen, if so. Only what is there outside can be hidden inside.
    func readRefusal(_ path: String) -> Verdict? {
        guard policy.mode != .dangerFullAccess, host.exists(path) else { return nil }
        let chosen = roots.filter { Paths.isUnder(path, $0) }.max { $0.utf8.count < $1.utf8.count }
        let mask = host.secrets(policy).first { mask in
            Paths.isUnder(path, mask) && !(chosen.map { $0 != mask && Paths.isUnder($0, mask) } ?? false)
        }
        if let mask {
            let isConfigured = policy.maskedPaths.contains {
                Paths.expand($0, home: policy.home).map(host.resolve).contains(mask)
            }
            return deny(
                isConfigured ? "filesystem.deny_read" : "secrets: \(mask)",
                isConfigured ? origins.deniedReads : .builtIn,
                "\(mask == path ? "it" : mask) is hidden from commands, since it may hold secrets",
                grants.reading(mask))
        }
        guard chosen == nil, let folder = Self.privateFolders.first(where: { path != $0 && Paths.isUnder(path, $0) })
        else { return nil }
        return deny(
            "sandbox: private \(folder)", .builtIn, "commands have a \(folder) of their own, and this is the machine's",
            folder == "/tmp" ? grants.writing(path, outside: true, from: policy.mode) : grants.fullAccess)
    }

    /// Why nothing but loopback can be reached, if so.
    func networkRefusal() -> Verdict? {
        guard policy.mode != .dangerFullAccess, policy.network != .on else { return nil }
        return deny(
            "network.mode = \"\(policy.network.rawValue)\"", origins.network, "commands have no network", "--network on"
        )
    }

    func socketRefusal(_ socket: String) -> Verdict? {
        guard policy.mode != .dangerFullAccess else { return nil }
        let isAbstract = socket.hasPrefix("@")
        return deny(
            "sandbox: unix sockets", .builtIn,
            isAbstract
                ? "it is a socket of the machine's, not of this command"
                : "only sockets in writable folders can be reached, since whoever listens is outside the sandbox",
            isAbstract || Self.privateFolders.contains { Paths.isUnder(socket, $0) && $0 != "/tmp" }
                ? grants.fullAccess : grants.writing(socket, outside: true, from: policy.mode))
    }

    /// For a command that wanted to sign: keys and the agents that hold them are out of every command's reach.
    var signingRefusal: EffectDenial {
        EffectDenial(
            .read, .path("your signing key"), certainty: .confirmed,
            verdict: deny(
                "secrets: signing keys", .builtIn,
                "commands do not reach signing keys: commit with git -c commit.gpgSign=false, and the user signs it afterwards",
                "lockgate sign"))
    }

    func callRefusal(_ call: String) -> Verdict? {
        guard policy.mode != .dangerFullAccess else { return nil }
        return deny(
            "sandbox: system calls", .builtIn, "no command may make this kernel call or gain privileges",
            grants.fullAccess)
    }

    /// Whether the host itself refuses a write too, so that no grant would help.
    func isRefusedOutside(_ path: String) -> Bool { !host.mayWrite(path) || host.isReadOnly(path) }

    var isReadOnly: Bool { policy.mode == .readOnly }

    func absolute(_ path: String, in folder: String) -> String {
        if path == "~" || path.hasPrefix("~/") {
            return Paths.normalized(Paths.join(policy.home, String(path.dropFirst(2))))
        }
        return path.hasPrefix("/") ? Paths.normalized(path) : Paths.normalized(Paths.join(folder, path))
    }
}
