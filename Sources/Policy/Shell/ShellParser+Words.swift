/// A word while it is being read.
struct ParsedWord {
    var bytes: [UInt8] = []
    /// Why the word's value is not known, by what was met first.
    var unknown: String?
    /// Whether any part is quoted, so that it is no reserved word and no assignment.
    var isQuoted = false

    var word: ShellWord {
        if let unknown { return .unknown(unknown) }
        return String(validating: bytes, as: UTF8.self).map(ShellWord.known) ?? .unknown("bytes that are not UTF-8")
    }

    /// The text if it is known and wholly unquoted.
    var plain: String? { isQuoted ? nil : word.text }

    mutating func depends(on reason: String) { if unknown == nil { unknown = reason } }
}

extension ShellParser {
    /// Reads one word; the cursor stands at its first byte.
    mutating func word() throws(Failure) -> ParsedWord {
        var word = ParsedWord()
        while let byte = current {
            switch byte {
            case UInt8(ascii: "<"), UInt8(ascii: ">"):
                guard self.byte(after: 1) == UInt8(ascii: "(") else { return word }
                if dialect == .posix { throw Failure("a process substitution, which sh does not know") }
                at += 2
                try substitution()
                word.depends(on: "process substitution")
            case _ where byte.isShellDelimiter: return word
            case UInt8(ascii: "\\"):
                guard let next = self.byte(after: 1) else { throw Failure("a backslash at the end") }
                at += 2
                if next == 0x0A {
                    // Joining could make an operator or a file number out of two halves.
                    guard let byte = current, byte.isShellBlank || byte == 0x0A else {
                        throw Failure("a word over two lines")
                    }
                    continue
                }
                word.isQuoted = true
                word.bytes.append(next)
            case UInt8(ascii: "'"):
                at += 1
                word.isQuoted = true
                word.bytes += try text(upTo: UInt8(ascii: "'"))
            case UInt8(ascii: "\""):
                try doubleQuoted(&word)
            case UInt8(ascii: "$"): try dollar(&word, isQuoted: false)
            case UInt8(ascii: "`"): try backquoted(&word, isQuoted: false)
            default:
                unquoted(byte, &word)
                at += 1
            }
        }
        return word
    }

    /// A byte that may start an expansion by files or homes.
    private func unquoted(_ byte: UInt8, _ word: inout ParsedWord) {
        switch byte {
        case UInt8(ascii: "*"), UInt8(ascii: "?"): word.depends(on: "file names by pattern")
        case UInt8(ascii: "["):
            // `[` alone is a command.
            if !(word.bytes.isEmpty && self.byte(after: 1).map(\.isShellDelimiter) ?? true) {
                word.depends(on: "file names by pattern")
            }
        case UInt8(ascii: "{"):
            let isPair = self.byte(after: 1) == UInt8(ascii: "}")
            let ends = self.byte(after: isPair ? 2 : 1).map(\.isShellDelimiter) ?? true
            if !(ends && word.bytes.isEmpty && !word.isQuoted) { word.depends(on: "brace expansion") }
        case UInt8(ascii: "~"):
            let last = word.bytes.last
            if last == nil || last == UInt8(ascii: "=") || last == UInt8(ascii: ":") {
                word.depends(on: "a home directory")
            }
        default: break
        }
        word.bytes.append(byte)
    }

    /// The bytes up to a closing one, which is consumed.
    private mutating func text(upTo closing: UInt8) throws(Failure) -> ArraySlice<UInt8> {
        let start = at
        while let byte = current {
            at += 1
            if byte == closing { return bytes[start..<at - 1] }
        }
        throw Failure("a quote that is not closed")
    }

    private mutating func doubleQuoted(_ word: inout ParsedWord) throws(Failure) {
        at += 1
        word.isQuoted = true
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                at += 1
                return
            case UInt8(ascii: "\\"):
                guard let next = self.byte(after: 1) else { throw Failure("a quote that is not closed") }
                at += 2
                if next == 0x0A { continue }
                if !"$`\"\\".utf8.contains(next) { word.bytes.append(byte) }
                word.bytes.append(next)
            case UInt8(ascii: "$"): try dollar(&word, isQuoted: true)
            case UInt8(ascii: "`"): try backquoted(&word, isQuoted: true)
            default:
                word.bytes.append(byte)
                at += 1
            }
        }
        throw Failure("a quote that is not closed")
    }

    /// The inside of `$(` or `<(`, whose opening is consumed, with its closing parenthesis.
    private mutating func substitution() throws(Failure) {
        // A here-document of the line outside does not start inside.
        let outer = hereDocuments
        hereDocuments = []
        try nested { parser throws(Failure) in
            try parser.list(until: [])
            try parser.expect(")")
        }
        guard hereDocuments.isEmpty else { throw Failure("a here-document without a body") }
        hereDocuments = outer
    }

    /// Whatever a dollar sign starts.
    mutating func dollar(_ word: inout ParsedWord, isQuoted: Bool) throws(Failure) {
        guard let next = byte(after: 1) else {
            at += 1
            word.bytes.append(UInt8(ascii: "$"))
            return
        }
        switch next {
        case UInt8(ascii: "("):
            if byte(after: 2) == UInt8(ascii: "(") {
                at += 3
                try arithmetic()
                word.depends(on: "arithmetic")
            } else {
                at += 2
                try substitution()
                word.depends(on: "command substitution")
            }
        case UInt8(ascii: "{"):
            at += 2
            try nested { parser throws(Failure) in try parser.parameter(isQuoted: isQuoted) }
            word.depends(on: "a variable")
        case UInt8(ascii: "'") where !isQuoted:
            at += 2
            word.isQuoted = true
            if dialect == .posix { throw Failure("a quote that not every sh knows") }
            try ansiQuoted(&word)
        case UInt8(ascii: "\"") where !isQuoted:
            at += 1
            try doubleQuoted(&word)
            word.depends(on: "translated text")
        case UInt8(ascii: "["): throw Failure("old arithmetic $[")
        case UInt8(ascii: "\\") where byte(after: 2) == 0x0A: throw Failure("a line continued within $")
        case _ where next.isShellNameStart:
            at += 2
            while let byte = current, byte.isShellNameByte { at += 1 }
            word.depends(on: "a variable")
        case _ where next.isDigit || "@*#?-$!".utf8.contains(next):
            at += 2
            word.depends(on: "a variable")
        default:
            at += 1
            word.bytes.append(UInt8(ascii: "$"))
        }
    }

    /// The inside of `$((`. Variables in it are evaluated as expressions again, which can run commands
    /// (`x='a[$(id)]'; echo $((x))`), so anything but numbers is a doubt.
    private mutating func arithmetic() throws(Failure) {
        let start = at
        var open = 0
        while let byte = current {
            if byte == UInt8(ascii: "(") {
                open += 1
            } else if byte == UInt8(ascii: ")") {
                if open == 0 { break }
                open -= 1
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                throw Failure("a quote in arithmetic")
            }
            at += 1
        }
        let text = Array(bytes[start..<at])
        try expect("))")
        if text.contains(where: { $0.isShellNameStart || $0 == UInt8(ascii: "$") || $0 == UInt8(ascii: "`") }) {
            doubt("arithmetic with variables can run commands")
            try expandText(text)
        }
    }

    /// The inside of `${`, with its closing brace.
    private mutating func parameter(isQuoted: Bool) throws(Failure) {
        if current == UInt8(ascii: "!") { doubt("an indirect variable can run commands") }
        if let byte = current, "#!".utf8.contains(byte), self.byte(after: 1) != UInt8(ascii: "}") { at += 1 }
        while let byte = current, byte.isShellNameByte { at += 1 }
        switch current {
        case UInt8(ascii: "["): doubt("an array index can run commands")
        case UInt8(ascii: "@") where byte(after: 1) != UInt8(ascii: "}"): doubt("a variable that is transformed")
        case UInt8(ascii: ":"):
            switch byte(after: 1) {
            case UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "?"): break
            case UInt8(ascii: "="): found.extras.append("sets a variable")
            default: doubt("arithmetic with variables can run commands")
            }
        case UInt8(ascii: "="): found.extras.append("sets a variable")
        default: break
        }
        var ignored = ParsedWord()
        while let byte = current {
            switch byte {
            case UInt8(ascii: "}"):
                at += 1
                return
            case UInt8(ascii: "\\"): at = min(at + 2, bytes.count)
            case UInt8(ascii: "'"):
                // Within double quotes shells disagree on whether this quotes.
                if isQuoted { throw Failure("a single quote in a quoted variable") }
                at += 1
                _ = try text(upTo: byte)
            case UInt8(ascii: "\""):
                if isQuoted { throw Failure("a quote in a quoted variable") }
                try doubleQuoted(&ignored)
            case UInt8(ascii: "$"): try dollar(&ignored, isQuoted: isQuoted)
            case UInt8(ascii: "`"): try backquoted(&ignored, isQuoted: isQuoted)
            case UInt8(ascii: "<") where self.byte(after: 1) == UInt8(ascii: "("),
                UInt8(ascii: ">") where self.byte(after: 1) == UInt8(ascii: "("):
                throw Failure("a process substitution in a variable")
            default: at += 1
            }
        }
        throw Failure("a ${ that is not closed")
    }

    /// A command between backquotes.
    mutating func backquoted(_ word: inout ParsedWord, isQuoted: Bool) throws(Failure) {
        at += 1
        var script: [UInt8] = []
        while let byte = current {
            at += 1
            if byte == UInt8(ascii: "`") {
                found.add(ShellParser.parse(script, dialect: dialect, depth: depth + nesting + 1))
                word.depends(on: "command substitution")
                return
            }
            if byte == UInt8(ascii: "\\"), let next = current {
                let isEscape = next == UInt8(ascii: "`") || next == byte || next == UInt8(ascii: "$")
                if isEscape || isQuoted && next == UInt8(ascii: "\"") {
                    at += 1
                    script.append(next)
                    continue
                }
            }
            script.append(byte)
        }
        throw Failure("a backquote that is not closed")
    }
}
