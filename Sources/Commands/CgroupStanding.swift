import Basics
import Glibc

/// Whether the machine gives this user a part of the cgroup tree (version 2), for `doctor`. Nothing depends on it: worktrees
/// and attempts have no limits of their own beside budgets and time.
struct CgroupStanding {
    /// The folder that would hold groups of our own; nil where there is none.
    let folder: String?
    let text: String

    /// - Parameters:
    ///   - membership: `/proc/self/cgroup`.
    ///   - root: where version 2 is mounted.
    init(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") {
        let lines = PosixFile.head(membership, limit: 65_536).map { String(decoding: $0, as: UTF8.self) } ?? ""
        // The line of version 2 is the one without a number and controllers (cgroups(7)).
        guard PosixFile.exists("\(root)/cgroup.controllers"),
            let own = lines.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })?.dropFirst(3)
        else {
            folder = nil
            text = "no cgroup version 2: worktrees and attempts share one limit of memory and processes"
            return
        }
        let path = own == "/" ? root : root + own
        guard access("\(path)/cgroup.procs", W_OK) == 0, access(path, W_OK) == 0 else {
            folder = nil
            text = "cgroup version 2 is not delegated to this user: worktrees and attempts share one limit"
            return
        }
        folder = path
        text = "cgroup version 2 is delegated (\(path)); worktrees and attempts do not use it"
    }
}
