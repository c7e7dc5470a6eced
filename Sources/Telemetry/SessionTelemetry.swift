package import Basics

/// A session's records, folded into what OpenTelemetry knows: one trace a turn, counts, and a log record for each.
///
/// A pure function of the records, so that the same journal always gives the same spans. Texts get nowhere but into the
/// bodies of log records, and only where they are asked for: attributes are names, numbers and decisions.
package struct SessionTelemetry: Sendable, Hashable {
    /// What a record completed.
    package struct Output: Sendable, Hashable {
        package var spans: [TelemetrySpan] = []
        package var logs: [TelemetryLog] = []
        /// Whether a turn ended with it, which is when things are sent.
        package var endsTurn = false

        package init() {}
    }

    package internal(set) var metrics: TelemetryMetrics
    let session: String
    let ids: TelemetryIDs
    private let sendsTexts: Bool
    /// The turn that is under way.
    var turn: Turn?
    var provider: String?
    private var model: String?

    /// More of a record's text is cut off, in bytes.
    static let bodyLimit = 16_384

    package init(session: String, start: WallTime, sendsTexts: Bool) {
        self.session = session
        self.sendsTexts = sendsTexts
        ids = TelemetryIDs(session: session)
        metrics = TelemetryMetrics(start: start)
    }

    package mutating func take(_ record: TelemetryRecord) -> Output {
        var output = Output()
        if record.payload["type"] == "turn.started", record.type == "event" { begin(record, &output) }
        output.logs.append(log(record))
        switch record.type {
        case "effect.requested", "effect.finished", "model.response", "review.response", "conversation":
            count(record)
            turn?.take(record, ids, &metrics, &output)
        case "event":
            count(record)
            turn?.takeEvent(record, ids, &output)
            switch record.payload["type"]?.string {
            case "turn.completed": end(record, errorType: nil, &output)
            case "turn.failed": end(record, errorType: record.payload["error"]?["code"]?.string ?? "_OTHER", &output)
            default: break
            }
        default: break
        }
        return output
    }

    /// Ends what is still open, as the session does.
    package mutating func finish(at time: WallTime) -> Output {
        var output = Output()
        close(at: time, errorType: "interrupted", &output)
        return output
    }

    // MARK: - Turns

    private mutating func begin(_ record: TelemetryRecord, _ output: inout Output) {
        close(at: record.time, errorType: "interrupted", &output)
        provider = record.payload["provider"]?.string.map(Self.providerName)
        model = record.payload["model"]?.string
        var attributes: TelemetryAttributes = [
            "gen_ai.operation.name": .text("invoke_agent"), "gen_ai.agent.name": .text("lockgate"),
            "gen_ai.conversation.id": .text(session),
        ]
        attributes.set("gen_ai.provider.name", provider)
        attributes.set("gen_ai.request.model", model)
        attributes.set("lockgate.sandbox.mode", record.payload["sandbox_mode"]?.string)
        attributes.set("lockgate.network", record.payload["network"]?.string)
        let root = TelemetrySpan(
            trace: ids.trace(record.sequence), id: ids.span(record.sequence), name: "invoke_agent lockgate",
            kind: .internal, start: record.time, end: record.time, attributes: attributes)
        turn = Turn(root: root, provider: provider)
    }

    private mutating func end(_ record: TelemetryRecord, errorType: String?, _ output: inout Output) {
        turn?.root.attributes.set("lockgate.commands", record.payload["commands"]?.int)
        turn?.root.attributes.set("lockgate.denials", record.payload["denials"]?.int)
        close(at: record.time, errorType: errorType, &output)
    }

    private mutating func close(at time: WallTime, errorType: String?, _ output: inout Output) {
        guard var turn else { return }
        turn.closeAll(at: time, &metrics, &output)
        turn.root.end = time
        turn.root.errorType = errorType
        output.spans.append(turn.root)
        output.endsTurn = true
        self.turn = nil
    }

    // MARK: - Counts and logs

    private mutating func count(_ record: TelemetryRecord) {
        let kind = record.payload["effect"]?["kind"]?.string ?? "other"
        let decision = record.payload["verdict"]?["decision"]?.string ?? "other"
        if record.type == "effect.requested" {
            metrics.countEffect(kind: kind, decision: decision)
        } else if record.payload["type"] == "effect.denied" {
            metrics.countEffect(kind: kind, decision: "deny")
            metrics.countDenial(kind: kind)
        }
    }

    private func log(_ record: TelemetryRecord) -> TelemetryLog {
        var log = TelemetryLog(
            session: session, sequence: record.sequence, time: record.time, type: record.type, hash: record.hash,
            payload: record.payload, body: sendsTexts ? Self.body(record.payload) : nil)
        log.trace = turn?.root.trace
        log.span = turn?.root.id
        return log
    }

    /// The record's text, cut where a character ends.
    private static func body(_ payload: JSONValue) -> String {
        let bytes = payload.bytes
        guard bytes.count > bodyLimit else { return String(decoding: bytes, as: UTF8.self) }
        var end = bodyLimit
        while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
        return String(decoding: bytes[..<end], as: UTF8.self)
    }

    /// The conventions' names of providers, where they have one.
    private static func providerName(_ id: String) -> String {
        switch id {
        case "azure": "azure.ai.openai"
        case "gemini": "gcp.gemini"
        default: id
        }
    }
}
