import Basics
package import Wire

/// What a response cost, from a `model.response` or `review.response` record.
///
/// A long session has thousands of them, and reading each as JSON is what its length would cost at a resume. So the members
/// are found by their names: within JSON the bytes `"name":` are a member's name wherever they stand, since quotes in texts are
/// escaped, and these records hold each name once.
package struct ResponseScan: Sendable, Hashable {
    package private(set) var usage = TokenUsage()
    /// USD; nil where the price is unknown.
    package private(set) var cost: Double?

    init(usage: TokenUsage, cost: Double?) {
        self.usage = usage
        self.cost = cost
    }

    init(_ payload: ArraySlice<UInt8>) {
        self = payload.withUnsafeBufferPointer { ResponseScan($0) }
    }

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        var at = 0
        while at < bytes.count {
            guard bytes[at] == UInt8(ascii: "\"") else {
                at += 1
                continue
            }
            let start = at + 1
            at = start
            while at < bytes.count, bytes[at] != UInt8(ascii: "\"") {
                // What is escaped ends nothing.
                at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1
            }
            let end = min(at, bytes.count)
            at += 1
            guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { continue }
            at += 1
            let name = UnsafeBufferPointer(rebasing: bytes[start..<end])
            let value = at
            while at < bytes.count, Self.isNumeral(bytes[at]) { at += 1 }
            guard at > value else { continue }
            take(name, UnsafeBufferPointer(rebasing: bytes[value..<at]))
        }
    }

    private static func isNumeral(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    private mutating func take(_ name: UnsafeBufferPointer<UInt8>, _ number: UnsafeBufferPointer<UInt8>) {
        func isName(_ text: StaticString) -> Bool {
            name.count == text.utf8CodeUnitCount
                && name.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
        switch name.count {
        case 8: if isName("cost_usd") { cost = Double(String(decoding: number, as: UTF8.self)) }
        case 12: if isName("input_tokens") { usage.inputTokens = Self.int(number) }
        case 13: if isName("output_tokens") { usage.outputTokens = Self.int(number) }
        case 19: if isName("cached_input_tokens") { usage.cachedInputTokens = Self.int(number) }
        case 23:
            if isName("reasoning_output_tokens") { usage.reasoningOutputTokens = Self.int(number) }
        case 24:
            if isName("cache_write_input_tokens") { usage.cacheWriteInputTokens = Self.int(number) }
        default: break
        }
    }

    /// As `TokenUsage` reads it from JSON.
    private static func int(_ digits: UnsafeBufferPointer<UInt8>) -> Int {
        var value = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit), value < 1 << 52 else {
                return (try? JSONValue(parsing: digits))?.int ?? 0
            }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }
}

extension JournalRecord {
    /// What the response that it records cost; nil for records of other types.
    package var response: ResponseScan? {
        isType("model.response") || isType("review.response") ? ResponseScan(payloadBytes) : nil
    }
}
