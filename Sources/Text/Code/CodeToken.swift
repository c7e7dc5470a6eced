/// A piece of a line of source, for colours alone: nothing is decided by it.
package struct CodeToken: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case plain, keyword, type, string, comment, number, function, added, removed
    }

    package var text: String
    package var kind: Kind

    package init(_ text: String, _ kind: Kind) {
        self.text = text
        self.kind = kind
    }
}
