import Glibc
package import Wire

/// Where `lockgate-sandbox` is. A helper that another user could replace is never run.
package enum HelperLocation {
    package static let name = "lockgate-sandbox"
    /// Names a helper; for tests.
    package static let variable = "LOCKGATE_SANDBOX_HELPER"

    /// The helper beside the running program, or the one that the variable names.
    package static func find() throws(LockgateError) -> String {
        var candidates: [String] = []
        if let own = Paths.linkTarget("/proc/self/exe") { candidates.append(Paths.join(Paths.parent(own), name)) }
        if let named = getenv(variable) { candidates.insert(String(cString: named), at: 0) }
        for candidate in candidates where access(candidate, X_OK) == 0 {
            try check(candidate)
            return candidate
        }
        throw LockgateError(
            "sandbox.helper_missing",
            "The sandbox helper \(name) is not beside the program (looked for \(candidates.joined(separator: ", "))).",
            remedy: "Install both files of the release into one folder, or build with `swift build`.")
    }

    /// Refuses a helper that someone else than its owner, root or this user could change.
    private static func check(_ path: String) throws(LockgateError) {
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw LockgateError(
                "sandbox.helper_missing", "The sandbox helper \(path) cannot be read.", remedy: "Install it again.")
        }
        guard info.st_mode & (S_IWOTH | S_IWGRP) == 0 || (info.st_mode & S_IWOTH == 0 && info.st_gid == getgid()),
            info.st_uid == 0 || info.st_uid == getuid()
        else {
            throw LockgateError(
                "sandbox.helper_unsafe", "The sandbox helper \(path) can be replaced by another user.",
                remedy: "chown it to yourself or root and `chmod go-w` it.")
        }
    }
}
