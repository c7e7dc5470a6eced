import Audit
import Basics
import Engine
import Journal
import TUI
import Wire

/// A session's records as the conversation that its screen showed.
enum TranscriptReader {
    /// The last entries of a journal, and where the first of them stands in it; 0 where they are all.
    ///
    /// Reads the JSON of no more than these, however long the journal is.
    static func tail(of records: [JournalRecord], count: Int) -> (entries: [TranscriptEntry], start: Int) {
        var taken = max(200, count * 8)
        while true {
            let isAll = taken >= records.count
            let part = records.suffix(taken)
            var index = TranscriptIndex(isBeginning: isAll)
            for record in part { index.take(record.scan) }
            index.flush()
            guard isAll || index.places.count >= count else {
                taken *= 4
                continue
            }
            let places = index.places.suffix(count)
            let entries = places.map { entry($0) { json($0, in: part) } }
            let isWhole = isAll && places.count == index.places.count
            return (entries, isWhole ? 0 : places.map(\.start).min() ?? 0)
        }
    }

    /// The last entries of a journal's file, for a glance: nothing of it is verified.
    static func tail(ofFile path: String, count: Int) -> [TranscriptEntry] {
        guard !JournalFile.isArchived(path) else {
            guard let bytes = try? JournalFile.content(path) else { return [] }
            return tail(ofBytes: bytes, at: 0, count: count).entries
        }
        return end(ofFile: path, count: count).entries
    }

    /// The same as of records, read from the end of a journal's file: so much of it as that takes.
    static func end(ofFile path: String, count: Int) -> (entries: [TranscriptEntry], start: Int) {
        var size = 256 << 10
        while true {
            guard let (bytes, start) = FileBytes.end(of: path, size) else { return ([], 0) }
            let found = tail(ofBytes: bytes, at: start, count: count)
            if start == 0 || found.entries.count >= count { return found }
            size *= 8
        }
    }

    /// - Parameter start: where the bytes begin in the file.
    private static func tail(
        ofBytes bytes: [UInt8], at start: Int, count: Int
    ) -> (entries: [TranscriptEntry], start: Int) {
        var index = TranscriptIndex(isBeginning: start == 0)
        for line in bytes.split(separator: 0x0A) {
            // The first may be the end of one.
            if let scan = RecordScan(line) { index.take(scan) }
        }
        index.flush()
        let places = index.places.suffix(count)
        let entries = places.map { place in entry(place) { try? JSONValue(parsing: bytes[$0]) } }
        let isWhole = start == 0 && places.count == index.places.count
        return (entries, isWhole ? 0 : start + (places.map(\.start).min() ?? 0))
    }

    /// The JSON of a range of the file, which lies in one of these records.
    private static func json(_ range: Range<Int>, in records: ArraySlice<JournalRecord>) -> JSONValue? {
        var (low, high) = (records.startIndex, records.endIndex)
        while high - low > 1 {
            let middle = (low + high) / 2
            if records[middle].scan.payload.startIndex <= range.lowerBound { low = middle } else { high = middle }
        }
        guard low < records.endIndex else { return nil }
        let payload = records[low].scan.payload
        guard range.lowerBound >= payload.startIndex, range.upperBound <= payload.endIndex else { return nil }
        return try? JSONValue(parsing: payload[range])
    }

    /// One entry.
    ///
    /// - Parameter json: reads a range of the journal.
    static func entry(_ place: TranscriptIndex.Place, _ json: (Range<Int>) -> JSONValue?) -> TranscriptEntry {
        let payload = json(place.range) ?? .null
        let found: TranscriptEntry? =
            switch place.kind {
            case .prompt: prompt(payload)
            case .compactedPrompt: prompt(payload["items"]?.array?.last ?? .null)
            case .past: past(payload)
            case .imported: past(payload["item"] ?? .null)
            case .event:
                event(
                    payload["type"]?.string ?? "", payload, checkpoint: place.checkpoint.flatMap(json).map(checkpoint))
            }
        return found ?? .note(.init(.warning, "a record of the journal cannot be shown"))
    }

    private static func prompt(_ item: JSONValue) -> TranscriptEntry {
        let texts = (item["parts"]?.array ?? []).map { $0["text"]?.string ?? "" }
        let words = texts.filter { !$0.isEmpty && !PlanMode.isInstructions($0) }.joined(separator: "\n")
        return .prompt(words, isSteering: false)
    }

    /// An item that was said elsewhere: in the session that this one was forked from, or in another program.
    private static func past(_ item: JSONValue) -> TranscriptEntry? {
        guard let words = ConversationText(item) else { return nil }
        switch words.kind {
        case .user: return .prompt(words.text, isSteering: false)
        case .assistant: return .message(words.text)
        case .reasoning: return .reasoning(words.text)
        case .call:
            let arguments = (try? JSONValue(parsing: words.text)) ?? .string(words.text)
            return .tool(.init(tool: words.tool ?? "?", arguments: arguments, status: .completed))
        case .result, .developer: return nil
        }
    }

    private static func checkpoint(_ payload: JSONValue) -> TurnCheckpoint {
        TurnCheckpoint(
            turn: payload["turn"]?.int ?? 0, before: "", after: "", changes: [],
            changed: payload["changed"]?.int ?? 0, repositoryChanged: payload["repository_changed"]?.bool ?? false,
            durationMilliseconds: 0)
    }

    private static func event(
        _ event: String, _ payload: JSONValue, checkpoint: TurnCheckpoint?
    ) -> TranscriptEntry? {
        switch event {
        case "item.completed": return entry(payload["item"] ?? .null)
        case "turn.completed":
            return .turnEnd(
                .init(
                    milliseconds: payload["duration_ms"]?.int ?? 0, commands: payload["commands"]?.int ?? 0,
                    denials: payload["denials"]?.int ?? 0, cost: payload["cost_usd"]?.double, checkpoint: checkpoint))
        case "turn.failed":
            let error = payload["error"]
            let isInterrupted = error?["code"] == "turn.interrupted"
            return .note(
                .init(
                    isInterrupted ? .info : .failure,
                    isInterrupted ? "Interrupted." : error?["message"]?.string ?? "?",
                    details: error?["remedy"]?.string.map { ["fix: \($0)"] } ?? []))
        case "error": return .note(.init(.warning, payload["message"]?.string ?? "?"))
        case "effect.denied":
            let verdict = payload["verdict"]
            return .note(
                .init(
                    .refusal, "Refused: \(verdict?["reason"]?.string ?? "?")",
                    details: ["rule \(verdict?["rule"]?.string ?? "?") (\(verdict?["origin"]?.string ?? "?"))"]))
        case "approval":
            let isYes = payload["answer"]?["decision"] == "approve"
            let who = payload["answered_by"]?.string ?? "?"
            let scope = payload["answer"]?["scope"]?.string.map { " (\($0))" } ?? ""
            return .note(.init(isYes ? .approval : .refusal, "\(isYes ? "Approved" : "Refused") by \(who)\(scope)."))
        case "compacted": return .note(.init(.info, "The conversation was summarised."))
        default: return nil
        }
    }

    private static func entry(_ item: JSONValue) -> TranscriptEntry? {
        let status = item["status"]?.string.flatMap(ThreadItem.Status.init(rawValue:)) ?? .completed
        switch item["type"]?.string {
        case "agent_message": return item["text"]?.string.map { .message(ProposedPlan.shown($0)) }
        case "reasoning": return item["text"]?.string.map(TranscriptEntry.reasoning)
        case "error": return .note(.init(.warning, item["message"]?.string ?? "?"))
        case "command_execution":
            var command = ThreadItem.CommandExecution(
                command: item["command"]?.string ?? "?", cwd: item["cwd"]?.string ?? "", status: status)
            command.aggregatedOutput = item["aggregated_output"]?.string ?? ""
            command.exitCode = item["exit_code"]?.int
            command.durationMilliseconds = item["duration_ms"]?.int
            command.reason = item["reason"]?.string
            command.signal = item["signal"]?.string
            command.terminal = item["terminal"]?.int
            return .command(command)
        case "file_change":
            let changes = (item["changes"]?.array ?? []).compactMap { change -> FileChangeSummary? in
                guard let path = change["path"]?.string,
                    let kind = change["kind"]?.string.flatMap(FileChangeSummary.Kind.init(rawValue:))
                else { return nil }
                return FileChangeSummary(path: path, kind: kind, movedTo: change["moved_to"]?.string)
            }
            return .change(
                ThreadItem.FileChangeReport(
                    changes: changes, status: status, diff: item["diff"]?.string ?? "", reason: item["reason"]?.string))
        case "todo_list":
            return .plan(
                (item["items"]?.array ?? []).map {
                    ThreadItem.TodoEntry(text: $0["text"]?.string ?? "", completed: $0["completed"] == true)
                })
        case "mcp_tool_call":
            var call = ThreadItem.BuiltInToolCall(
                tool: item["tool"]?.string ?? "?", arguments: item["arguments"] ?? .null, status: status)
            call.server = item["server"]?.string ?? "lockgate"
            call.error = item["error"]?["message"]?.string
            call.result = item["result"]?["content"]?.array?.first?["text"]?.string
            return .tool(call)
        default: return nil
        }
    }
}
