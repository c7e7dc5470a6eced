import Glibc

/// Shows the user's own cache inside a private one: folders are made anew, what they hold is linked. So old entries are
/// read from the user's cache, which the sandbox keeps read-only, and new ones land in the private one.
///
/// Links, not hard links: whoever writes to a hard link writes to the original.
struct LinkFarm {
    /// More entries than this take too long to link; the rest is downloaded or built again.
    static let maximumEntries = 20_000

    /// Folders this many levels down are linked whole.
    var depth: Int
    /// Whether a folder without folders in it is linked whole, so that nothing can be added to it.
    var linksLeaves = false
    private var made = 0

    init(depth: Int, linksLeaves: Bool = false) {
        self.depth = depth
        self.linksLeaves = linksLeaves
    }

    /// Adds to `target` what `source` has and it lacks. What is there stays; links whose goal is gone are renewed.
    mutating func mirror(_ source: String, to target: String) {
        guard Paths.kind(source) == .folder else { return }
        mirror(source, target, depth)
    }

    private mutating func mirror(_ source: String, _ target: String, _ depth: Int) {
        guard made < Self.maximumEntries else { return }
        let entries = Paths.names(in: source)
        if depth == 0 || linksLeaves && !entries.contains(where: \.isFolder) { return link(source, target) }
        guard Self.makeFolder(target) else { return }
        for entry in entries {
            let from = Paths.join(source, entry.name)
            let to = Paths.join(target, entry.name)
            if entry.isFolder { mirror(from, to, depth - 1) } else { link(from, to) }
        }
    }

    private mutating func link(_ source: String, _ target: String) {
        made += 1
        if Paths.linkTarget(target) == source { return }
        // A command may have put its own file there: that one is the project's.
        guard !Paths.exists(target) else { return }
        symlink(source, target)
    }

    /// Makes a folder only this user enters, with those above it. False where something else is in the way.
    @discardableResult
    static func makeFolder(_ path: String) -> Bool {
        switch Paths.kind(path) {
        case .folder: return true
        case .file, .link, .other: return false
        case nil:
            guard path != "/", makeFolder(Paths.parent(path)) else { return false }
            return mkdir(path, 0o700) == 0 || errno == EEXIST
        }
    }
}
