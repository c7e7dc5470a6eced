package import Basics

/// Writes values as TOML, for messages, `config list` and `config set`.
package enum TOMLText {
    /// A value on one line. Null, which TOML lacks, prints as an empty string; options never hold it.
    package static func inline(_ value: JSONValue) -> String {
        switch value {
        case .null: "\"\""
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .string(let text): quoted(text)
        case .array(let elements): "[" + elements.map(inline).joined(separator: ", ") + "]"
        case .object(let object) where object.isEmpty: "{}"
        case .object(let object):
            "{ " + object.members.map { "\(DottedKey.join([$0.key])) = \(inline($0.value))" }.joined(separator: ", ")
                + " }"
        }
    }

    /// A basic string (TOML 1.0, "String") with the escapes it demands.
    package static func quoted(_ text: String) -> String {
        let needsEscape = text.utf8.contains {
            $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\")
        }
        guard needsEscape else { return "\"\(text)\"" }
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
