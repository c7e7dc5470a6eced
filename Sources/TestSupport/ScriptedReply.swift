import Basics
import Wire

/// What the server writes for one request.
struct ScriptedReply: Sendable {
    enum End: Sendable {
        /// HTTP's own end, connection kept.
        case finish
        case closeConnection
        /// Nothing more, until the client goes.
        case stall
    }

    var status = 200
    var headers: [(String, String)] = [("content-type", "text/event-stream")]
    var pieces: [[UInt8]] = []
    var end = End.finish
    /// Whether anything at all is sent.
    var isSilent = false

    static func json(_ status: Int, _ body: JSONValue, headers: [String: String] = [:]) -> ScriptedReply {
        let extra = headers.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return ScriptedReply(
            status: status, headers: [("content-type", "application/json")] + extra, pieces: [body.bytes])
    }

    init(
        status: Int = 200, headers: [(String, String)] = [("content-type", "text/event-stream")],
        pieces: [[UInt8]] = [], end: End = .finish
    ) {
        self.status = status
        self.headers = headers
        self.pieces = pieces
        self.end = end
    }

    init(_ step: ScriptedStep, number: Int, fault: ScriptedFault?, dialect: WireDialect, model: String) {
        let script = ScriptedEvents(step, number: number, dialect: dialect, model: model)
        self.init(pieces: script.events)
        switch fault {
        case nil:
            break
        case .status(let code, let headers, let body)?:
            let usual: JSONValue = [
                "type": "error", "error": ["type": "scripted_error", "message": .string("scripted HTTP \(code)")],
            ]
            self = .json(code, body ?? usual, headers: headers)
        case .cut(let count)?:
            (pieces, end) = (Array(script.events.prefix(count)), .closeConnection)
        case .cutBeforeClosingEvent?:
            (pieces, end) = (script.opening, .closeConnection)
        case .endBeforeClosingEvent?:
            pieces = script.opening
        case .stall(let count)?:
            (pieces, end) = (Array(script.events.prefix(count)), .stall)
        case .malformedEvent?:
            pieces.insert(ScriptedEvents.bytes(nil, "{\"type\": \"tr"), at: max(1, pieces.count - script.closing))
        case .failed(let code)?:
            pieces = ScriptedEvents(step, number: number, dialect: dialect, model: model, failureCode: code).events
        case .noAnswer?:
            (pieces, end, isSilent) = ([], .closeConnection, true)
        case .always(let inner)?:
            self.init(step, number: number, fault: inner, dialect: dialect, model: model)
        }
    }
}
