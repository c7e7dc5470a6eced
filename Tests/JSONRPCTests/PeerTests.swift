import Basics
import Synchronization
import Testing

@testable import JSONRPC

/// What a peer sent, as messages; whoever waits for one is told.
private final class Sent: Sendable {
    private let state = Mutex<(messages: [JSONRPCMessage], waiting: [CheckedContinuation<Void, Never>])>(([], []))

    func add(_ line: [UInt8]) throws {
        let message = try JSONRPCMessage(Array(line.dropLast()))
        let waiting = state.withLock { state in
            state.messages.append(message)
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.resume() }
    }

    var all: [JSONRPCMessage] { state.withLock { $0.messages } }

    func wait(for count: Int) async {
        while all.count < count {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.messages.count >= count { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

@Suite("A JSON-RPC peer", .timeLimit(.minutes(1))) struct PeerTests {
    private static let quiet = JSONRPCPeer.Handler { method, _ throws(RemoteError) in
        throw .methodNotFound(method)
    } notification: { _, _ in
    }

    private static func peer(_ sent: Sent, handler: JSONRPCPeer.Handler = quiet) -> JSONRPCPeer {
        JSONRPCPeer(lineLimit: 1000, handler: handler) { try sent.add($0) }
    }

    private static func answer(_ id: Int, _ value: JSONValue) -> [UInt8] {
        JSONRPCMessage.response(id: .number(id), .success(value)).json.bytes + [0x0A]
    }

    @Test("gives each call its own answer, in whatever order they come")
    func ordering() async throws {
        let sent = Sent()
        let peer = Self.peer(sent)
        async let first = peer.call("a", within: .seconds(30))
        await sent.wait(for: 1)
        async let second = peer.call("b", within: .seconds(30))
        await sent.wait(for: 2)
        await peer.receive(Self.answer(2, "two") + Self.answer(1, "one"))
        #expect(try await [first, second] == ["one", "two"])
        #expect(
            sent.all == [
                .request(id: .number(1), method: "a", parameters: [:]),
                .request(id: .number(2), method: "b", parameters: [:]),
            ])
    }

    @Test("hands an error on")
    func failure() async {
        let sent = Sent()
        let peer = Self.peer(sent)
        let call = Task { try await peer.call("a", within: .seconds(30)) }
        await sent.wait(for: 1)
        await peer.receive(JSONRPCMessage.response(id: .number(1), .failure(.invalidParameters)).json.bytes + [0x0A])
        await #expect(throws: RemoteError.invalidParameters) { try await call.value }
    }

    @Test("tells the other side of a call that is cancelled, and takes no late answer for another's")
    func cancelling() async throws {
        let sent = Sent()
        let peer = Self.peer(sent)
        let call = Task {
            try await peer.call("slow", within: .seconds(30)) {
                .notification(method: "cancelled", parameters: ["id": $0.json])
            }
        }
        await sent.wait(for: 1)
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        await sent.wait(for: 2)
        #expect(sent.all.last == .notification(method: "cancelled", parameters: ["id": 1]))
        async let next = peer.call("b", within: .seconds(30))
        await sent.wait(for: 3)
        await peer.receive(Self.answer(1, "late") + Self.answer(2, "right"))
        #expect(try await next == "right")
        #expect(await peer.ignored == ["an answer that came too late"])
    }

    @Test("gives up when the time is over")
    func timeout() async {
        let sent = Sent()
        let peer = Self.peer(sent)
        await #expect(throws: JSONRPCPeer.Failure.timedOut(.milliseconds(1))) {
            try await peer.call("slow", within: .milliseconds(1)) {
                .notification(method: "cancelled", parameters: ["id": $0.json])
            }
        }
        #expect(sent.all.last == .notification(method: "cancelled", parameters: ["id": 1]))
    }

    @Test("ends what waits when the connection ends, and everything after it at once")
    func closing() async {
        let sent = Sent()
        let peer = Self.peer(sent)
        let call = Task { try await peer.call("a", within: .seconds(30)) }
        await sent.wait(for: 1)
        await peer.close("gone")
        await #expect(throws: JSONRPCPeer.Failure.closed("gone")) { try await call.value }
        await #expect(throws: JSONRPCPeer.Failure.closed("gone")) { try await peer.call("b", within: .seconds(30)) }
        #expect(sent.all.count == 1)
    }

    @Test("a message beyond the limit ends the connection")
    func oversized() async {
        let sent = Sent()
        let peer = Self.peer(sent)
        let call = Task { try await peer.call("a", within: .seconds(30)) }
        await sent.wait(for: 1)
        await peer.receive([UInt8](repeating: 0x61, count: 1001))
        await #expect(throws: JSONRPCPeer.Failure.closed("a message has more than 1000 bytes")) { try await call.value }
    }

    @Test("answers requests, also while it waits itself, and refuses what it does not know")
    func serving() async throws {
        let sent = Sent()
        let peer = Self.peer(
            sent,
            handler: JSONRPCPeer.Handler { method, parameters throws(RemoteError) in
                guard method == "echo" else { throw .methodNotFound(method) }
                return .object(parameters)
            } notification: { _, _ in
            })
        async let call = peer.call("a", within: .seconds(30))
        await sent.wait(for: 1)
        await peer.receive(Array("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"echo\",\"params\":{\"x\":1}}\n".utf8))
        await sent.wait(for: 2)
        await peer.receive(Array("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"other\"}\nnonsense\n".utf8))
        await sent.wait(for: 3)
        await peer.receive(Self.answer(1, true))
        #expect(try await call == true)
        #expect(
            Array(sent.all.dropFirst()) == [
                .response(id: .number(1), .success(["x": 1])),
                .response(id: .text("q"), .failure(.methodNotFound("other"))),
            ])
        #expect(await peer.ignored.count == 1)
    }

    @Test("a flood of requests is refused beyond a bound")
    func flood() {
        var state = PeerState()
        var refused = 0
        for id in 0..<100 {
            let line = JSONRPCMessage.request(id: .number(id), method: "m", parameters: [:]).json.bytes
            if state.receive(line).reply != nil { refused += 1 }
        }
        #expect(refused == 36)
        #expect(
            state.receive(JSONRPCMessage.request(id: .number(0), method: "m", parameters: [:]).json.bytes).reply != nil)
    }
}
