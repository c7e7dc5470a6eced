package import Basics

/// One event of a `text/event-stream`.
package struct SSEEvent: Sendable, Hashable {
    /// The `event` field, or `message` where the stream names none.
    package var type: String
    /// The `data` lines joined by line feeds.
    package var data: [UInt8]

    package init(type: String = "message", data: [UInt8]) {
        self.type = type
        self.data = data
    }

    /// The data as JSON.
    ///
    /// Bytes that are not UTF-8 become U+FFFD first, as the standard's decoder does.
    package func json() throws(JSONSyntaxError) -> JSONValue {
        do {
            return try JSONValue(parsing: data)
        } catch {
            guard String(validating: data, as: UTF8.self) == nil else { throw error }
            return try JSONValue(parsing: String(decoding: data, as: UTF8.self))
        }
    }
}

/// A reader of server-sent events that takes its bytes in pieces cut anywhere.
///
/// Follows the WHATWG HTML standard, section 9.2.6 "Interpreting an event stream": a leading byte order mark is
/// dropped, lines end in CR, LF or CRLF, a line that starts with a colon is a comment, and what has not been closed
/// by a blank line when the stream ends is discarded. `id` and `retry` are read over: a model's stream is not resumed.
package struct SSEParser: Sendable {
    /// What one stream may cost in memory and traffic, in bytes.
    package struct Limits: Sendable, Hashable {
        /// The largest event, and the largest line.
        package var event: Int
        /// The longest stream.
        package var total: Int

        package init(event: Int = 16 << 20, total: Int = 256 << 20) {
            self.event = event
            self.total = total
        }
    }

    /// The stream is larger than the limits allow.
    package enum Overflow: Error, Sendable, Hashable {
        case event(limit: Int)
        case total(limit: Int)
    }

    private let limits: Limits
    private var line: [UInt8] = []
    private var type = ""
    private var data: [UInt8] = []
    private var hasData = false
    private var total = 0
    /// How much of a byte order mark has been seen at the very start; nil once the start is over.
    private var markSeen: Int? = 0
    private var afterCarriageReturn = false

    package init(limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Takes the next bytes and returns the events they complete, in order.
    package mutating func receive(_ bytes: some Sequence<UInt8>) throws(Overflow) -> [SSEEvent] {
        var events: [SSEEvent] = []
        for byte in bytes {
            total += 1
            if let seen = markSeen {
                if byte == Self.mark[seen] {
                    markSeen = seen + 1 < Self.mark.count ? seen + 1 : nil
                    continue
                }
                line.append(contentsOf: Self.mark[..<seen])
                markSeen = nil
            }
            switch byte {
            case UInt8(ascii: "\n") where afterCarriageReturn:
                afterCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                afterCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                afterCarriageReturn = false
                guard line.count + data.count < limits.event else { throw .event(limit: limits.event) }
                line.append(byte)
            }
        }
        guard total <= limits.total else { throw .total(limit: limits.total) }
        return events
    }

    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private mutating func endLine() -> SSEEvent? {
        defer { line.removeAll(keepingCapacity: true) }
        guard !line.isEmpty else { return dispatch() }
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        var value = colon == line.endIndex ? line[colon...] : line[(colon + 1)...]
        if value.first == UInt8(ascii: " ") { value.removeFirst() }
        if line[..<colon].elementsEqual("data".utf8) {
            if hasData { data.append(UInt8(ascii: "\n")) }
            data.append(contentsOf: value)
            hasData = true
        } else if line[..<colon].elementsEqual("event".utf8) {
            type = String(decoding: value, as: UTF8.self)
        }
        return nil
    }

    private mutating func dispatch() -> SSEEvent? {
        defer {
            type = ""
            data = []
            hasData = false
        }
        guard hasData else { return nil }
        return SSEEvent(type: type.isEmpty ? "message" : type, data: data)
    }
}
