import Basics
import Journal
import Wire

/// Values read back from the events that show them.
extension JournalRecord {
    /// The event's type; nil for a record of another type.
    var event: String? { type == "event" ? payload["type"]?.string : nil }
    /// The kind of effect that was let through here.
    var requestedEffect: String? { type == "effect.requested" ? payload["effect"]?["kind"]?.string : nil }
    /// Who wrote the message of a `conversation` record.
    var origin: String? { type == "conversation" ? payload["origin"]?.string : nil }

    var isTurnEnd: Bool { event == "turn.completed" || event == "turn.failed" }

    /// The texts of a message.
    var texts: [String] { (payload["parts"]?.array ?? []).compactMap { $0["text"]?.string } }
}

extension LockgateError {
    /// The error of a `turn.failed` event.
    init?(turnFailed record: JournalRecord?) {
        guard let error = record?.payload["error"], let message = error["message"]?.string else { return nil }
        self.init(.init(error["code"]?.string ?? "internal"), message, remedy: error["remedy"]?.string)
    }
}

extension HookRun {
    init?(recorded json: JSONValue) {
        guard let event = json["event"]?.string.flatMap(HookEvent.init(rawValue:)) else { return nil }
        let layer: Origin.Layer =
            switch json["layer"]?.string {
            case "system": .system
            case "user": .user
            case "project": .project("")
            case "requirements": .requirements
            case "profile": .profile("")
            default: .builtIn
            }
        self.init(
            event: event, name: json["hook"]?.string ?? "", command: json["command"]?.string ?? "",
            origin: Origin(layer, file: json["origin"]?.string), failsClosed: json["fail"] == "closed")
        isSandboxed = json["sandboxed"] == true
        durationMilliseconds = json["duration_ms"]?.int ?? 0
        exitCode = json["exit_code"]?.int
        signal = json["signal"]?.string
        verdict = json["verdict"]?.string.flatMap(Verdict.init(rawValue:)) ?? .pass
        if let kind = json["failure"]?["kind"]?.string.flatMap(Failure.Kind.init(rawValue:)) {
            failure = Failure(kind, json["failure"]?["message"]?.string ?? "")
        }
        reason = json["reason"]?.string
        message = json["message"]?.string
        item = json["item_id"]?.string
    }
}

extension TurnCheckpoint {
    init(recorded json: JSONValue) {
        let changes = (json["changes"]?.array ?? []).compactMap(Change.init(recorded:))
        let losses = json["losses"].map { json in
            func texts(_ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
            return TurnLosses(
                removed: json["removed"]?.int ?? 0, emptied: json["emptied"]?.int ?? 0,
                references: texts("references"), examples: texts("examples"))
        }
        self.init(
            turn: json["turn"]?.int ?? 0, before: json["before"]?.string ?? "", after: json["after"]?.string ?? "",
            changes: changes, changed: json["changed"]?.int ?? 0,
            repositoryChanged: json["repository_changed"] == true,
            durationMilliseconds: json["duration_ms"]?.int ?? 0, losses: losses,
            notKept: (json["not_kept"]?.array ?? []).compactMap(\.string))
    }
}

extension TurnCheckpoint.Change {
    init?(recorded json: JSONValue) {
        guard let path = json["path"]?.string,
            let kind = json["kind"]?.string.flatMap(FileChangeSummary.Kind.init(rawValue:))
        else { return nil }
        self.init(path: path, kind: kind)
    }
}

extension StagedSummary {
    init(recorded json: JSONValue) {
        func texts(_ name: String) -> [String] { (json[name]?.array ?? []).compactMap(\.string) }
        self.init(
            session: json["session"]?.string ?? "", method: json["method"]?.string ?? "",
            changes: (json["changes"]?.array ?? []).compactMap(TurnCheckpoint.Change.init(recorded:)),
            changed: json["changed"]?.int ?? 0, repositoryChanged: json["repository_changed"] == true,
            held: texts("held"), leftOut: texts("left_out"))
    }
}

extension ThreadEvent.BudgetState {
    init?(recorded record: JournalRecord?) {
        guard let record, record.event == "budget", let name = record.payload["budget"]?.string,
            let scope = record.payload["scope"]?.string.flatMap(BudgetLimit.Scope.init(rawValue:)),
            let limit = record.payload["limit"]?.double, let spent = record.payload["spent"]?.double
        else { return nil }
        let action = record.payload["action"]?.string
        self.init(
            name: name, scope: scope, limit: limit, spent: spent, exceeded: record.payload["exceeded"] == true,
            origin: Origin(.builtIn, file: record.payload["origin"]?.string), action: action == "stop" ? nil : action)
    }
}
