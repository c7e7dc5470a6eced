import Wire

/// What is looked for in the sessions' words.
package struct SearchQuery: Sendable, Hashable {
    /// Words of a person, or an expression of FTS5.
    package var text: String
    /// Whether the text is such an expression.
    package var isRaw = false
    /// Only sessions that ran there.
    package var directory: String?
    /// Only records of this moment or later, RFC 3339 or the beginning of it.
    package var since: String?
    package var includesArchived = false
    package var limit = 20

    package init(_ text: String) { self.text = text }

    /// The expression for FTS5. Each word of a person is a phrase in quotes, so that nothing in it means more than itself;
    /// `*` at a word's end finds all that begin with it.
    ///
    /// - Throws: `index.query` where there is nothing to look for.
    var expression: String {
        get throws(LockgateError) {
            if isRaw { return text }
            let phrases = text.split(whereSeparator: \.isWhitespace).compactMap { word -> String? in
                // Signs alone are no token.
                guard word.unicodeScalars.contains(where: Self.isToken) else { return nil }
                let isPrefix = word.hasSuffix("*")
                let phrase = "\"\((isPrefix ? word.dropLast() : word).replacing("\"", with: "\"\""))\""
                return isPrefix ? phrase + "*" : phrase
            }
            guard !phrases.isEmpty else {
                throw LockgateError(
                    "index.query", "there is no word to search for", remedy: "give words, for example: login test",
                    exitCode: 2)
            }
            return phrases.joined(separator: " ").replacing("\0", with: " ")
        }
    }

    private static func isToken(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .privateUse:
            true
        default: false
        }
    }
}
