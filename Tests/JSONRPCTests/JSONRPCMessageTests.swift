import Basics
import Testing

@testable import JSONRPC

@Suite("JSON-RPC messages and lines") struct JSONRPCMessageTests {
    private static func message(_ text: String) throws -> JSONRPCMessage { try JSONRPCMessage(Array(text.utf8)) }

    static let readable: [(String, JSONRPCMessage)] = [
        (
            #"{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":1}}"#,
            .request(id: .number(1), method: "m", parameters: ["a": 1])
        ),
        (#"{"jsonrpc":"2.0","id":"x","method":"m"}"#, .request(id: .text("x"), method: "m", parameters: [:])),
        (#"{"jsonrpc":"2.0","method":"n"}"#, .notification(method: "n", parameters: [:])),
        (#"{"jsonrpc":"2.0","id":7,"result":null}"#, .response(id: .number(7), .success(.null))),
        (
            #"{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no","data":[1]}}"#,
            .response(id: .number(7), .failure(RemoteError(code: -1, message: "no", data: [1])))
        ),
        (
            #"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"no"}}"#,
            .unattributedError(RemoteError(code: -32700, message: "no"))
        ),
    ]

    @Test("are read, and written as they were", arguments: readable)
    func reading(_ text: String, _ expected: JSONRPCMessage) throws {
        #expect(try Self.message(text) == expected)
        #expect(try JSONRPCMessage(expected.json.bytes) == expected)
    }

    static let unreadable: [(String, RequestID?)] = [
        ("", nil), ("x", nil), ("[]", nil), ("1", nil), (#"[{"jsonrpc":"2.0","method":"m"}]"#, nil),
        (#"{"id":1,"method":"m"}"#, .number(1)), (#"{"jsonrpc":"1.0","id":1,"method":"m"}"#, .number(1)),
        (#"{"jsonrpc":"2.0","id":1,"method":2}"#, .number(1)),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","params":[]}"#, .number(1)),
        (#"{"jsonrpc":"2.0","id":null,"method":"m"}"#, nil), (#"{"jsonrpc":"2.0","id":1.5,"method":"m"}"#, nil),
        (#"{"jsonrpc":"2.0","id":{},"method":"m"}"#, nil), (#"{"jsonrpc":"2.0","id":1}"#, nil),
        (#"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"m"}}"#, nil),
        (#"{"jsonrpc":"2.0","id":1,"error":{"code":1}}"#, nil), (#"{"jsonrpc":"2.0","result":1}"#, nil),
        (#"{"jsonrpc":"2.0","id":1,"method":"m","result":1}"#, .number(1)),
    ]

    @Test("that are none are refused, with the id where there is one to answer", arguments: unreadable)
    func refusing(_ text: String, _ id: RequestID?) {
        #expect { try Self.message(text) } throws: { ($0 as? JSONRPCMessage.Malformed)?.request == id }
    }

    @Test("every prefix and every changed byte is read or refused")
    func damaged() {
        for (text, _) in Self.readable {
            let bytes = Array(text.utf8)
            for end in bytes.indices {
                #expect(throws: JSONRPCMessage.Malformed.self) { try JSONRPCMessage(Array(bytes[..<end])) }
            }
            for place in bytes.indices {
                for byte: UInt8 in [0, 0x22, 0x7B, 0x7D, 0xFF, 0x2C] {
                    var changed = bytes
                    changed[place] = byte
                    _ = try? JSONRPCMessage(changed)
                }
            }
        }
    }

    @Test("lines are the same however they are cut")
    func framing() throws {
        let text = Array("{}\r\n\n{\"a\":1}\nrest".utf8)
        for size in 1...text.count {
            var framing = LineFraming(limit: 16)
            var lines: [[UInt8]] = []
            for start in stride(from: 0, to: text.count, by: size) {
                lines += try framing.take(text[start..<min(start + size, text.count)])
            }
            #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["{}", "{\"a\":1}"])
        }
    }

    @Test("a line beyond the limit ends the stream for good")
    func oversized() throws {
        var framing = LineFraming(limit: 8)
        #expect(try framing.take(Array("12345678\n".utf8)).count == 1)
        #expect(throws: LineFraming.Oversized(limit: 8)) { _ = try framing.take(Array("123456789".utf8)) }
        #expect(throws: LineFraming.Oversized(limit: 8)) { _ = try framing.take(Array("1\n".utf8)) }
    }
}
