import ArgumentParser
import Audit
import Basics
import Journal
import Replay
import Wire

/// `lockgate replay`: a recorded session run again from its record alone.
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run a recorded session again, without a model, a key, a network or any command.",
        discussion: """
            The engine gets the answers of models, tools, hooks and people from the record, and has to write the same \
            records again. Takes a session, its file, or a folder that --save-test made. Exits with 0 when all is the \
            same, 1 when something differs, and says at which record.
            """)

    @Argument(help: "A session (id, beginning of it, or name), a file, or a folder of --save-test.") var target: String
    @Option(
        help:
            "Instead: what would this policy have said to each effect? A configuration file (.toml) or rules (.rules).")
    var policy: String?
    @Flag(
        help: "Instead: run what the model wanted again, in a stage that is thrown away, and compare what comes of it.")
    var execute = false
    @Option(help: "Write the session and what its replay has to give into this folder, as a regression test.")
    var saveTest: String?
    @Option(
        help: "Instead: ask the prompt of this turn (from 1) again, in a new session forked before it; with --model.")
    var from: Int?
    @Option(name: [.customShort("m"), .long], help: "With --from: the model that is asked.") var model: String?
    @Option(
        name: [.customShort("C"), .customLong("cd")], help: "With --from: where it works; else where the session did.")
    var directory: String?
    @Flag(help: "Print one JSON object; with --from the events of `exec --json`.") var json = false

    func validate() throws {
        guard [policy != nil, saveTest != nil, execute, from != nil].count(where: \.self) < 2 else {
            throw ValidationError("--policy, --execute, --save-test and --from do not go together")
        }
        guard (from == nil) == (model == nil), directory == nil || from != nil else {
            throw ValidationError("--from TURN goes with --model MODEL, and --cd with both")
        }
    }

    func run() async throws {
        if let from, let model {
            let request = try CommandOutput.reporting {
                let sample = try RecordedSample(target)
                return try ExecRequest(
                    AnotherModel(sample, from: from, model: model, directory: directory, isJSON: json).options)
            }
            throw ExitCode(await ExecRun.main(request))
        }
        let (text, isSame) = try await CommandOutput.reporting { try await perform() }
        try CommandOutput.reporting { try PosixFile.writeAll(1, Array((text + "\n").utf8)) }
        if !isSame { throw ExitCode(1) }
    }

    private func perform() async throws -> (String, Bool) {
        let sample = try RecordedSample(target)
        if let policy {
            let review = try PolicyReview(
                sample.records, file: PathText.absolute(policy, from: ProcessEnvironment.workingDirectory))
            return (json ? review.json.text : TerminalStyle.harmless(review.text), !review.wouldHaveStopped)
        }
        if execute {
            let run = try await ExecutionReplay(sample.records)
            return (json ? run.json.text : TerminalStyle.harmless(run.text), run.isSame)
        }
        let outcome = try await Replay.run(sample.records)
        if let saveTest {
            let folder = PathText.absolute(saveTest, from: ProcessEnvironment.workingDirectory)
            guard outcome.isSame else {
                throw LockgateError(
                    "replay.differs", "the session does not replay, so it makes no test: \(Self.words(outcome))")
            }
            try sample.save(in: folder, outcome)
            return json
                ? (Self.json(outcome, sample).text, true)
                : ("kept in \(folder); check it with: lockgate replay \(folder)", true)
        }
        let failure = sample.expectation.flatMap { $0.failure(outcome) }
        let isSame = outcome.isSame && failure == nil
        guard !json else { return (Self.json(outcome, sample, failure: failure).text, isSame) }
        return (TerminalStyle.harmless(failure ?? Self.words(outcome)), isSame)
    }

    static func words(_ outcome: Replay.Outcome) -> String {
        if outcome.isSame {
            return
                "the same: \(outcome.same) records in \(outcome.turns) turn\(outcome.turns == 1 ? "" : "s"), "
                + "\(outcome.same - outcome.given) made again, \(outcome.given) taken from the record"
        }
        guard let difference = outcome.difference else {
            return "\(outcome.same) of \(outcome.expected) records came again"
        }
        let place = difference.recorded.map { "record \($0.sequence)" } ?? "the end of the record"
        let recorded = difference.recorded.map { "\($0.type) \($0.payload.text)" } ?? "nothing"
        let replayed = difference.type.map { "\($0) \(difference.payload.text)" } ?? "nothing"
        return "differs at \(place):\n  recorded: \(recorded)\n  replayed: \(replayed)"
    }

    private static func json(_ outcome: Replay.Outcome, _ sample: RecordedSample, failure: String? = nil) -> JSONValue {
        [
            "session": .string(sample.session), "same": .bool(outcome.isSame && failure == nil),
            "turns": .int(outcome.turns), "records": .int(outcome.expected), "compared": .int(outcome.same),
            "taken_from_record": .int(outcome.given), "stream": .string(outcome.stream),
            "difference": outcome.difference?.json ?? .null, "failure": .optional(failure),
        ]
    }
}
