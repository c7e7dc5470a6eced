package import Basics

/// What a turn took away that was not its own: the destruction brake. All of it is in the checkpoint before the turn.
package struct TurnLosses: Sendable, Hashable {
    /// Files and links that are gone, and stand under no other name.
    package var removed: Int
    /// Files that are empty now and were not.
    package var emptied: Int
    /// Branches, tags and other refs that are gone; `.git` alone for a whole repository.
    package var references: [String]
    /// The first paths, relative to the workspace; unprintable bytes escaped.
    package var examples: [String]

    /// Fewer files than these are ordinary work.
    package static let noticed = 5
    package static let shownExamples = 5

    package init(removed: Int, emptied: Int, references: [String], examples: [String]) {
        self.removed = removed
        self.emptied = emptied
        self.references = references
        self.examples = examples
    }

    /// `removed 12 files that it had not made (a.txt, b.txt, …) and 1 ref (refs/heads/x)`.
    package var text: String {
        func files(_ verb: String, _ count: Int) -> String? {
            count == 0 ? nil : "\(verb) \(count) file\(count == 1 ? "" : "s")"
        }
        var parts = [files("removed", removed), files("emptied", emptied)].compactMap(\.self)
        if let last = parts.popLast() {
            let more = removed + emptied > examples.count ? ", …" : ""
            parts.append("\(last) that it had not made (\(examples.joined(separator: ", "))\(more))")
        }
        if !references.isEmpty {
            let shown = references.prefix(Self.shownExamples).joined(separator: ", ")
            let more = references.count > Self.shownExamples ? ", …" : ""
            parts.append("removed \(references.count) ref\(references.count == 1 ? "" : "s") (\(shown)\(more))")
        }
        return parts.joined(separator: " and ")
    }

    package var json: JSONValue {
        [
            "removed": .int(removed), "emptied": .int(emptied),
            "references": .array(references.map(JSONValue.string)), "examples": .array(examples.map(JSONValue.string)),
        ]
    }
}
