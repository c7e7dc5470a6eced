/// A pattern for paths as people write it: `*.swift`, `src/**/test_*.py`, `{a,b}/[0-9]?`.
///
/// A pattern without a slash means a name in any folder; one with a slash means the path from the root of the search,
/// where a leading slash changes nothing but that. `*` and `?` stop at slashes, `**` as a whole segment does not.
/// Matching works on bytes and costs at most the pattern's length times the path's.
package struct Glob: Sendable, Hashable {
    /// More alternatives than this in one pattern are refused; braces multiply.
    package static let maximumAlternatives = 1024

    private let alternatives: [GlobPath]
    private let anywhere: Bool

    /// Compiles a pattern.
    ///
    /// - Returns: nil for a pattern that could never match: an open bracket, an unknown `[:class:]`, a `\` at the end,
    ///   or more than `maximumAlternatives`.
    package init?(_ pattern: String) {
        guard var expanded = BraceExpansion.expand(Array(pattern.utf8)) else { return nil }
        anywhere = !pattern.utf8.contains(UInt8(ascii: "/"))
        if !anywhere { expanded = expanded.map { $0.first == UInt8(ascii: "/") ? Array($0.dropFirst()) : $0 } }
        var compiled: [GlobPath] = []
        for alternative in expanded {
            guard let path = GlobPath(alternative[...]) else { return nil }
            compiled.append(path)
        }
        alternatives = compiled
    }

    /// Whether the pattern covers a whole path, relative to the root of the search.
    package func matches(_ path: String) -> Bool {
        matches(Array(path.utf8))
    }

    package func matches(_ path: [UInt8]) -> Bool {
        let names = path.split(separator: UInt8(ascii: "/"))[...]
        let subject = anywhere ? names.suffix(1) : names
        return alternatives.contains { $0.matches(subject) }
    }
}

/// Writes `a{b,c}` out as `ab` and `ac`, as shells do.
///
/// Braces without a comma are literal. They nest. A `\` takes a brace's or comma's meaning away; inside brackets they
/// have none.
enum BraceExpansion {
    /// The alternatives in order; nil if there are more than `Glob.maximumAlternatives`.
    static func expand(_ pattern: [UInt8]) -> [[UInt8]]? {
        var pending = [pattern]
        var done: [[UInt8]] = []
        while let next = pending.popLast() {
            guard let (before, choices, after) = firstGroup(next) else {
                done.append(next)
                if done.count > Glob.maximumAlternatives { return nil }
                continue
            }
            for choice in choices.reversed() { pending.append(before + choice + after) }
            if pending.count > Glob.maximumAlternatives { return nil }
        }
        return done
    }

    /// The first group with a comma, or nil.
    private static func firstGroup(_ text: [UInt8]) -> (before: [UInt8], choices: [[UInt8]], after: [UInt8])? {
        var open: [(at: Int, commas: [Int])] = []
        var at = 0
        var bracket = false
        var found: (open: Int, commas: [Int], close: Int)?
        while at < text.count {
            switch text[at] {
            case UInt8(ascii: "\\"): at += 1
            case UInt8(ascii: "["): bracket = bracket || text[at...].dropFirst(2).contains(UInt8(ascii: "]"))
            case UInt8(ascii: "]"): bracket = false
            case UInt8(ascii: "{") where !bracket: open.append((at, []))
            case UInt8(ascii: ",") where !bracket && !open.isEmpty: open[open.count - 1].commas.append(at)
            case UInt8(ascii: "}") where !bracket:
                guard let group = open.popLast(), !group.commas.isEmpty else { break }
                // The outermost of the groups that begin first wins, so keep looking while one is open before it.
                found = (group.at, group.commas, at)
            default: break
            }
            if let found, !open.contains(where: { $0.at < found.open }) { break }
            at += 1
        }
        guard let found else { return nil }
        let edges = [found.open] + found.commas + [found.close]
        let choices = zip(edges, edges.dropFirst()).map { Array(text[($0 + 1)..<$1]) }
        return (Array(text[..<found.open]), choices, Array(text[(found.close + 1)...]))
    }
}
