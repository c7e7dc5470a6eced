/// A reader for git's configuration syntax, as far as the sandbox needs values: git-config(1) "Syntax".
///
/// Read here and not by `git config`, because running git on files that a model wrote is one of the things the sandbox
/// is there to contain.
struct GitConfigFile: Sendable, Hashable {
    /// One `name = value`; section and name in lower case, subsection as written.
    struct Entry: Sendable, Hashable {
        var section: String
        var subsection: String?
        var name: String
        /// nil for a bare name, which git takes as true.
        var value: String?
    }

    private(set) var entries: [Entry] = []

    /// Reads what can be read; a malformed line ends the reading, as git would refuse the whole file.
    init(_ bytes: [UInt8]) {
        var parser = Parser(bytes: bytes)
        while let entry = parser.next() { entries.append(entry) }
    }

    /// The last value of a key without subsection.
    func last(_ section: String, _ name: String) -> String? {
        entries.last { $0.section == section && $0.subsection == nil && $0.name == name }.map { $0.value ?? "true" }
    }

    /// Whether a boolean key is on.
    func isOn(_ section: String, _ name: String) -> Bool {
        guard let value = last(section, name)?.lowercased() else { return false }
        return value == "true" || value == "yes" || value == "on" || (Int(value) ?? 0) != 0
    }

    /// Paths of `include.path` and `includeIf.*.path`; conditions are not weighed: every included file counts.
    var includes: [String] {
        entries.filter { ($0.section == "include" || $0.section == "includeif") && $0.name == "path" }.compactMap(
            \.value)
    }

    private struct Parser {
        let bytes: [UInt8]
        var at = 0
        var section = ""
        var subsection: String?

        init(bytes: [UInt8]) {
            self.bytes = bytes
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
        }

        private var current: UInt8? { at < bytes.count ? bytes[at] : nil }

        private mutating func skipBlanks() {
            while let byte = current, byte == 0x20 || byte == 0x09 || byte == 0x0D { at += 1 }
        }

        private mutating func skipLine() {
            while let byte = current, byte != 0x0A { at += 1 }
        }

        mutating func next() -> Entry? {
            while let byte = current {
                switch byte {
                case 0x20, 0x09, 0x0A, 0x0D: at += 1
                case UInt8(ascii: "#"), UInt8(ascii: ";"): skipLine()
                case UInt8(ascii: "["): guard readSection() else { return nil }
                default: return readEntry()
                }
            }
            return nil
        }

        private static func isName(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }

        private mutating func readWord(allowingDot: Bool) -> String {
            let start = at
            while let byte = current, Self.isName(byte) || (allowingDot && byte == UInt8(ascii: ".")) { at += 1 }
            return String(decoding: bytes[start..<at], as: UTF8.self).lowercased()
        }

        private mutating func readSection() -> Bool {
            at += 1
            let word = readWord(allowingDot: true)
            subsection = nil
            section = word
            skipBlanks()
            if current == UInt8(ascii: "\"") {
                at += 1
                var text: [UInt8] = []
                while let byte = current, byte != UInt8(ascii: "\"") {
                    guard byte != 0x0A else { return false }
                    if byte == UInt8(ascii: "\\") { at += 1 }
                    guard let literal = current else { return false }
                    text.append(literal)
                    at += 1
                }
                at += 1
                subsection = String(decoding: text, as: UTF8.self)
            } else if let dot = word.firstIndex(of: ".") {
                section = String(word[..<dot])
                subsection = String(word[word.index(after: dot)...])
            }
            guard current == UInt8(ascii: "]") else { return false }
            at += 1
            return true
        }

        private mutating func readEntry() -> Entry? {
            let name = readWord(allowingDot: false)
            guard !name.isEmpty else { return nil }
            skipBlanks()
            var entry = Entry(section: section, subsection: subsection, name: name, value: nil)
            guard current == UInt8(ascii: "=") else {
                skipLine()
                return entry
            }
            at += 1
            entry.value = readValue()
            return entry
        }

        /// Quotes, escapes, comments and continued lines; blanks outside quotes at the end do not count.
        private mutating func readValue() -> String {
            skipBlanks()
            var text: [UInt8] = []
            var kept = 0
            var isQuoted = false
            while let byte = current, byte != 0x0A {
                at += 1
                switch byte {
                case UInt8(ascii: "\""):
                    isQuoted.toggle()
                    kept = text.count
                case UInt8(ascii: "\\"):
                    guard let escaped = current else { break }
                    at += 1
                    switch escaped {
                    case 0x0A: continue
                    case 0x0D where current == 0x0A: at += 1
                    case UInt8(ascii: "n"): text.append(0x0A)
                    case UInt8(ascii: "t"): text.append(0x09)
                    case UInt8(ascii: "b"): text.append(0x08)
                    default: text.append(escaped)
                    }
                    kept = text.count
                case UInt8(ascii: "#") where !isQuoted, UInt8(ascii: ";") where !isQuoted:
                    skipLine()
                case 0x20 where !isQuoted, 0x09 where !isQuoted, 0x0D where !isQuoted:
                    text.append(byte)
                default:
                    text.append(byte)
                    kept = text.count
                }
            }
            return String(decoding: text[..<kept], as: UTF8.self)
        }
    }
}
