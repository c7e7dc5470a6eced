extension ShellParser {
    /// Variables that change how programs speak, not what they do.
    static let harmlessVariables: Set<String> = ["CI", "COLUMNS", "LANG", "LANGUAGE", "LINES", "NO_COLOR", "TZ"]

    static func isHarmless(variable: some StringProtocol) -> Bool {
        harmlessVariables.contains(String(variable)) || variable.hasPrefix("LC_")
    }

    /// Assignments, words and redirections in any order, or a function's definition.
    mutating func simpleCommand() throws(Failure) {
        var words: [ShellWord] = []
        var extras: [String] = []
        let start = at
        while true {
            skipBlanks()
            guard let byte = current else { break }
            if try redirection(&extras) { continue }
            if byte == UInt8(ascii: "("), words.count == 1, extras.isEmpty { return try function(words[0]) }
            let isSubstitution = sees("<(") || sees(">(")
            guard !byte.isShellDelimiter || isSubstitution else { break }
            if words.isEmpty, let name = assignedName {
                if !Self.isHarmless(variable: name) { extras.append("sets \(name)") }
                try assignment()
                continue
            }
            let wordStart = at
            words.append(try word().word)
            // What the first word is (keyword, assignment) is decided before lines are joined by some, after by others.
            if words.count == 1, bytes[wordStart..<at].contains(0x0A), spansLines(wordStart) {
                throw Failure("a command name over two lines")
            }
        }
        guard at > start else { throw Failure("unexpected \(excerpt)") }
        if words.isEmpty {
            found.extras += extras
        } else {
            found.commands.append(FoundCommand(words, extras: extras))
        }
    }

    /// `name() command`: the body counts as run, and the name means something else from now on.
    private mutating func function(_ name: ShellWord) throws(Failure) {
        at += 1
        skipBlanks()
        try expect(")")
        doubt("defines the function \(name.text ?? "of an unknown name")")
        try skipLines()
        guard let byte = current, !byte.isShellDelimiter || byte == UInt8(ascii: "(") else {
            throw Failure("a function without a body")
        }
        try nested { parser throws(Failure) in try parser.command() }
    }

    /// Whether an unquoted part of the word since `start` was continued on another line.
    private func spansLines(_ start: Int) -> Bool {
        (start..<max(start, at - 1)).contains { bytes[$0] == UInt8(ascii: "\\") && bytes[$0 + 1] == 0x0A }
    }

    // MARK: Assignments

    /// The name of an assignment at the cursor.
    private var assignedName: String? {
        guard let first = current, first.isShellNameStart else { return nil }
        var end = at
        while end < bytes.count, bytes[end].isShellNameByte { end += 1 }
        let name = String(decoding: bytes[at..<end], as: UTF8.self)
        guard end < bytes.count else { return nil }
        if bytes[end] == UInt8(ascii: "=") || bytes[end] == UInt8(ascii: "[") { return name }
        let isAppended = bytes[end] == UInt8(ascii: "+") && end + 1 < bytes.count && bytes[end + 1] == UInt8(ascii: "=")
        return isAppended ? name : nil
    }

    private mutating func assignment() throws(Failure) {
        while let byte = current, byte.isShellNameByte { at += 1 }
        if current == UInt8(ascii: "[") { throw Failure("an array element is set") }
        _ = take("+")
        at += 1
        guard current == UInt8(ascii: "(") else {
            _ = try word()
            return
        }
        if dialect == .posix { throw Failure("an array, which sh does not know") }
        at += 1
        while true {
            try skipLines()
            if take(")") {
                guard current?.isShellDelimiter ?? true else { throw Failure("text after an array") }
                return
            }
            if current == UInt8(ascii: "[") { throw Failure("an array element is set") }
            let start = at
            _ = try word()
            guard at > start else { throw Failure("an array that is not closed") }
        }
    }

    // MARK: Redirections

    /// The redirections after a compound command.
    mutating func redirections() throws(Failure) {
        while true {
            skipBlanks()
            var extras: [String] = []
            guard try redirection(&extras) else { return }
            found.extras += extras
        }
    }

    /// Reads one redirection, if there is one at the cursor.
    private mutating func redirection(_ extras: inout [String]) throws(Failure) -> Bool {
        var operatorStart = at
        while operatorStart < bytes.count, bytes[operatorStart].isDigit { operatorStart += 1 }
        if operatorStart == at, current == UInt8(ascii: "{") {
            var end = at + 1
            while end < bytes.count, bytes[end].isShellNameByte { end += 1 }
            if end > at + 1, end + 1 < bytes.count, bytes[end] == UInt8(ascii: "}"),
                bytes[end + 1] == UInt8(ascii: "<") || bytes[end + 1] == UInt8(ascii: ">")
            {
                throw Failure("a redirection that sets a variable")
            }
        }
        guard operatorStart < bytes.count else { return false }
        let isOperator = bytes[operatorStart] == UInt8(ascii: "<") || bytes[operatorStart] == UInt8(ascii: ">")
        if isOperator, operatorStart - at > 4 { throw Failure("a file number that is too large") }
        let saved = at
        at = operatorStart
        if saved == operatorStart, sees("<(") || sees(">(") { return false }
        if saved == operatorStart, take("&>>") || take("&>") {
            if dialect == .posix { throw Failure("&>, which means something else to sh") }
            try target(of: .write, &extras)
            return true
        }
        if take("<<<") {
            if dialect == .posix { throw Failure("<<<, which sh does not know") }
            skipBlanks()
            try operand()
            return true
        }
        if sees("<<") {
            at += 2
            try hereDocument()
            return true
        }
        if take("<&") || take(">&") {
            try target(of: .duplicate, &extras)
        } else if take("<>") || take(">>") || take(">|") || take(">") {
            try target(of: .write, &extras)
        } else if take("<") {
            try target(of: .read, &extras)
        } else {
            at = saved
            return false
        }
        return true
    }

    private enum RedirectionKind { case read, write, duplicate }

    @discardableResult
    private mutating func operand() throws(Failure) -> ShellWord {
        skipBlanks()
        let start = at
        let word = try word()
        guard at > start else { throw Failure("a redirection without a target before \(excerpt)") }
        return word.word
    }

    private mutating func target(of kind: RedirectionKind, _ extras: inout [String]) throws(Failure) {
        let target = try operand()
        guard let name = target.text else {
            extras.append("redirects to a file that is not known")
            return
        }
        // Bash opens connections under these names.
        if name.hasPrefix("/dev/tcp/") || name.hasPrefix("/dev/udp/") {
            extras.append("connects to \(name)")
            return
        }
        switch kind {
        case .read: found.inputs.append(name)
        case .duplicate where name == "-" || !name.isEmpty && name.utf8.allSatisfy { $0.isDigit || $0 == 0x2D }: return
        case .write, .duplicate:
            if name != "/dev/null" { extras.append("writes \(name)") }
        }
    }

    private mutating func hereDocument() throws(Failure) {
        let strips = take("-")
        skipBlanks()
        let start = at
        let delimiter = try word()
        guard at > start, case .known(let text) = delimiter.word else {
            throw Failure("a here-document without a plain end")
        }
        hereDocuments.append(
            HereDocument(delimiter: Array(text.utf8), isQuoted: delimiter.isQuoted, stripsTabs: strips))
    }
}
