package import Basics
import Journal

/// What of a record has to come again byte for byte.
package enum ReplayComparison {
    /// Records that say what a run was like on its machine, and no more: its beginning, its seals, its moves, what the
    /// person took back between its turns.
    static func isCompared(_ record: JournalRecord) -> Bool { isCompared(record.type, record.payload) }

    static func isCompared(_ type: String, _ payload: JSONValue) -> Bool {
        switch type {
        case "session", "seal", "session.moved", "workspace.taken_back": false
        // Whether there is a key is the machine's business.
        case "event" where payload["type"] == "error":
            !(payload["message"]?.string ?? "").hasPrefix("this turn's records are not signed")
        default: true
        }
    }

    static func areEqual(_ recorded: JournalRecord, _ type: String, _ payload: JSONValue) -> Bool {
        guard recorded.type == type else { return false }
        // Flags come from files' contents, which are not recorded, and can lower what a claim is worth.
        let hasFlags = recorded.payload["flags"]?.array?.isEmpty == false
        return normal(type, recorded.payload, hasFlags).bytes == normal(type, payload, hasFlags).bytes
    }

    /// A record's payload without what another run cannot have: times, and what follows from texts that were redacted.
    package static func normal(_ type: String, _ payload: JSONValue, _ hasFlags: Bool = false) -> JSONValue {
        guard type == "event" else { return payload }
        var payload = payload
        switch payload["type"]?.string {
        case "turn.completed": payload["duration_ms"] = nil
        case "compacted":
            payload["tokens_before"] = nil
            payload["tokens_after"] = nil
        case "completion.evidence":
            payload["flags"] = nil
            payload["runs"] = .array((payload["runs"]?.array ?? []).map { without(["duration_ms"], $0) })
            if hasFlags {
                payload["claims"] = .array(
                    (payload["claims"]?.array ?? []).map { without(["standing", "reason"], $0) })
            }
        default: break
        }
        return payload
    }

    private static func without(_ names: [String], _ value: JSONValue) -> JSONValue {
        var value = value
        for name in names { value[name] = nil }
        return value
    }
}
