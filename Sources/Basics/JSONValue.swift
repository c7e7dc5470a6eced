/// A JSON document that keeps what `Codable` loses: the order of object keys and the exact text of numbers.
///
/// Both matter here. Model providers compare prompts byte for byte to find cached prefixes, and the journal hashes
/// canonical bytes, so a value that is read and written again must come out the same.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

/// A number as its source text, so that `1.0`, `1` and `1e0` survive unchanged.
package struct JSONNumber: Sendable, Hashable {
    /// The literal, valid by RFC 8259 section 6.
    package let text: String

    package init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// Writes a finite value in Swift's shortest round-trip form; NaN and infinities, which JSON lacks, become `0`.
    package init(_ value: Double) {
        text =
            value.isFinite ? (value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : "\(value)") : "0"
    }

    init(literal: String) {
        text = literal
    }

    /// The number as an integer, or nil when it has a fraction or does not fit.
    package var int: Int? {
        if let exact = Int(text) { return exact }
        guard let value = Double(text), value == value.rounded(), abs(value) < 9.0e18 else { return nil }
        return Int(value)
    }

    package var double: Double { Double(text) ?? 0 }
}

/// An object's members in source order. Setting an existing key keeps its place.
package struct JSONObject: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package private(set) var members: [(key: String, value: JSONValue)]

    package init() {
        members = []
    }

    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = []
        for (key, value) in elements { self[key] = value }
    }

    /// With more members than this their places are kept in a table while an object is made.
    private static let lookedThrough = 16

    /// Takes members as they come; a repeated key keeps its last value, as ECMA-404 readers commonly do.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        members = []
        members.reserveCapacity(pairs.underestimatedCount)
        // A table of places, since a hostile document may hold a hundred thousand keys; for a few, looking is quicker.
        var places: [String: Int] = [:]
        for (key, value) in pairs {
            let isTabled = members.count > Self.lookedThrough
            if isTabled, places.isEmpty {
                for (place, member) in members.enumerated() { places[member.key] = place }
            }
            if let place = isTabled ? places[key] : members.firstIndex(where: { $0.key == key }) {
                members[place].value = value
            } else {
                if isTabled { places[key] = members.count }
                members.append((key, value))
            }
        }
    }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }
    package var keys: [String] { members.map(\.key) }

    package subscript(key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            if let at = members.firstIndex(where: { $0.key == key }) {
                if let newValue { members[at].value = newValue } else { members.remove(at: at) }
            } else if let newValue {
                members.append((key, newValue))
            }
        }
    }

    /// Equality ignores order, as JSON's own meaning does; the printed bytes still differ.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.members.allSatisfy { right[$0.key] == $0.value }
    }

    package func hash(into hasher: inout Hasher) {
        var sum = 0
        for (key, value) in members {
            var one = Hasher()
            one.combine(key)
            one.combine(value)
            sum ^= one.finalize()
        }
        hasher.combine(sum)
    }
}

extension JSONValue {
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var int: Int? { if case .number(let value) = self { value.int } else { nil } }
    package var double: Double? { if case .number(let value) = self { value.double } else { nil } }
    package var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var object: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// The member of an object; nil for a missing key and for anything that is not an object.
    package subscript(key: String) -> JSONValue? {
        get { object?[key] }
        set {
            guard case .object(var members) = self else { return }
            members[key] = newValue
            self = .object(members)
        }
    }

    /// The element of an array; nil out of bounds and for anything that is not an array.
    package subscript(index: Int) -> JSONValue? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package static func int(_ value: some BinaryInteger) -> JSONValue { .number(JSONNumber(value)) }
    package static func double(_ value: Double) -> JSONValue { .number(JSONNumber(value)) }

    /// A value, or null for nil.
    package static func optional(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    package static func optional(_ value: Int?) -> JSONValue { value.map { .int($0) } ?? .null }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral, ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(nilLiteral: ()) { self = .null }
    package init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(JSONObject(elements)) }
}
