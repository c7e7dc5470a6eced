import Basics
package import Wire

/// Lines kept as git notes of a repository, on its current commit, so that they are pushed and fetched as refs are.
///
/// Blocks its thread, and git runs without anything that the repository's configuration names.
package struct RepositoryNotes {
    /// The ref for anchors of journals.
    package static let anchors = "refs/notes/lockgate-anchors"

    private let git: HostGit
    private let ref: String

    /// - Parameter search: the caller's PATH.
    /// - Throws: `git.missing`, `git.failed`.
    package init(in folder: String, ref: String = anchors, search: String) throws(LockgateError) {
        guard PosixFile.isDirectory(folder) else {
            throw LockgateError("git.failed", "\(folder) is not a directory")
        }
        git = try HostGit(in: folder, search: search)
        self.ref = ref
    }

    /// Adds a line to the note of the current commit.
    ///
    /// - Throws: `git.failed`, also where there is no commit yet.
    package func append(_ line: String) throws(LockgateError) {
        try git.run(["notes", "--ref=\(ref)", "append", "-F", "-", "HEAD"], input: Array((line + "\n").utf8))
    }

    /// All notes' lines, of whatever commit.
    ///
    /// - Throws: `git.failed`; a ref that is not there has no lines.
    package func lines() throws(LockgateError) -> [UInt8] {
        guard try git.line(["rev-parse", "--verify", "--quiet", ref]) != nil else { return [] }
        let list = try git.run(["notes", "--ref=\(ref)", "list"])
        var lines: [UInt8] = []
        for entry in list.split(separator: 0x0A) {
            let blob = String(decoding: entry.prefix { $0 != 0x20 }, as: UTF8.self)
            lines += try git.run(["cat-file", "blob", blob]) + [0x0A]
        }
        return lines
    }
}
