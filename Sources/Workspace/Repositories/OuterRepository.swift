import Basics
import Glibc

/// The repository of a workspace that holds its git folder elsewhere: a linked worktree, or a folder within a larger
/// working tree. Commands may write there, since commits need it, so checkpoints cover it as well.
///
/// Other working trees share it. What is theirs is told from the workspace's own by `own`.
struct OuterRepository: Hashable {
    /// The folder with objects and refs, canonical.
    let common: String
    /// Where HEAD and the index of the workspace's working tree are, relative to `common`; empty for `common` itself.
    let own: String

    /// Looks for it from the workspace upwards; nil for none, and for one that lies within the workspace.
    ///
    /// A `.git` file may name any folder, so it is believed only when that folder names it in return.
    static func of(_ workspace: String) -> OuterRepository? {
        var folder = workspace
        while folder != "/" {
            let candidate = "\(folder)/.git"
            var status = stat()
            if lstat(candidate, &status) == 0 {
                switch status.st_mode & S_IFMT {
                case S_IFDIR where folder != workspace && isRepository(candidate):
                    return OuterRepository(common: candidate, own: "").outside(workspace)
                case S_IFREG: return linked(candidate)?.outside(workspace)
                default: return nil
                }
            }
            folder = PathText.parent(folder)
        }
        return nil
    }

    private func outside(_ workspace: String) -> OuterRepository? {
        PathText.isWithin(common, workspace) || PathText.isWithin(workspace, common) ? nil : self
    }

    private static func linked(_ file: String) -> OuterRepository? {
        guard let line = firstLine(of: file), line.hasPrefix("gitdir: "),
            let folder = PosixFile.canonical(
                PathText.absolute(String(line.dropFirst("gitdir: ".utf8.count)), from: PathText.parent(file))),
            let back = firstLine(of: folder + "/gitdir"), PathText.absolute(back, from: folder) == file,
            let shared = firstLine(of: folder + "/commondir"),
            let common = PosixFile.canonical(PathText.absolute(shared, from: folder)), isRepository(common),
            PathText.parent(folder) == common + "/worktrees"
        else { return nil }
        return OuterRepository(common: common, own: PathText.relative(folder, to: common))
    }

    private static func isRepository(_ folder: String) -> Bool {
        PosixFile.exists(folder + "/HEAD") && PosixFile.isDirectory(folder + "/objects")
            && PosixFile.isDirectory(folder + "/refs")
    }

    private static func firstLine(of file: String) -> String? {
        guard let bytes = PosixFile.head(file, limit: 8192) else { return nil }
        let line = bytes.prefix { $0 != 0x0A }
        return line.isEmpty ? nil : String(validating: line, as: UTF8.self)
    }

    // MARK: On disk

    var json: JSONValue { ["common": .string(common), "own": .string(own)] }

    init?(json: JSONValue) {
        guard let common = json["common"]?.string, common.hasPrefix("/"), let own = json["own"]?.string else {
            return nil
        }
        self.init(common: common, own: own)
    }

    init(common: String, own: String) {
        self.common = common
        self.own = own
    }
}
