/// Shows the user's own cache inside a private one: folders are made anew, what they hold is linked. So old entries are
/// read from the user's cache, which the sandbox keeps read-only, and new ones land in the private one.
///
/// Links, not hard links: whoever writes to a hard link writes to the original.
struct LinkFarm {
    /// More entries than this take too long to link; the rest is downloaded or built again.
    static let maximumEntries = 20_000

    /// The private folder.
    let root: String
    private var made = 0

    init(root: String) { self.root = root }

    /// Adds to a folder below the root what `source` has and it lacks. What is there stays.
    ///
    /// - Parameters:
    ///   - path: relative to the root.
    ///   - depth: folders this many levels down are linked whole.
    ///   - skip: names directly in `source` that are left out.
    mutating func mirror(_ source: String, at path: String, depth: Int, skip: Set<String> = []) {
        guard Paths.kind(source) == .folder, let start = PrivateFolder(root) else { return }
        enter(path.split(separator: "/").map(String.init)[...], in: start, source, depth, skip)
    }

    /// Links single names of a folder.
    mutating func link(_ names: [String], of source: String, at path: String) {
        guard let start = PrivateFolder(root), let folder = start.folder(path) else { return }
        for name in names {
            let goal = Paths.join(source, name)
            if Paths.exists(goal) { folder.link(name, to: goal) }
        }
    }

    private mutating func enter(
        _ path: ArraySlice<String>, in folder: borrowing PrivateFolder, _ source: String, _ depth: Int,
        _ skip: Set<String>
    ) {
        guard let name = path.first else { return fill(folder, source, depth, skip) }
        guard let next = folder.folder(name) else { return }
        enter(path.dropFirst(), in: next, source, depth, skip)
    }

    private mutating func fill(
        _ folder: borrowing PrivateFolder, _ source: String, _ depth: Int, _ skip: Set<String>
    ) {
        folder.removeDanglingLinks()
        for entry in Paths.names(in: source) where !skip.contains(entry.name) {
            guard made < Self.maximumEntries else { return }
            let goal = Paths.join(source, entry.name)
            guard entry.isFolder, depth > 0 else {
                made += 1
                folder.link(entry.name, to: goal)
                continue
            }
            if let below = folder.folder(entry.name) { fill(below, goal, depth - 1, []) }
        }
    }

    /// Makes a folder that only this user enters, with those above it. False where something else is in the way.
    static func makeFolder(_ path: String) -> Bool {
        switch Paths.kind(path) {
        case .folder: return true
        case .file, .link, .other: return false
        case nil: return path != "/" && makeFolder(Paths.parent(path)) && Paths.makeFolder(path)
        }
    }
}
