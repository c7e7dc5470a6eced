/// Decides which paths of a tree git would ignore, from the `.gitignore` files in it.
///
/// A file's rules hold for its folder and all below; a deeper file's come first. What is in an ignored folder is
/// ignored whatever rules say, and rules inside such a folder are not read. Rules and folders that were looked at are
/// remembered: make a new matcher when the files may have changed.
package struct IgnoreMatcher {
    private let baseRules: [IgnoreRules]
    private let readRules: ([UInt8]) -> [UInt8]?
    private var folders: [[UInt8]: Folder] = [:]

    private struct Folder {
        let isIgnored: Bool
        let rules: IgnoreRules?
    }

    /// Prepares for a tree.
    ///
    /// - Parameters:
    ///   - baseRules: rules for the whole tree that give way to every `.gitignore`, in rising precedence: the user's
    ///     `core.excludesFile`, then the repository's `info/exclude`.
    ///   - readRules: the bytes of a folder's `.gitignore`, nil if it has none. The folder is given as its path from
    ///     the root, empty for the root itself.
    package init(baseRules: [IgnoreRules] = [], readRules: @escaping ([UInt8]) -> [UInt8]?) {
        self.baseRules = baseRules
        self.readRules = readRules
    }

    /// Whether git would ignore a path, relative to the root, were it not tracked.
    package mutating func isIgnored(_ path: String, isFolder: Bool) -> Bool {
        isIgnored(Array(path.utf8), isFolder: isFolder)
    }

    package mutating func isIgnored(_ path: [UInt8], isFolder: Bool) -> Bool {
        let names = path.split(separator: UInt8(ascii: "/"))
        guard !names.isEmpty else { return false }
        return verdict(names, names.count, isFolder: isFolder)
    }

    /// The verdict on the path of the first `depth` names.
    private mutating func verdict(_ names: [ArraySlice<UInt8>], _ depth: Int, isFolder: Bool) -> Bool {
        guard depth > 0 else { return false }
        for level in 0..<depth where folder(names, level).isIgnored { return true }
        for level in stride(from: depth - 1, through: 0, by: -1) {
            let rules = folder(names, level).rules
            if let verdict = rules?.verdict(names[level..<depth], isFolder: isFolder) { return verdict }
        }
        for rules in baseRules.reversed() {
            if let verdict = rules.verdict(names[..<depth], isFolder: isFolder) { return verdict }
        }
        return false
    }

    /// What is known of the folder of the first `level` names.
    private mutating func folder(_ names: [ArraySlice<UInt8>], _ level: Int) -> Folder {
        let path = Array(names[..<level].joined(separator: [UInt8(ascii: "/")]))
        if let known = folders[path] { return known }
        let isIgnored = verdict(names, level, isFolder: true)
        let rules = isIgnored ? nil : readRules(path).map { IgnoreRules($0) }
        let folder = Folder(isIgnored: isIgnored, rules: rules.flatMap { $0.isEmpty ? nil : $0 })
        folders[path] = folder
        return folder
    }
}
