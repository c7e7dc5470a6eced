package import Basics
import Synchronization

/// Puts a mark in the place of each secret: `[redacted github-token 3f9a1c20b7d4e6f8]`.
///
/// The number is a commitment to the value by a key that is not in the text: equal secrets get equal marks, and who has
/// the key and the value can prove what stood there. The marks of this session can be turned back (`restored`), so that
/// a model may edit a file whose secrets it does not see.
package final class Redactor: Sendable {
    /// Eight bytes of a keyed digest, in hexadecimal.
    package typealias Commitment = @Sendable ([UInt8]) -> String

    package let scanner: SecretScanner
    private let commitment: Commitment
    private let values = Mutex<[String: [UInt8]]>([:])

    package init(scanner: SecretScanner, commitment: @escaping Commitment) {
        self.scanner = scanner
        self.commitment = commitment
    }

    package func redacted(_ text: String) -> String {
        redacted(bytes: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) } ?? text
    }

    /// nil where nothing is secret.
    private func redacted(bytes: [UInt8]) -> [UInt8]? {
        // A private key's place may hold a mark already.
        let matches = scanner.matches(in: bytes).filter { !bytes[$0.range].starts(with: Self.openingBytes) }
        guard !matches.isEmpty else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var at = 0
        for match in matches {
            result += bytes[at..<match.range.lowerBound]
            let value = Array(bytes[match.range])
            let mark = "\(Self.opening)\(match.kind) \(commitment(value))]"
            values.withLock { $0[mark] = value }
            result += mark.utf8
            at = match.range.upperBound
        }
        return result + bytes[at...]
    }

    /// Every text in it, names of members left out. What a provider gets back byte for byte stays.
    package func redacted(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(redacted(text))
        case .array(let elements): return .array(elements.map(redacted))
        case .object(var object):
            for (name, member) in object.members where name != Self.untouched { object[name] = redacted(member) }
            return .object(object)
        default: return value
        }
    }

    private static let untouched = "blob"

    /// The text with the secrets that this session's marks stand for.
    package func restored(_ text: String) -> String {
        guard text.contains(Self.opening) else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: Self.opening) {
            result += rest[..<start.lowerBound]
            rest = rest[start.lowerBound...]
            guard let mark = Self.mark(in: rest) else {
                result += rest.prefix(Self.opening.count)
                rest = rest.dropFirst(Self.opening.count)
                continue
            }
            let value = values.withLock { $0[String(mark)] }
            result += value.map { String(decoding: $0, as: UTF8.self) } ?? String(mark)
            rest = rest[mark.endIndex...]
        }
        return result + rest
    }

    /// The first mark in a text; what holds one must not be written over what it stands for.
    package static func firstMark(in text: String) -> String? {
        var rest = text[...]
        while let start = rest.firstRange(of: opening) {
            if let mark = mark(in: rest[start.lowerBound...]) { return String(mark) }
            rest = rest[start.upperBound...]
        }
        return nil
    }

    private static let opening = "[redacted "
    private static let openingBytes = Array(opening.utf8)

    /// A whole mark that the text begins with.
    private static func mark(in text: Substring) -> Substring? {
        guard let end = text.prefix(96).firstIndex(of: "]") else { return nil }
        let words = text[..<end].dropFirst(opening.count).split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 2, words[1].utf8.count == 16, words[1].utf8.allSatisfy(\.isHexadecimal),
            words[0].utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (0x61...0x7A).contains($0) })
        else { return nil }
        return text[...end]
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool { isDigitByte || (0x61...0x66).contains(self) }
}
