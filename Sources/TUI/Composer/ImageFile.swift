import Text

/// An image file that goes along with a prompt.
package struct ImageFile: Sendable, Hashable {
    /// Absolute.
    package var path: String
    package var bytes: Int

    package init(path: String, bytes: Int) {
        self.path = path
        self.bytes = bytes
    }

    /// How it stands in the text: `[image shot.png 120 KB]`.
    package var label: String {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        let size = bytes < 1000 ? "\(bytes) B" : bytes < 1_000_000 ? "\(bytes / 1000) KB" : "\(bytes / 1_000_000) MB"
        return "[image \(name.oneLine) \(size)]"
    }

    private static let endings = [".png", ".jpg", ".jpeg", ".gif", ".webp"]
    private static let pathLimit = 4096

    /// Whether a file's name says that it is one.
    package static func isImage(_ path: String) -> Bool {
        let lower = path.lowercased()
        return endings.contains { lower.hasSuffix($0) }
    }

    /// The path that a terminal pastes when an image file is dropped onto it: plain, quoted, with backslashes, or as a
    /// `file:` address. nil for any other text.
    package static func path(inPaste text: String) -> String? {
        var text = text.trimmedSpaces
        guard text.utf8.count <= pathLimit, !text.contains(where: \.isNewline) else { return nil }
        if text.count > 1, let quote = text.first, "'\"".contains(quote), text.last == quote {
            text = String(text.dropFirst().dropLast())
        } else if text.hasPrefix("file://") {
            let rest = text.dropFirst("file://".count)
            guard let slash = rest.firstIndex(of: "/"), ["", "localhost"].contains(String(rest[..<slash])),
                let path = decoded(rest[slash...])
            else { return nil }
            text = path
        } else if text.contains("\\") {
            text = unescaped(text)
        } else if text.contains(where: \.isWhitespace) {
            return nil
        }
        guard ["/", "~/", "./", "../"].contains(where: text.hasPrefix), isImage(text) else { return nil }
        return text
    }

    private static func unescaped(_ text: String) -> String {
        var out = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                out.append(character)
                isEscaped = false
            }
        }
        return out
    }

    /// Percent signs as the bytes that they stand for; nil where that is no text.
    private static func decoded(_ text: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16),
                value != 0
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
