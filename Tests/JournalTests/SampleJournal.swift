import Audit
import Basics
import Journal
import TestSupport

/// A journal as a session of two turns writes it, with all that is hard to read: escapes, other scripts, numbers,
/// line ends in texts, records of unknown types.
struct SampleJournal {
    let store: SessionStore
    let journal: SessionJournal
    let path: String

    static func with<T>(_ body: (SampleJournal) throws -> T) throws -> T {
        try TemporaryFolder.with { folder in
            let store = SessionStore(home: folder.path)
            let journal = try SessionJournal.create(in: store)
            guard let path = journal.path else { throw TestFailure("the journal has no file") }
            let sample = SampleJournal(store: store, journal: journal, path: path)
            try sample.write()
            return try body(sample)
        }
    }

    private func write() throws {
        try journal.append("session", ["id": .string(journal.id.text), "format": 1, "cwd": "/w"])
        try turn("héllo \"x\" \u{1}\n*J")
        try turn("再来")
    }

    /// Adds a turn with its seal.
    func turn(_ prompt: String) throws {
        try journal.append("event", ["type": "turn.started", "cwd": "/w"])
        try journal.append("conversation", ["kind": "user", "parts": [["text": .string(prompt)]]])
        try journal.append("effect.requested", ["effect": ["kind": "model", "maximum_cost_usd": nil]])
        try journal.append("model.response", ["usage": ["input_tokens": 12], "cost_usd": 0.25, "stop": "completed"])
        try journal.append("something.new", ["n": [1.5, -2, true, [:]]])
        try journal.append("event", ["type": "turn.completed", "cost_usd": 0.25])
        if let problem = journal.prepareSeal() { throw problem }
        try journal.seal()
    }

    func bytes() throws -> [UInt8] { try PosixFile.read(path, limit: 1 << 24) }
    func key() throws -> SealPrivateKey { try store.keyFile.load() }
}

extension [UInt8] {
    /// Its lines, each with its end.
    var lines: [[UInt8]] {
        split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast().map { Array($0) + [0x0A] }
    }
}

/// Verifies bytes in pieces of a size.
func verify(
    _ bytes: [UInt8], expecting expectation: Expectation = Expectation(), pieces: Int = 4096, limit: Int = 1 << 20
) -> JournalReport {
    var verifier = JournalVerifier(expecting: expectation, recordLimit: limit)
    var rest = bytes[...]
    while !rest.isEmpty {
        verifier.consume(rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
    }
    return verifier.finish()
}

/// A line with its hash made to fit.
func rehashed(_ body: String) -> [UInt8] {
    let hash = ContentHash.of(Array((body + "}").utf8))
    return Array("\(body),\"hash\":\"\(hash)\"}\n".utf8)
}
