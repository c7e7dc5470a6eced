package import Basics

/// Names with values, as spans, metrics and log records have them.
package struct TelemetryAttributes: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    package enum Value: Sendable, Hashable {
        case text(String)
        case int(Int)
        case bool(Bool)
    }

    private struct Member: Sendable, Hashable {
        var name: String
        var value: Value
    }

    private var members: [Member] = []

    package init(dictionaryLiteral elements: (String, Value)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// Setting nil takes the attribute away.
    package subscript(name: String) -> Value? {
        get { members.first { $0.name == name }?.value }
        set {
            let place = members.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): members[place].value = value
            case (let place?, nil): members.remove(at: place)
            case (nil, let value?): members.append(Member(name: name, value: value))
            case (nil, nil): break
            }
        }
    }

    /// Takes a text over where there is one.
    mutating func set(_ name: String, _ text: String?) {
        if let text { self[name] = .text(text) }
    }

    /// Takes a number over where there is one.
    mutating func set(_ name: String, _ number: Int?) {
        if let number { self[name] = .int(number) }
    }

    /// OTLP's list of key and value; 64-bit numbers are texts there.
    package var json: JSONValue {
        .array(
            members.map { member in
                let value: JSONValue =
                    switch member.value {
                    case .text(let text): ["stringValue": .string(text)]
                    case .int(let number): ["intValue": .string("\(number)")]
                    case .bool(let flag): ["boolValue": .bool(flag)]
                    }
                return ["key": .string(member.name), "value": value]
            })
    }
}

extension TelemetryAttributes {
    /// Names as Prometheus has them, each with its value, in their order.
    var labels: [(String, String)] {
        members.map { member in
            let value =
                switch member.value {
                case .text(let text): text
                case .int(let number): "\(number)"
                case .bool(let flag): "\(flag)"
                }
            return (String(member.name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" }), value)
        }
        .sorted { $0.0 < $1.0 }
    }
}

extension WallTime {
    /// As OTLP's JSON has a moment: nanoseconds since 1970, as text.
    var unixNano: JSONValue { .string(milliseconds == 0 ? "0" : "\(milliseconds)000000") }
}
