/// Paths as text: joining and cleaning without touching the file system.
package enum PathText {
    /// `path` as seen from `base`: unchanged when absolute, else joined; `.` and `..` resolved lexically.
    ///
    /// Lexical, so a link may lead elsewhere: this is for names and messages, never for a decision about access.
    package static func absolute(_ path: String, from base: String) -> String {
        let joined = path.hasPrefix("/") ? path : base + "/" + path
        var parts: [Substring] = []
        for part in joined.split(separator: "/") {
            switch part {
            case ".": continue
            case "..": _ = parts.popLast()
            default: parts.append(part)
            }
        }
        return "/" + parts.joined(separator: "/")
    }

    /// Whether `path` is `root` or lies beneath it, by name.
    package static func isWithin(_ path: String, _ root: String) -> Bool {
        root == "/" || path == root || (path.hasPrefix(root) && path.dropFirst(root.count).hasPrefix("/"))
    }

    /// `path` relative to `root` where it lies beneath it, else `path` itself.
    package static func relative(_ path: String, to root: String) -> String {
        guard path != root, isWithin(path, root) else { return path == root ? "." : path }
        return root == "/" ? String(path.dropFirst()) : String(path.dropFirst(root.count + 1))
    }

    package static func parent(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    package static func name(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }
}
