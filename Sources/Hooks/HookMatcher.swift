import Synchronization

/// Which tools, or other subjects of its event, a hook is for; Codex's and Claude Code's meaning.
///
/// Nothing, `*` and the empty text match everything. Letters, digits, `_`, `-`, blanks and commas between `|` are exact
/// names. Anything else is a regular expression that is searched for in the name.
package final class HookMatcher: Sendable {
    private enum Kind: Sendable {
        case all
        case names(Set<String>)
        case pattern
    }

    /// As it was written.
    package let text: String
    private let kind: Kind
    /// What the expression said about names so far. There are few, and an expression is no value that can be shared.
    private let known = Mutex<[String: Bool]>([:])

    package static var all: HookMatcher { HookMatcher(all: "*") }

    private init(all text: String) {
        self.text = text
        kind = .all
    }

    /// - Returns: nil for an expression that is none.
    package init?(_ text: String) {
        self.text = text
        if text.isEmpty || text == "*" {
            kind = .all
        } else if text.unicodeScalars.allSatisfy(Self.isPlain) {
            let names = text.split { $0 == "|" || $0 == "," }.map { $0.filter { $0 != " " } }
            kind = .names(Set(names.filter { !$0.isEmpty }))
        } else {
            guard (try? Regex(text)) != nil else { return nil }
            kind = .pattern
        }
    }

    /// Whether it leaves nothing out.
    package var isAll: Bool { if case .all = kind { true } else { false } }

    /// Whether one of the names is meant.
    package func matches(_ names: [String]) -> Bool {
        switch kind {
        case .all: true
        case .names(let known): names.contains(where: known.contains)
        case .pattern: names.contains(where: isFound)
        }
    }

    private func isFound(in name: String) -> Bool {
        if let answer = known.withLock({ $0[name] }) { return answer }
        // It was read before; one that cannot be any more matches, so that no hook is left out.
        let answer = (try? Regex(text)).map { name.firstMatch(of: $0) != nil } ?? true
        known.withLock { $0[name] = answer }
        return answer
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII
            && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                || "_-| ,".unicodeScalars.contains(scalar))
    }
}
