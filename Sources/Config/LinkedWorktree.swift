import Basics
import Glibc

/// Linked worktrees (`git worktree add`), which share the decision about their repository.
enum LinkedWorktree {
    /// The root of the repository's main worktree, or nil when the folder is no linked worktree of one.
    ///
    /// A `.git` file may name any folder, and whoever made the file could make that folder, too. It is believed only if
    /// the folder lies in the named repository's own `worktrees` and names this `.git` file in return: writing there
    /// takes write access to that repository, see gitrepository-layout(5).
    static func mainRoot(of root: String) -> String? {
        let dotGit = PathText.absolute(".git", from: root)
        guard let line = firstLine(dotGit), line.hasPrefix("gitdir:") else { return nil }
        let named = line.dropFirst("gitdir:".count).drop { $0 == " " }
        guard let folder = PosixFile.canonical(PathText.absolute(String(named), from: root)),
            let common = firstLine("\(folder)/commondir").flatMap({
                PosixFile.canonical(PathText.absolute($0, from: folder))
            }),
            PathText.parent(folder) == "\(common)/worktrees", PathText.name(common) == ".git",
            let back = firstLine("\(folder)/gitdir").flatMap({
                PosixFile.canonical(PathText.absolute($0, from: folder))
            }),
            back == PosixFile.canonical(dotGit)
        else { return nil }
        return PathText.parent(common)
    }

    /// A small regular file's first line; nil for anything else.
    private static func firstLine(_ path: String) -> String? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
            let bytes = try? PosixFile.read(path, limit: 16_384)
        else { return nil }
        return String(validating: bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
    }
}
