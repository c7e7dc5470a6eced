package import Basics
import Database

/// A place in a session where something was found.
package struct SearchHit: Sendable, Hashable {
    /// A piece of the text around the place.
    package struct Span: Sendable, Hashable {
        package let text: String
        /// Whether it is what was looked for.
        package let isMatch: Bool
    }

    package let session: String
    /// The record's number.
    package let sequence: Int
    /// The conversation item's kind.
    package let kind: String
    package let time: String
    package let cwd: String?
    package let name: String?
    /// What the session began with.
    package let prompt: String?
    package let snippet: [Span]

    init(_ row: DatabaseRow) {
        session = row.text(0) ?? ""
        sequence = row.int(1) ?? 0
        kind = row.text(2) ?? ""
        time = row.text(3) ?? ""
        cwd = row.text(4)
        name = row.text(5)
        prompt = row.text(6)
        snippet = Self.spans(row.text(7) ?? "")
    }

    /// Cuts at the marks, which the indexed texts cannot hold.
    private static func spans(_ text: String) -> [Span] {
        var spans: [Span] = []
        for (place, piece) in text.split(separator: "\u{2}", omittingEmptySubsequences: false).enumerated() {
            let parts = piece.split(separator: "\u{3}", maxSplits: 1, omittingEmptySubsequences: false)
            if place > 0, let match = parts.first, !match.isEmpty {
                spans.append(Span(text: String(match), isMatch: true))
            }
            if let rest = place == 0 ? parts.first : parts.dropFirst().first, !rest.isEmpty {
                spans.append(Span(text: String(rest), isMatch: false))
            }
        }
        return spans
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "session": .string(session), "seq": .int(sequence), "kind": .string(kind), "time": .string(time),
            "cwd": .optional(cwd), "name": .optional(name), "prompt": .optional(prompt),
        ]
        object["snippet"] = .array(snippet.map { ["text": .string($0.text), "match": .bool($0.isMatch)] })
        return .object(object)
    }
}
