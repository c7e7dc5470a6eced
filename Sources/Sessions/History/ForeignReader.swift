import Audit
import Basics
package import Wire

/// Reads another program's file line by line. What a line cannot tell costs that line and no other.
package enum ForeignReader {
    /// A longer line is not read: 64 MiB.
    private static let lineLimit = 64 << 20

    /// - Throws: `history.unreadable`.
    package static func read(_ path: String, as agent: ForeignSession.Agent) throws(LockgateError) -> ForeignSession {
        var session = ForeignSession(agent)
        var pending: [UInt8] = []
        var number = 0
        var isTooLong = false
        func finish(_ line: ArraySlice<UInt8>) {
            number += 1
            guard !isTooLong else { return session.cannotRead(number, "the line is longer than 64 MiB") }
            guard line.contains(where: { $0 != 0x20 && $0 != 0x0D }) else { return }
            guard let json = try? JSONValue(parsing: line), json.object != nil else {
                return session.cannotRead(number, "this is no JSON object")
            }
            switch agent {
            case .codex: CodexRollout.take(json, line: number, into: &session)
            case .claude: ClaudeTranscript.take(json, line: number, into: &session)
            }
        }
        do {
            try JournalFile.stream(path) { piece in
                var rest = piece
                while let end = rest.firstIndex(of: 0x0A) {
                    if pending.isEmpty {
                        finish(rest[..<end])
                    } else {
                        pending += rest[..<end]
                        finish(pending[...])
                        pending.removeAll(keepingCapacity: true)
                    }
                    isTooLong = false
                    rest = rest[(end + 1)...]
                }
                pending += rest
                if pending.count > lineLimit {
                    isTooLong = true
                    pending = [0x7B]
                }
            }
        } catch {
            throw LockgateError("history.unreadable", "\(path) cannot be read: \(error)")
        }
        if !pending.isEmpty { finish(pending[...]) }
        session.dropUnaskedResults()
        return session
    }

    /// The text as a moment; the forms are those of RFC 3339 in UTC, with up to nine digits of a second.
    static func moment(_ text: String) -> WallTime? {
        guard text.hasSuffix("Z"), text.utf8.count >= 20 else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1)
        let fraction = parts.count == 2 ? parts[1].prefix(3) : ""
        return WallTime(rfc3339: "\(parts[0]).\(fraction)\(String(repeating: "0", count: 3 - fraction.count))Z")
    }

    /// A data URL of an image; nil for an address elsewhere, which nobody asked to load.
    static func image(_ url: String?, detail: String? = nil) -> ContentPart? {
        guard let url, url.hasPrefix("data:image/") else { return nil }
        return .image(url: url, detail: detail)
    }
}
