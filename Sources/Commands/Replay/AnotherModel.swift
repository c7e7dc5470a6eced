import Basics
import Journal
import Wire

/// One turn of a recorded session asked again, of another model: a session that is forked before it and gets its prompt.
///
/// That is a session like any other, with a gate, effects and costs of its own; the recorded one is only read.
struct AnotherModel {
    /// What `lockgate exec` is asked to do.
    let options: ExecOptions

    /// - Parameters:
    ///   - turn: counted from 1.
    ///   - directory: where it works; nil for where the recorded session did.
    /// - Throws: `replay.no_turn`.
    init(
        _ sample: RecordedSample, from turn: Int, model: String, directory: String?, isJSON: Bool
    ) throws(LockgateError) {
        let prompts = Self.prompts(in: sample.records)
        guard turn > 0, turn <= prompts.count else {
            throw LockgateError(
                "replay.no_turn",
                "session \(sample.session) has \(prompts.count) turn\(prompts.count == 1 ? "" : "s") with a prompt, and no turn \(turn)",
                remedy: "see: lockgate sessions show \(sample.session)", exitCode: 2)
        }
        var options = ExecOptions()
        options.json = isJSON
        options.run.model = model
        options.run.directory = directory ?? sample.records.first?.payload["cwd"]?.string
        if turn > 1 {
            options.words = ["fork", sample.session, prompts[turn - 1]]
            options.run.turn = turn - 1
        } else {
            options.words = [prompts[0]]
        }
        self.options = options
    }

    /// The prompts that turns began with. What came while a turn ran is no prompt of its own.
    static func prompts(in records: [JournalRecord]) -> [String] {
        records.compactMap { record in
            guard record.isType("conversation") else { return nil }
            let payload = record.payload
            guard payload["kind"] == "user", payload["origin"] == "prompt" else { return nil }
            return (payload["parts"]?.array ?? []).compactMap { $0["text"]?.string }.joined(separator: "\n")
        }
    }
}
