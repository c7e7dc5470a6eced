package import Basics
import Glibc

/// A record's members found by their places, without reading the JSON of any of it.
///
/// For what looks at many records and needs little of each. Nothing that it says is verified.
package struct RecordScan: Sendable, Hashable {
    package let sequence: Int
    /// Without its line end.
    let line: ArraySlice<UInt8>
    private let timeRange: Range<Int>
    private let typeRange: Range<Int>
    private let payloadRange: Range<Int>

    private static let sequenceMark = Array("{\"seq\":".utf8)
    private static let timeMark = Array(",\"time\":\"".utf8)
    private static let typeMark = Array("\",\"type\":\"".utf8)
    private static let payloadMark = Array("\",\"payload\":".utf8)
    private static let previousMark = Array(",\"prev\":\"".utf8)
    private static let hashMark = Array("\",\"hash\":\"".utf8)
    private static let endMark = Array("\"}".utf8)
    /// Bytes of `,"prev":"…","hash":"…"}`.
    private static let tail = 9 + 64 + 10 + 64 + 2

    /// nil for a line (without its line end) that has not the form of a record.
    package init?(_ line: ArraySlice<UInt8>) {
        let found = line.withUnsafeBufferPointer { bytes -> (Int, Range<Int>, Range<Int>, Range<Int>)? in
            var at = 0
            func skip(_ mark: [UInt8]) -> Bool {
                guard bytes.count - at >= mark.count, let base = bytes.baseAddress,
                    memcmp(base + at, mark, mark.count) == 0
                else { return false }
                at += mark.count
                return true
            }
            func untilQuote(_ limit: Int) -> Range<Int>? {
                let start = at
                while at < bytes.count, at - start <= limit {
                    if bytes[at] == UInt8(ascii: "\"") { return start..<at }
                    at += 1
                }
                return nil
            }
            guard skip(Self.sequenceMark) else { return nil }
            var sequence = 0
            let digits = at
            while at < bytes.count, at - digits < 18, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[at]) {
                sequence = sequence * 10 + Int(bytes[at] - UInt8(ascii: "0"))
                at += 1
            }
            guard at > digits, skip(Self.timeMark), let time = untilQuote(40), skip(Self.typeMark),
                let type = untilQuote(100), skip(Self.payloadMark)
            else { return nil }
            let payload = at
            let end = bytes.count - Self.tail
            guard payload < end else { return nil }
            at = end
            guard skip(Self.previousMark) else { return nil }
            at += 64
            guard skip(Self.hashMark) else { return nil }
            at += 64
            guard skip(Self.endMark) else { return nil }
            return (sequence, time, type, payload..<end)
        }
        guard let (sequence, time, type, payload) = found else { return nil }
        self.sequence = sequence
        self.line = line
        let start = line.startIndex
        timeRange = time.lowerBound + start..<time.upperBound + start
        typeRange = type.lowerBound + start..<type.upperBound + start
        payloadRange = payload.lowerBound + start..<payload.upperBound + start
    }

    package var time: String { String(decoding: line[timeRange], as: UTF8.self) }
    package var type: String { String(decoding: line[typeRange], as: UTF8.self) }
    /// JSON that is not read yet.
    package var payload: ArraySlice<UInt8> { line[payloadRange] }
    /// The hash that the line states, and that of the record before.
    package var hash: String { String(decoding: line.dropLast(2).suffix(64), as: UTF8.self) }
    package var previous: String {
        String(decoding: line[payloadRange.upperBound...].dropFirst(9).prefix(64), as: UTF8.self)
    }

    /// Whether these 64 digits are what it names as the hash of the record before.
    func follows(_ digits: ArraySlice<UInt8>) -> Bool {
        // `"prev":"…","hash":"…"}` ends the line.
        let stated = line.dropLast(76).suffix(64)
        return stated.withUnsafeBytes { left in
            digits.withUnsafeBytes { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return false }
                return left.count == 64 && right.count == 64 && memcmp(a, b, 64) == 0
            }
        }
    }

    package var json: JSONValue? { try? JSONValue(parsing: payload) }

    package func isType(_ name: StaticString) -> Bool { Self.equals(line[typeRange], name) }

    /// Whether it is an event of this type, whose payload begins with it.
    package func isEvent(_ name: String) -> Bool {
        isType("event") && payload.starts(with: "{\"type\":\"\(name)\"".utf8)
    }

    private static func equals(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        bytes.count == name.utf8CodeUnitCount
            && bytes.withUnsafeBufferPointer {
                $0.baseAddress.map { memcmp($0, name.utf8Start, bytes.count) == 0 } ?? true
            }
    }
}
