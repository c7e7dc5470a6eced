package import Basics
import Glibc

/// A record's members found by their places, without reading the JSON of any of it.
///
/// For what looks at many records and needs little of each. Nothing that it says is verified.
package struct RecordScan: Sendable, Hashable {
    private let places: RecordPlaces
    /// Without its line end.
    let line: ArraySlice<UInt8>

    /// nil for a line (without its line end) that has not the form of a record.
    package init?(_ line: ArraySlice<UInt8>) {
        guard let places = line.withUnsafeBufferPointer({ RecordPlaces($0) }) else { return nil }
        self.init(line, places)
    }

    /// A line whose places are known.
    init(_ line: ArraySlice<UInt8>, _ places: RecordPlaces) {
        self.line = line
        self.places = places
    }

    package var sequence: Int { places.sequence }
    package var time: String { String(decoding: self[places.time], as: UTF8.self) }
    package var type: String { String(decoding: self[places.type], as: UTF8.self) }
    /// JSON that is not read yet.
    package var payload: ArraySlice<UInt8> { self[places.payload] }
    /// The hash that the line states, and that of the record before.
    package var hash: String { String(decoding: line.dropLast(2).suffix(64), as: UTF8.self) }
    package var previous: String {
        String(decoding: line.dropFirst(RecordPlaces.previous(in: line.count)).prefix(64), as: UTF8.self)
    }

    /// What it is to a session that is gone on with.
    var use: RecordUse? { line.withUnsafeBufferPointer { RecordUse($0, places) } }

    /// Whether these 64 digits are what it names as the hash of the record before.
    func follows(_ digits: ArraySlice<UInt8>) -> Bool {
        let stated = line.dropFirst(RecordPlaces.previous(in: line.count)).prefix(64)
        return stated.withUnsafeBytes { left in
            digits.withUnsafeBytes { right in
                guard let a = left.baseAddress, let b = right.baseAddress else { return false }
                return left.count == 64 && right.count == 64 && memcmp(a, b, 64) == 0
            }
        }
    }

    package var json: JSONValue? { try? JSONValue(parsing: payload) }

    package func isType(_ name: StaticString) -> Bool { Self.equals(self[places.type], name) }

    /// Whether it is an event of this type, whose payload begins with it.
    package func isEvent(_ name: String) -> Bool {
        isType("event") && payload.starts(with: "{\"type\":\"\(name)\"".utf8)
    }

    private subscript(place: Range<Int>) -> ArraySlice<UInt8> {
        line[line.startIndex + place.lowerBound..<line.startIndex + place.upperBound]
    }

    private static func equals(_ bytes: ArraySlice<UInt8>, _ name: StaticString) -> Bool {
        bytes.count == name.utf8CodeUnitCount
            && bytes.withUnsafeBufferPointer {
                $0.baseAddress.map { memcmp($0, name.utf8Start, bytes.count) == 0 } ?? true
            }
    }
}
