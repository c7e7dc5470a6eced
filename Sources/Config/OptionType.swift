import Basics
import Wire

/// What values an option takes.
package indirect enum OptionType: Sendable, Hashable {
    case boolean
    /// Whole numbers within the bounds.
    case integer(ClosedRange<Int>)
    /// Finite numbers from the minimum up.
    case number(minimum: Double)
    /// One line of text, not empty.
    case string
    /// Text that may span lines, or be empty.
    case text
    /// One of the named values.
    case choice([String])
    /// A file or folder: absolute, from `~/`, or relative to the folder of the file that sets it (flags: to the working
    /// directory).
    case path
    /// A path that may hold glob characters; relative ones stay as they are.
    case pathPattern
    /// The name of a file without any folder.
    case fileName
    /// An `http` or `https` address.
    case url
    /// The name of an environment variable.
    case environmentName
    /// A value for a header: one line, may be empty.
    case line
    case list(OptionType)
    /// A key or several, such as `ctrl-t`; none take an action its key.
    case keys
    /// A table that is kept as it is.
    case table

    /// The words for messages and the reference page.
    package var description: String {
        switch self {
        case .boolean: "true or false"
        case .integer(let range) where range.upperBound == .max: "a whole number from \(range.lowerBound)"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let minimum): "a number from \(JSONNumber(minimum).text)"
        case .string, .line: "text on one line"
        case .text: "text"
        case .choice(let names): "one of " + names.map(TOMLText.quoted).joined(separator: ", ")
        case .path: "a path"
        case .pathPattern: "a path or glob"
        case .fileName: "a file name without a folder"
        case .url: "an http or https address"
        case .environmentName: "the name of an environment variable"
        case .list(let element): "a list, each " + element.description
        case .keys: "a key or a list of keys (`ctrl-t`, `alt-enter`, `page-up`, `f5`, `?`)"
        case .table: "a table"
        }
    }

    /// Why a value is not of this type, or nil when it is. `foreign` is the TOML type where JSON lacks it.
    func objection(to value: JSONValue, foreign: String? = nil) -> String? {
        if let foreign { return "expected \(description), found \(foreign)" }
        switch (self, value) {
        case (.boolean, .bool), (.table, .object): return nil
        case (.integer(let range), .number(let number)):
            // 3.0 is a float in TOML, and stays an error: Codex and TOML keep the two types apart.
            guard let int = Int(number.text) else { break }
            return range.contains(int) ? nil : "expected \(description), found \(int)"
        case (.number(let minimum), .number(let number)):
            return number.double >= minimum ? nil : "expected \(description), found \(number.text)"
        case (.list(let element), .array(let values)):
            for (index, value) in values.enumerated() {
                if let objection = element.objection(to: value) { return "element \(index + 1): \(objection)" }
            }
            return nil
        case (.keys, .array(let values)):
            for (index, value) in values.enumerated() {
                guard let text = value.string else {
                    return "element \(index + 1): expected a key, found \(value.typeName)"
                }
                if let objection = textObjection(to: text) { return "element \(index + 1): \(objection)" }
            }
            return nil
        case (_, .string(let text)):
            return textObjection(to: text)
        default: break
        }
        return "expected \(description), found \(value.typeName)"
    }

    private func textObjection(to text: String) -> String? {
        switch self {
        case .boolean, .integer, .number, .list, .table:
            return "expected \(description), found text \(TOMLText.quoted(text.printable))"
        case .keys:
            return KeyChord(text) == nil ? "no terminal knows a key \(TOMLText.quoted(text.printable))" : nil
        case .text:
            return text.unicodeScalars.contains { $0.isControl && !"\n\r\t".unicodeScalars.contains($0) }
                ? "control characters are not allowed here" : nil
        case .string, .path, .pathPattern:
            if text.isEmpty { return "expected \(description), found empty text" }
            return text.unicodeScalars.contains(where: \.isControl) ? "control characters are not allowed here" : nil
        case .line:
            return text.unicodeScalars.contains(where: \.isControl) ? "control characters are not allowed here" : nil
        case .choice(let names):
            if names.contains(text) { return nil }
            let guess =
                Suggestion.nearest(to: text, among: names).map { "; did you mean \(TOMLText.quoted($0))?" } ?? ""
            return "expected \(description), found \(TOMLText.quoted(text.printable))\(guess)"
        case .fileName:
            let fits = !text.isEmpty && text != "." && text != ".." && !text.contains("/")
            return fits && !text.unicodeScalars.contains(where: \.isControl)
                ? nil : "expected \(description), found \(TOMLText.quoted(text.printable))"
        case .url:
            return text.isWebAddress ? nil : "expected \(description), found \(TOMLText.quoted(text.printable))"
        case .environmentName:
            return text.isEnvironmentName ? nil : "expected \(description), found \(TOMLText.quoted(text.printable))"
        }
    }
}

extension JSONValue {
    /// TOML's word for the kind of value.
    var typeName: String {
        switch self {
        case .null: "nothing"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): "the number \(number.text)"
        case .string: "text"
        case .array: "a list"
        case .object: "a table"
        }
    }
}

extension String {
    /// A name as POSIX (XBD 8.1) has it for variables.
    var isEnvironmentName: Bool {
        guard let first = utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return utf8.allSatisfy { $0.isBareKey && $0 != UInt8(ascii: "-") }
    }

    /// A token as RFC 9110 section 5.6.2 has it for header names.
    var isHeaderName: Bool {
        !isEmpty && utf8.allSatisfy { $0.isBareKey || "!#$%&'*+.^`|~".utf8.contains($0) }
    }

    fileprivate var isWebAddress: Bool {
        let lower = lowercased()
        guard let scheme = ["https://", "http://"].first(where: lower.hasPrefix) else { return false }
        let rest = lower.dropFirst(scheme.count)
        guard let first = rest.utf8.first, first != UInt8(ascii: "/") else { return false }
        return unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }
}
