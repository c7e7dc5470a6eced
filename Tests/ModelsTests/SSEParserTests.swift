import Basics
import Testing

@testable import Models

@Suite struct SSEParserTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var stream: String
        var events: [SSEEvent]

        init(_ description: String, _ stream: String, _ events: [(String, String)]) {
            testDescription = description
            self.stream = stream
            self.events = events.map { SSEEvent(type: $0.0, data: Array($0.1.utf8)) }
        }
    }

    static let cases = [
        Case("an event ends with a blank line", "data: a\n\ndata: b\n\n", [("message", "a"), ("message", "b")]),
        Case("an event that nothing closes is discarded", "data: a\n\ndata: b\n", [("message", "a")]),
        Case("data lines are joined by line feeds", "data: a\ndata\ndata: b\n\n", [("message", "a\n\nb")]),
        Case("one leading space is dropped", "data:a\ndata:  b\n\n", [("message", "a\n b")]),
        Case(
            "CRLF, CR and LF all end lines", "data: a\r\n\r\ndata: b\r\rdata: c\n\n",
            [
                ("message", "a"), ("message", "b"), ("message", "c"),
            ]),
        Case("comments are skipped", ": hello\n\ndata: a\n: b\n\n:\n\n", [("message", "a")]),
        Case("a byte order mark at the start is dropped", "\u{FEFF}data: a\n\n", [("message", "a")]),
        Case("a byte order mark later belongs to the line", "data: a\n\n\u{FEFF}data: b\n\n", [("message", "a")]),
        Case(
            "the event field names the type, for one event", "event: e\ndata: a\n\ndata: b\n\n",
            [
                ("e", "a"), ("message", "b"),
            ]),
        Case("an event without data is none", "event: e\n\ndata: b\n\n", [("message", "b")]),
        Case("empty data is an event", "data\n\ndata:\n\n", [("message", ""), ("message", "")]),
        Case(
            "unknown fields, id and retry are skipped", "id: 1\nretry: 2\nfoo: 3\nfoo\ndata: a\n\n",
            [
                ("message", "a")
            ]),
        Case("colons in values stay", "data: a: b:c\n\n", [("message", "a: b:c")]),
    ]

    @Test(arguments: cases) func `reads the stream by the standard, cut anywhere`(_ example: Case) throws {
        let bytes = Array(example.stream.utf8)
        for size in 1...max(1, bytes.count) {
            var parser = SSEParser()
            var events: [SSEEvent] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                events += try parser.receive(bytes[start..<min(bytes.count, start + size)])
            }
            #expect(events == example.events, "in pieces of \(size)")
        }
    }

    @Test func `refuses an event beyond the limit, in one line or in many`() {
        for stream in [String(repeating: "x", count: 20), String(repeating: "data: x\n", count: 20)] {
            var parser = SSEParser(limits: .init(event: 15, total: 1_000))
            #expect(throws: SSEParser.Overflow.event(limit: 15)) { try parser.receive(stream.utf8) }
        }
    }

    @Test func `refuses a stream beyond the limit`() throws {
        var parser = SSEParser(limits: .init(event: 15, total: 20))
        #expect(try parser.receive("data: a\n\n".utf8).count == 1)
        #expect(try parser.receive("data: b\n\n".utf8).count == 1)
        #expect(throws: SSEParser.Overflow.total(limit: 20)) { try parser.receive("data: c\n\n".utf8) }
    }

    @Test func `repairs data that is not UTF-8`() throws {
        let event = SSEEvent(data: Array("{\"a\":\"".utf8) + [0xFF] + Array("\"}".utf8))
        #expect(try event.json() == ["a": "\u{FFFD}"])
        #expect(throws: (any Error).self) { try SSEEvent(data: Array("{\"a\":".utf8)).json() }
    }
}
