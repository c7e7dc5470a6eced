import Basics
import Journal
import Synchronization
import Wire

/// Checkpoints and stages as they were.
struct RecordedCheckpoints: TurnCheckpoints {
    let script: ReplayScript

    func open(_ label: String) {}
    func prepare() {}
    func secure() async throws {}

    func close() async throws(LockgateError) -> TurnCheckpoint? {
        if let record = script.next, record.event == "checkpoint" { return TurnCheckpoint(recorded: record.payload) }
        // A turn that changed nothing shows no checkpoint, and its claims name the tree all the same.
        let evidence = script.rest.prefix { !$0.isTurnEnd }.first { $0.event == "completion.evidence" }
        guard let tree = evidence?.payload["tree"]?.string else { return nil }
        return TurnCheckpoint(
            turn: 0, before: tree, after: tree, changes: [], changed: 0, repositoryChanged: false,
            durationMilliseconds: 0)
    }

    func staged() async throws(LockgateError) -> StagedSummary? {
        guard let record = script.next, record.event == "staged" else { return nil }
        return StagedSummary(recorded: record.payload)
    }
}

/// Hooks of the session's own moments as they answered.
final class RecordedHooks: HookRunner {
    private let script: ReplayScript
    /// What the model was told by hooks, by the message it stands behind: how much of it is given out.
    private let told = Mutex<[Int: Int]>([:])

    init(_ script: ReplayScript) {
        self.script = script
    }

    func hasHooks(for event: HookEvent) -> Bool {
        switch event {
        case .preToolUse, .permissionRequest, .postToolUse: false
        default: script.next?.event == "hook" && script.next?.payload["event"]?.string == event.rawValue
        }
    }

    func run(
        _ event: HookEvent, subjects: [String], input: JSONObject, leavingOut: Set<Int>
    ) async throws -> [HookResult] {
        let runs = script.rest.prefix { $0.event == "hook" && $0.payload["event"]?.string == event.rawValue }
        var texts = event == .sessionStart || event == .userPromptSubmit ? takeTexts(runs.count) : []
        return runs.enumerated().compactMap { number, record in
            guard let run = HookRun(recorded: record.payload) else { return nil }
            var answer = HookAnswer()
            answer.verdict = run.verdict
            answer.reason = run.reason
            if !texts.isEmpty { answer.context = texts.removeFirst() }
            return HookResult(number: number, run: run, answer: answer)
        }
    }

    /// The next of the texts that hooks added behind the coming prompt.
    private func takeTexts(_ count: Int) -> [String] {
        let rest = script.rest
        guard let prompt = rest.firstIndex(where: { $0.origin == "prompt" || $0.origin == "steering" }) else {
            return []
        }
        let texts = rest[prompt...].dropFirst().prefix { $0.origin == "hook" }
            .compactMap { $0.payload["text"]?.string }
        return told.withLock { told in
            let taken = told[prompt, default: 0]
            let mine = texts.dropFirst(taken).prefix(count)
            told[prompt] = taken + mine.count
            return Array(mine)
        }
    }
}
