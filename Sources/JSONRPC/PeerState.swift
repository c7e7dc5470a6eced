package import Basics

/// One side of a JSON-RPC connection as a value: which requests are open in either direction, and what follows from what
/// comes in. It sends and waits for nothing itself.
package struct PeerState: Sendable {
    /// What a message means for whoever drives this.
    package enum Event: Sendable, Hashable {
        /// The answer to a request of ours.
        case answered(RequestID, Result<JSONValue, RemoteError>)
        /// A request of theirs, to be answered with `answer`.
        case asked(RequestID, method: String, parameters: JSONObject)
        case notified(method: String, parameters: JSONObject)
        /// A message that is none, or an answer that nobody waits for. The connection goes on.
        case ignored(reason: String)
    }

    /// Requests of theirs that may wait for an answer at once; more are refused.
    private static let mostIncoming = 64

    private var nextID = 1
    private var outgoing: Set<RequestID> = []
    private var incoming: Set<RequestID> = []
    /// Ours that were given up: their answers may still come.
    private var abandoned: Set<RequestID> = []
    private static let mostAbandoned = 1024

    package init() {}

    package var isIdle: Bool { outgoing.isEmpty && incoming.isEmpty }

    /// Begins a request.
    package mutating func request(_ method: String, _ parameters: JSONObject) -> (
        id: RequestID, message: JSONRPCMessage
    ) {
        let id = RequestID.number(nextID)
        nextID += 1
        outgoing.insert(id)
        return (id, .request(id: id, method: method, parameters: parameters))
    }

    /// Gives a request of ours up; whether it was still open.
    package mutating func abandon(_ id: RequestID) -> Bool {
        guard outgoing.remove(id) != nil else { return false }
        if abandoned.count < Self.mostAbandoned { abandoned.insert(id) }
        return true
    }

    /// Answers a request of theirs; nil where it is not open, because it was answered or withdrawn.
    package mutating func answer(_ id: RequestID, _ result: Result<JSONValue, RemoteError>) -> JSONRPCMessage? {
        incoming.remove(id) == nil ? nil : .response(id: id, result)
    }

    /// Forgets a request of theirs that they withdrew.
    package mutating func withdraw(_ id: RequestID) -> Bool { incoming.remove(id) != nil }

    /// All requests of ours that are open, which nobody will answer any more.
    package mutating func close() -> [RequestID] {
        defer { self = PeerState() }
        return outgoing.sorted { "\($0)" < "\($1)" }
    }

    /// Takes one line. `reply` has to be sent at once, where there is one.
    package mutating func receive(_ line: [UInt8]) -> (event: Event, reply: JSONRPCMessage?) {
        let message: JSONRPCMessage
        do throws(JSONRPCMessage.Malformed) {
            message = try JSONRPCMessage(line)
        } catch {
            let reply = error.request.map {
                JSONRPCMessage.response(id: $0, .failure(RemoteError(code: -32600, message: error.reason)))
            }
            return (.ignored(reason: error.reason), reply)
        }
        switch message {
        case .response(let id, let result):
            if outgoing.remove(id) != nil { return (.answered(id, result), nil) }
            let isLate = abandoned.remove(id) != nil
            return (.ignored(reason: isLate ? "an answer that came too late" : "an answer that nobody waits for"), nil)
        case .request(let id, let method, let parameters):
            guard incoming.count < Self.mostIncoming, incoming.insert(id).inserted else {
                let error = RemoteError(code: -32600, message: "too many requests, or an id that is in use")
                return (.ignored(reason: error.message), .response(id: id, .failure(error)))
            }
            return (.asked(id, method: method, parameters: parameters), nil)
        case .notification(let method, let parameters):
            return (.notified(method: method, parameters: parameters), nil)
        case .unattributedError(let error):
            return (.ignored(reason: "an error about an unknown message: \(error.message)"), nil)
        }
    }
}
