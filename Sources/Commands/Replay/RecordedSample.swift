import Audit
import Basics
import Journal
import Replay
import Wire

/// A session to be replayed, with what its replay has to give where it was kept as a test.
struct RecordedSample {
    /// What `--save-test` keeps beside a session.
    struct Expectation: Hashable {
        var records: Int
        var turns: Int
        var stream: String

        var json: JSONValue {
            ["records": .int(records), "turns": .int(turns), "stream": .string(stream)]
        }

        init(_ outcome: Replay.Outcome) {
            records = outcome.expected
            turns = outcome.turns
            stream = outcome.stream
        }

        init?(json: JSONValue) {
            guard let records = json["records"]?.int, let turns = json["turns"]?.int,
                let stream = json["stream"]?.string
            else { return nil }
            self.records = records
            self.turns = turns
            self.stream = stream
        }

        /// Why a replay is not what was kept; nil where it is, or differs from its own record already.
        func failure(_ outcome: Replay.Outcome) -> String? {
            guard outcome.isSame else { return nil }
            let now = Expectation(outcome)
            return now == self ? nil : "the session is another one than was kept: \(now.json.text), not \(json.text)"
        }
    }

    static let sessionName = "session.jsonl"
    static let expectationName = "expected.json"

    let path: String
    let session: String
    let records: [JournalRecord]
    let expectation: Expectation?

    /// - Throws: `session.unknown`, `journal.*`; a journal that does not verify is not replayed.
    init(_ target: String) throws {
        let absolute = PathText.absolute(target, from: ProcessEnvironment.workingDirectory)
        if PosixFile.isDirectory(absolute) {
            path = "\(absolute)/\(Self.sessionName)"
            let file = "\(absolute)/\(Self.expectationName)"
            guard let bytes = try? PosixFile.read(file, limit: 65_536), let json = try? JSONValue(parsing: bytes),
                let expectation = Expectation(json: json)
            else {
                throw LockgateError(
                    "replay.no_expectation", "\(file) does not say what the replay has to give",
                    remedy: "make the folder with: lockgate replay SESSION --save-test \(target)")
            }
            self.expectation = expectation
        } else {
            path = PosixFile.exists(absolute) ? absolute : try SessionStore.ofUser().resolve(target).path
            expectation = nil
        }
        let reader = try JournalReader(path: path)
        records = reader.records
        session = records.first?.payload["id"]?.string ?? "?"
    }

    /// Keeps the session, byte for byte, with what its replay gives.
    func save(in folder: String, _ outcome: Replay.Outcome) throws(LockgateError) {
        do throws(SystemError) {
            let bytes = try PosixFile.read(path, limit: 1 << 30)
            let end = bytes.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            try PosixFile.makeDirectory(folder)
            try PosixFile.replace("\(folder)/\(Self.sessionName)", with: Array(bytes[..<end]))
            try PosixFile.replace(
                "\(folder)/\(Self.expectationName)", with: Expectation(outcome).json.bytes + [0x0A])
        } catch {
            throw LockgateError("output.unwritable", "the test cannot be kept: \(error)")
        }
    }
}
