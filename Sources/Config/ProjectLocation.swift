import Basics
import Glibc
package import Wire

/// Where the working directory lies within a project.
package struct ProjectLocation: Sendable, Hashable {
    /// The nearest folder, from the working directory up, that holds a root marker; the working directory if none does.
    /// Without symbolic links.
    package let root: String
    /// Without symbolic links.
    package let workingDirectory: String
    /// Whether a marker was found.
    package let hasMarker: Bool
    /// For a linked git worktree the root of the repository's main worktree, whose trust it shares; else nil.
    package let mainRoot: String?

    /// From the root down to the working directory, both included.
    package var directories: [String] {
        var all = [workingDirectory]
        while let last = all.last, last != root { all.append(PathText.parent(last)) }
        return all.reversed()
    }

    /// Finds the project of a directory.
    ///
    /// - Throws: `config.no_directory` when the directory does not exist or cannot be entered.
    package static func find(
        from directory: String, markers: [String]
    ) throws(LockgateError) -> ProjectLocation {
        guard let start = PosixFile.canonical(directory) else {
            throw LockgateError(
                "config.no_directory", "cannot enter \(directory.printable): \(String(cString: strerror(errno)))",
                remedy: "name an existing directory")
        }
        var at = start
        while true {
            for marker in markers {
                // A file or folder: linked worktrees have a `.git` file. The marker itself may be a broken link.
                var status = stat()
                if lstat(at == "/" ? "/\(marker)" : "\(at)/\(marker)", &status) == 0 {
                    return ProjectLocation(
                        root: at, workingDirectory: start, hasMarker: true, mainRoot: LinkedWorktree.mainRoot(of: at))
                }
            }
            guard at != "/" else {
                return ProjectLocation(root: start, workingDirectory: start, hasMarker: false, mainRoot: nil)
            }
            at = PathText.parent(at)
        }
    }
}
