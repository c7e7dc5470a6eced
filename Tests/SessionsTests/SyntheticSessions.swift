import Basics
import Glibc
import Journal
import TestSupport

/// Sessions as runs leave them, of made-up words, in a home of their own.
struct SyntheticSessions {
    let folder: TemporaryFolder
    let store: SessionStore
    private(set) var random: SeededGenerator
    private(set) var locations: [SessionLocation] = []

    static let vocabulary = ["login", "parser", "búho", "race", "deadlock", "schema", "再来", "x_y", "retry", "token"]

    static func with<T>(seed: UInt64 = 1, _ body: (inout SyntheticSessions) throws -> T) throws -> T {
        try TemporaryFolder.with { folder in
            var sessions = SyntheticSessions(
                folder: folder, store: SessionStore(home: folder.path), random: SeededGenerator(seed: seed))
            return try body(&sessions)
        }
    }

    var home: String { folder.path }

    mutating func words(_ count: Int) -> String {
        (0..<count).map { _ in Self.vocabulary.randomElement(using: &random) ?? "" }.joined(separator: " ")
    }

    mutating func number(below limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    @discardableResult
    mutating func begin(cwd: String = "/w", turns: Int = 1) throws -> SessionLocation {
        let journal = try SessionJournal.create(in: store)
        guard let path = journal.path else { throw TestFailure("the journal has no file") }
        try journal.append(
            "session",
            ["id": .string(journal.id.text), "format": 1, "cwd": .string(cwd), "model": "m", "provider": "p"])
        for _ in 0..<turns { try turn(journal) }
        let location = SessionLocation(id: journal.id, path: path)
        locations.append(location)
        return location
    }

    /// Many sessions of one turn, written as they are at once. Every hundredth holds the word `needle`.
    func writeMany(_ count: Int) throws -> [String] {
        try (0..<count).map { number in
            let id = SessionID(now: WallTime(milliseconds: 1_760_000_000_000 + Int64(number) * 60_000))
            let word = number % 100 == 0 ? "needle" : "straw"
            var bytes: [UInt8] = []
            var previous = JournalRecord.genesis
            let records: [(String, JSONValue)] = [
                ("session", ["id": .string(id.text), "cwd": .string("/w/\(number % 100)"), "model": "m"]),
                ("event", ["type": "turn.started"]),
                ("conversation", ["kind": "user", "parts": [["text": .string("find \(word) \(number)")]]]),
                ("event", ["type": "turn.completed"]),
            ]
            for (place, (type, payload)) in records.enumerated() {
                var line = Array(
                    "{\"seq\":\(place),\"time\":\"2026-01-01T00:00:00.000Z\",\"type\":\"\(type)\",\"payload\":".utf8)
                line += payload.bytes + Array(",\"prev\":\"\(previous)\"".utf8)
                previous = JournalRecord.digest(line + [UInt8(ascii: "}")])
                bytes += line + Array(",\"hash\":\"\(previous)\"}\n".utf8)
            }
            let path = path(of: id.text)
            try PosixFile.makeDirectory(PathText.parent(path))
            let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            defer { close(file) }
            try PosixFile.writeAll(file, bytes)
            return id.text
        }
    }

    /// Where a session's file lies, by its id's time.
    func path(of id: String) -> String {
        let milliseconds = Int64(id.filter { $0 != "-" }.prefix(12), radix: 16) ?? 0
        let day = WallTime(milliseconds: milliseconds).rfc3339.prefix(10).replacing("-", with: "/")
        return "\(store.root)/\(day)/\(id).jsonl"
    }

    mutating func goOn(_ location: SessionLocation) throws {
        let (journal, _) = try SessionJournal.resume(id: location.id, path: location.path)
        try turn(journal)
    }

    mutating func remove(_ location: SessionLocation) throws {
        try location.delete()
        locations.removeAll { $0 == location }
    }

    private mutating func turn(_ journal: SessionJournal) throws {
        try journal.append("event", ["type": "turn.started", "cwd": "/w"])
        let context = "<environment_context>\n  <cwd>/secretcontext</cwd>\n</environment_context>"
        try journal.append("conversation", ["kind": "user", "parts": [["text": .string(context)]]])
        try journal.append("conversation", ["kind": "user", "parts": [["text": .string(words(5))]]])
        try journal.append("effect.requested", ["effect": ["kind": "model"]])
        try journal.append("model.response", ["usage": ["input_tokens": 1], "cost_usd": 0.25])
        let input = "{\"cmd\":\"\(words(2))\"}"
        try journal.append(
            "conversation", ["kind": "tool_call", "call_id": "c", "name": "exec_command", "arguments": .string(input)])
        try journal.append(
            "conversation", ["kind": "tool_result", "call_id": "c", "parts": [["text": .string(words(20))]]])
        try journal.append("conversation", ["kind": "assistant", "text": .string(words(8))])
        try journal.append("event", ["type": "turn.completed", "cost_usd": 0.25])
    }
}
