import Wire

/// The plan for a fence: without mounts nothing can be hidden or locked, so what may be read and changed is named, and
/// all else is not.
enum FencePlan {
    /// Folders that hold other people's sockets, terminals, disks and temporary files.
    private static let withheld: Set<String> = ["/dev", "/run", "/tmp"]

    /// - Parameters:
    ///   - plan: what `PlanCompiler` made of the policy.
    ///   - temporary: the session's own temporary folder.
    static func make(_ plan: MountPlan, policy: SandboxPolicy, temporary: String) throws(LockgateError) -> MountPlan {
        var fence = MountPlan()
        for root in plan.writableRoots + [temporary] { fence.addWritable(root) }
        let hidden = Set(plan.mounts.filter { $0.kind == .mask }.map(\.path))
        // What may be changed may be read, all of it.
        if let secret = hidden.sorted().first(where: fence.isWritable) {
            throw LockgateError(
                "sandbox.secret_in_writable_root",
                "\(secret) shall be hidden, and lies in a folder that commands may change. The level fence cannot do both.",
                remedy: "Work in another folder, or make namespaces work: `lockgate doctor` says how.")
        }
        grant("/", without: hidden.union(withheld), in: &fence)
        for path in [policy.workspace, policy.home].compactMap(Paths.canonical)
        where withheld.contains(where: { Paths.isUnder(path, $0) }) && !withheld.contains(path) {
            if hidden.contains(where: { $0 != path && Paths.isUnder($0, path) }) {
                grant(path, without: hidden, in: &fence)
            } else {
                fence.add(.readable, path)
            }
        }
        return fence
    }

    /// Names everything in a folder but what is hidden. A link leads to what has its own name.
    private static func grant(_ folder: String, without hidden: Set<String>, in fence: inout MountPlan) {
        for entry in Paths.names(in: folder) {
            let path = Paths.join(folder, entry.name)
            guard !hidden.contains(path), let kind = Paths.kind(path), kind != .link else { continue }
            if kind == .folder, hidden.contains(where: { Paths.isUnder($0, path) }) {
                grant(path, without: hidden, in: &fence)
            } else {
                fence.add(.readable, path)
            }
        }
    }
}
