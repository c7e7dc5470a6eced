/// The command in a shell block.
enum ShellBlock {
    /// The first command: a line, with those it needs to be whole (a here-document, an open quote, a line that ends in
    /// a backslash or an operator). Comments before it and a prompt sign are dropped; nil if there is no command.
    static func firstCommand(_ body: [ArraySlice<UInt8>]) -> String? {
        let start = body.firstIndex { line in
            let text = line.trimmed
            return !text.isEmpty && text.first != UInt8(ascii: "#")
        }
        guard let start else { return nil }
        var text = body[start].trimmed
        if text.starts(with: [UInt8(ascii: "$"), 0x20]) { text = text.dropFirst(2) }
        var command = Array(text)
        var reader = LineReader()
        reader.read(text)
        for line in body[(start + 1)...] {
            guard reader.needsMore else { break }
            command.append(0x0A)
            command.append(contentsOf: line)
            reader.read(line)
        }
        return command.isEmpty ? nil : String(decoding: command, as: UTF8.self)
    }

    /// Follows a command's lines as far as needed to tell where it ends; no parser of the shell's language.
    private struct LineReader {
        private var quote: UInt8?
        private var delimiters: [[UInt8]] = []
        private var continues = false

        var needsMore: Bool { quote != nil || !delimiters.isEmpty || continues }

        mutating func read(_ line: ArraySlice<UInt8>) {
            if quote == nil, let delimiter = delimiters.first {
                if Array(line.trimmed) == delimiter { delimiters.removeFirst() }
                return
            }
            var at = line.startIndex
            while at < line.endIndex {
                let byte = line[at]
                if byte == UInt8(ascii: "\\"), quote != UInt8(ascii: "'") {
                    at += 2
                    continue
                }
                if let open = quote {
                    if byte == open { quote = nil }
                } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                    quote = byte
                } else if line[at...].starts(with: Array("<<<".utf8)) {
                    at += 3
                    continue
                } else if line[at...].starts(with: Array("<<".utf8)), let found = Self.delimiter(line[(at + 2)...]) {
                    delimiters.append(found.word)
                    at = found.end
                    continue
                }
                at += 1
            }
            let end = line.trimmed
            continues =
                end.last == UInt8(ascii: "\\") || end.last == UInt8(ascii: "|")
                || end.suffix(2).elementsEqual(Array("&&".utf8))
        }

        /// The word after `<<` or `<<-`, without quotes; nil for a shift by a number within arithmetic.
        private static func delimiter(_ rest: ArraySlice<UInt8>) -> (word: [UInt8], end: Int)? {
            var word = rest
            if word.first == UInt8(ascii: "-") { word = word.dropFirst() }
            word = word.drop { $0 == 0x20 }
            let mark = word.first
            if mark == UInt8(ascii: "'") || mark == UInt8(ascii: "\"") { word = word.dropFirst() }
            let name = word.prefix { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
            }
            guard !name.isEmpty else { return nil }
            let isQuoted = mark.map { $0 == UInt8(ascii: "'") || $0 == UInt8(ascii: "\"") } ?? false
            return (Array(name), min(rest.endIndex, name.endIndex + (isQuoted ? 1 : 0)))
        }
    }
}
