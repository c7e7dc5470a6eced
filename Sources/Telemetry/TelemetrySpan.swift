package import Basics

/// A piece of work with beginning and end, in a trace that stands for one turn.
package struct TelemetrySpan: Sendable, Hashable {
    /// Who waits for whom, in OpenTelemetry's terms and numbers.
    package enum Kind: Int, Sendable, Hashable {
        case `internal` = 1
        case client = 3
    }

    /// 32 hexadecimal digits.
    package var trace: String
    /// 16 hexadecimal digits.
    package var id: String
    /// nil for the trace's root.
    package var parent: String?
    package var name: String
    package var kind: Kind
    package var start: WallTime
    package var end: WallTime
    package var attributes: TelemetryAttributes
    /// What kind of failure it ended with; nil for none.
    package var errorType: String?

    package init(
        trace: String, id: String, parent: String? = nil, name: String, kind: Kind, start: WallTime, end: WallTime,
        attributes: TelemetryAttributes, errorType: String? = nil
    ) {
        self.trace = trace
        self.id = id
        self.parent = parent
        self.name = name
        self.kind = kind
        self.start = start
        self.end = end
        self.attributes = attributes
        self.errorType = errorType
    }

    /// OTLP's `Span`.
    package var json: JSONValue {
        var attributes = attributes
        attributes.set("error.type", errorType)
        var object: JSONObject = ["traceId": .string(trace), "spanId": .string(id)]
        if let parent { object["parentSpanId"] = .string(parent) }
        object["name"] = .string(name)
        object["kind"] = .int(kind.rawValue)
        object["startTimeUnixNano"] = start.unixNano
        // The system's clock may go backwards; no reader takes a span that does.
        object["endTimeUnixNano"] = max(start, end).unixNano
        object["attributes"] = attributes.json
        if errorType != nil { object["status"] = ["code": 2] }
        return .object(object)
    }
}

/// Ids of traces and spans, made from the session's id and the number of the record that began them, so that who has a
/// journal finds its traces, and a session that is gone on with never has an id twice.
struct TelemetryIDs: Sendable, Hashable {
    /// The session's id as a number.
    private let seed: UInt64

    init(session: String) {
        // FNV-1a: the id is random already, and needs no more than to be taken in whole.
        seed = session.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }

    func trace(_ record: Int) -> String { digits(record, salt: 1) + digits(record, salt: 2) }
    /// - Parameter part: tells spans apart that begin with the same record.
    func span(_ record: Int, part: Int = 0) -> String { digits(record, salt: 3 + UInt64(part)) }

    /// The mixing of SplitMix64; never all zeros, which OpenTelemetry takes for no id.
    private func digits(_ record: Int, salt: UInt64) -> String {
        var value = seed &+ UInt64(record) &* 0x9E37_79B9_7F4A_7C15 &+ salt &* 0xD1B5_4A32_D192_ED03
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        value ^= value >> 31
        let text = String(max(value, 1), radix: 16)
        return String(repeating: "0", count: 16 - text.utf8.count) + text
    }
}
