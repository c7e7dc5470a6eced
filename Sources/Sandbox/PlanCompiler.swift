import Glibc
import Wire

/// Turns a policy into the mounts that enforce it on this machine as it is now.
struct PlanCompiler {
    /// Folders that the sandbox replaces by empty ones of its own.
    private static let privateFolders = ["/tmp", "/run", "/dev"]
    /// Never writable as a whole: the view itself would be.
    private static let unwritable = ["/", "/proc", "/sys", "/dev", "/run", "/etc", "/usr", "/boot"]

    /// `witness` is told beforehand of every name that the plan depends on.
    static func compile(
        _ policy: SandboxPolicy, environment: [String: String], witness: PlanWitness? = nil
    ) throws(LockgateError) -> MountPlan {
        for path in [policy.workspace, policy.home] + policy.writableRoots where path.hasPrefix("/") {
            witness?.asked(path)
        }
        guard let workspace = Paths.canonical(policy.workspace) else {
            throw LockgateError(
                "sandbox.workspace_missing", "The workspace \(policy.workspace) does not exist or cannot be reached.",
                remedy: "Give an existing folder with -C.")
        }
        var plan = MountPlan()
        if policy.mode == .workspaceWrite {
            let root = try writableRoot(workspace, home: policy.home)
            if let stage = policy.stage { plan.addStaged(root, stage) } else { plan.addWritable(root) }
            for root in policy.writableRoots { plan.addWritable(try writableRoot(root, home: policy.home)) }
        }
        addVisible(workspace, policy: policy, to: &plan)
        for device in policy.devices where Paths.isUnder(device, "/dev") {
            witness?.asked(device)
            if DeviceFamily.isDevice(device), Paths.canonical(device) == device { plan.add(.device, device) }
        }
        addSystemLinks(network: policy.network, to: &plan)
        if policy.mode == .workspaceWrite {
            protectAutoRunFiles(&plan, witness)
            plan = GitGuard.guarding(
                plan, workspace: workspace, home: policy.home, isStaged: policy.stage != nil, witness: witness)
        }
        for pattern in policy.readOnlyPaths { protect(pattern, policy: policy, plan: &plan, witness) }
        for secret in secrets(policy, environment: environment, witness) {
            hide(secret, keeping: [workspace], plan: &plan, witness)
        }
        if policy.stage != nil { plan.settle(stage: workspace) }
        plan.sort()
        return plan
    }

    private static func writableRoot(_ path: String, home: String) throws(LockgateError) -> String {
        let expanded = path.hasPrefix("~/") ? Paths.join(home, String(path.dropFirst(2))) : path
        guard let real = Paths.canonical(expanded) else {
            throw LockgateError(
                "sandbox.writable_root_missing", "The writable folder \(path) does not exist or cannot be reached.",
                remedy: "Create it, or take it out of writable_roots.")
        }
        guard !unwritable.contains(real), !Paths.isUnder(real, "/proc"), !Paths.isUnder(real, "/sys") else {
            throw LockgateError(
                "sandbox.writable_root_refused", "\(real) cannot be made writable: it is part of the system itself.",
                remedy: "Name a folder below it, or use danger-full-access if that is what you mean.")
        }
        return real
    }

    /// What a private folder would hide although commands need it: the workspace in read-only mode, the home folder.
    private static func addVisible(_ workspace: String, policy: SandboxPolicy, to plan: inout MountPlan) {
        for path in [workspace, Paths.canonical(policy.home)] {
            guard let path, !plan.isWritable(path), !privateFolders.contains(path) else { continue }
            if privateFolders.contains(where: { Paths.isUnder(path, $0) }) { plan.add(.visible, path) }
        }
    }

    /// Parts of /run that programs are found through: NixOS and Guix; the resolver's answer file when there is a network.
    private static func addSystemLinks(network: NetworkMode, to plan: inout MountPlan) {
        for link in ["/run/current-system", "/run/booted-system", "/run/opengl-driver"] {
            if let target = Paths.linkTarget(link) { plan.add(.symbolicLink, link, target: target) }
        }
        if network == .on, let resolver = Paths.canonical("/etc/resolv.conf"), Paths.isUnder(resolver, "/run") {
            plan.add(.visible, resolver)
        }
    }

    private static func protectAutoRunFiles(_ plan: inout MountPlan, _ witness: PlanWitness?) {
        for root in plan.writableRoots where Paths.kind(root) == .folder {
            for name in AutoRunFiles.protected {
                let path = Paths.join(root, name)
                witness?.asked(path)
                if AutoRunFiles.reserved.contains(name) {
                    plan.reserve(path, below: root, content: nil)
                } else {
                    plan.protect(path, below: root)
                }
            }
        }
    }

    private static func protect(
        _ pattern: String, policy: SandboxPolicy, plan: inout MountPlan, _ witness: PlanWitness?
    ) {
        ask(pattern, home: policy.home, witness)
        let matches = Paths.expand(pattern, home: policy.home)
        let paths = matches.isEmpty ? [pattern] : matches
        for path in paths {
            let absolute = path.hasPrefix("/") ? path : Paths.join(Paths.canonical(policy.workspace) ?? "/", path)
            witness?.asked(absolute)
            let real = Paths.canonicalAllowingMissing(absolute)
            witness?.asked(real)
            guard let anchor = plan.anchor(of: real) else { continue }
            plan.reserve(real, below: anchor, content: pattern.hasSuffix("/") ? nil : "")
        }
    }

    private static func ask(_ pattern: String, home: String, _ witness: PlanWitness?) {
        guard let witness else { return }
        if Paths.isPattern(pattern) { return witness.cannotKnow() }
        let path = pattern.hasPrefix("~/") ? Paths.join(home, String(pattern.dropFirst(2))) : pattern
        if path.hasPrefix("/") { witness.asked(path) } else if path != "~" { witness.cannotKnow() }
    }

    private static func secrets(
        _ policy: SandboxPolicy, environment: [String: String], _ witness: PlanWitness?
    ) -> [String] {
        for pattern in policy.unmaskedPaths + policy.maskedPaths { ask(pattern, home: policy.home, witness) }
        var hidden = SecretPaths.existing(home: policy.home, environment: environment, witness: witness)
        for pattern in policy.unmaskedPaths {
            hidden.subtract(Paths.expand(pattern, home: policy.home).compactMap(Paths.canonical))
        }
        for pattern in policy.maskedPaths {
            hidden.formUnion(Paths.expand(pattern, home: policy.home).compactMap(Paths.canonical))
        }
        return hidden.sorted()
    }

    /// Masks `path`; where it holds something that must stay visible, everything in it but the way there.
    private static func hide(
        _ path: String, keeping visible: [String], plan: inout MountPlan, _ witness: PlanWitness?
    ) {
        let kept = visible + plan.writableRoots
        if kept.contains(path) { return }
        guard kept.contains(where: { Paths.isUnder($0, path) }) else { return plan.add(.mask, path) }
        witness?.listedAll(path)
        for entry in Paths.names(in: path) {
            let child = Paths.join(path, entry.name)
            switch Paths.kind(child) {
            case .folder, .file: hide(child, keeping: visible, plan: &plan, witness)
            case .link, .other, nil: continue
            }
        }
    }
}
