package import Basics
package import Wire

/// A failed request as the journal keeps it, so that a replay fails in the same way.
extension ModelFailure {
    package var json: JSONValue {
        [
            "kind": .string("\(kind)"), "status": .optional(status), "message": .string(message),
            "attempts": .int(attempts),
        ]
    }

    /// Reads what `json` writes; nil for anything else.
    package init?(json: JSONValue) {
        guard let name = json["kind"]?.string, let kind = Kind.all.first(where: { "\($0)" == name }) else { return nil }
        self.init(
            kind, status: json["status"]?.int, message: json["message"]?.string ?? "",
            attempts: json["attempts"]?.int ?? 1)
    }
}

extension ModelFailure.Kind {
    fileprivate static let all: [Self] = [
        .unauthorized, .forbidden, .badRequest, .notFound, .rateLimited, .contextWindowExceeded, .server, .network,
        .idleTimeout, .streamCut, .inStream, .malformed, .usageLimit, .byteLimit,
    ]
}
