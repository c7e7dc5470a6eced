package import Basics
package import Wire

/// `[rules]` of `requirements.toml`: rules on commands that nobody can take away, not yet looked at for their meaning.
package struct RequiredRules: Sendable, Hashable {
    package struct Element: Sendable, Hashable {
        package var value: JSONValue
        package var origin: Origin
    }

    package var elements: [Element]

    /// The key that they stand under.
    static let key = "rules.prefix_rules"

    /// nil for a document without.
    init?(_ document: TOMLDocument, layer: Origin.Layer) {
        let path = Self.key.split(separator: ".").map(String.init)
        guard let rules = document.root[path[0]]?[path[1]]?.array else { return nil }
        elements = rules.enumerated().map { index, value in
            // The element's own line; in `prefix_rules = []` forms that no key leads to, the list's.
            let position = document.position(of: path + [String(index)]) ?? document.position(of: path)
            return Element(
                value: value,
                origin: Origin(layer, file: document.source.name, line: position?.line, column: position?.column))
        }
    }
}
