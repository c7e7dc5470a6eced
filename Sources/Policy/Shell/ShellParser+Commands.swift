extension ShellParser {
    /// Words that end a list or start a compound command where a command could stand.
    private static let closingWords: Set<String> = ["then", "elif", "else", "fi", "do", "done", "esac", "}"]

    /// Reads commands up to a closing parenthesis, `;;`, one of the given words, or the end of the text.
    mutating func list(until stops: Set<String>) throws(Failure) {
        while true {
            try skipLines()
            guard let byte = current, byte != UInt8(ascii: ")") else { return }
            if sees(";;") || sees(";&") { return }
            if let word = reservedWord, stops.contains(word) { return }
            try pipelines()
            skipBlanks()
            guard let next = current, next != UInt8(ascii: ")"), next != 0x0A else { continue }
            if sees(";;") || sees(";&") { return }
            guard take(";") || take("&") else { throw Failure("unexpected \(excerpt)") }
        }
    }

    /// Commands joined by `&&`, `||` and pipes.
    private mutating func pipelines() throws(Failure) {
        var isPiped = false
        while true {
            try nested { parser throws(Failure) in try parser.command(isPiped: isPiped) }
            skipBlanks()
            isPiped = sees("|") && !sees("||")
            guard take("&&") || take("||") || take("|&") || take("|") else { return }
            try skipLines()
            guard let byte = current,
                !byte.isShellDelimiter || byte == UInt8(ascii: "(") || byte == UInt8(ascii: "<")
                    || byte == UInt8(ascii: ">")
            else { throw Failure("expected a command before \(excerpt)") }
        }
    }

    /// The unquoted word at the cursor if it could be a reserved one; nothing is consumed.
    private var reservedWord: String? {
        var end = at
        while end < bytes.count, !bytes[end].isShellDelimiter {
            guard bytes[end].isShellNameByte || "!{}[]".utf8.contains(bytes[end]), end - at < 10 else { return nil }
            end += 1
        }
        return end == at ? nil : String(decoding: bytes[at..<end], as: UTF8.self)
    }

    private mutating func expectWord(_ word: String) throws(Failure) {
        skipBlanks()
        guard reservedWord == word else { throw Failure("expected \(word) before \(excerpt)") }
        at += word.utf8.count
    }

    /// - Parameter isPiped: after a pipe, where `time` is a program and `!` an error.
    mutating func command(isPiped: Bool = false) throws(Failure) {
        guard found.commands.count < Self.maximumCommands else { throw Failure("too many commands") }
        skipBlanks()
        if sees("((") { throw Failure("an arithmetic command") }
        if take("(") {
            try list(until: [])
            try expect(")")
            return try redirections()
        }
        guard let word = reservedWord else { return try simpleCommand() }
        switch word {
        case "!" where isPiped: throw Failure("unexpected !")
        case "time" where isPiped || dialect == .posix: try simpleCommand()
        case "!", "time":
            at += word.utf8.count
            skipBlanks()
            if word == "time", reservedWord == nil, take("-p") { skipBlanks() }
            guard let byte = current, !byte.isShellDelimiter || byte == UInt8(ascii: "("), byte != UInt8(ascii: "-")
            else { throw Failure("expected a command before \(excerpt)") }
            try nested { parser throws(Failure) in try parser.command() }
        case "{":
            at += 1
            try block(until: "}")
            try redirections()
        case "if": try conditional()
        case "while", "until":
            at += word.utf8.count
            try block(until: "do")
            try block(until: "done")
            try redirections()
        case "for", "select": try loop(word)
        case "case": try cases()
        case "[[" where dialect == .bash: try test()
        case "function", "coproc": throw Failure("the keyword \(word)")
        case _ where Self.closingWords.contains(word):
            throw Failure("unexpected \(word)")
        default: try simpleCommand()
        }
    }

    /// A list with its closing word.
    private mutating func block(until word: String) throws(Failure) {
        try list(until: [word])
        try expectWord(word)
    }

    private mutating func conditional() throws(Failure) {
        at += 2
        try block(until: "then")
        while true {
            try list(until: ["elif", "else", "fi"])
            switch reservedWord {
            case "elif":
                at += 4
                try block(until: "then")
            case "else":
                at += 4
                try block(until: "fi")
                return try redirections()
            default:
                try expectWord("fi")
                return try redirections()
            }
        }
    }

    private mutating func loop(_ keyword: String) throws(Failure) {
        at += keyword.utf8.count
        skipBlanks()
        guard let name = try word().plain, Self.isName(name) else { throw Failure("a loop without a plain variable") }
        found.extras.append("sets \(name)")
        try skipLines()
        if reservedWord == "in" {
            at += 2
            skipBlanks()
            while let byte = current, !byte.isShellDelimiter || byte == UInt8(ascii: "<") {
                if byte == UInt8(ascii: "<"), self.byte(after: 1) != UInt8(ascii: "(") { break }
                _ = try word()
                skipBlanks()
            }
        }
        skipBlanks()
        if sees(";;") { throw Failure("unexpected ;;") }
        _ = take(";")
        try skipLines()
        try expectWord("do")
        try block(until: "done")
        try redirections()
    }

    private mutating func cases() throws(Failure) {
        at += 4
        skipBlanks()
        _ = try word()
        try skipLines()
        try expectWord("in")
        while true {
            try skipLines()
            if reservedWord == "esac" { break }
            _ = take("(")
            repeat {
                skipBlanks()
                let start = at
                _ = try word()
                guard at > start else { throw Failure("expected a pattern before \(excerpt)") }
                skipBlanks()
            } while take("|")
            try expect(")")
            try list(until: ["esac"])
            if take(";;&") || take(";;") || take(";&") { continue }
            break
        }
        try expectWord("esac")
        try redirections()
    }

    /// `[[ ... ]]`: runs nothing, but its comparisons of numbers evaluate variables as expressions.
    private mutating func test() throws(Failure) {
        at += 2
        while true {
            try skipLines()
            if take("&&") || take("||") || take("(") || take(")") { continue }
            if sees("<(") || sees(">(") { throw Failure("a process substitution in a test") }
            if take("<") || take(">") { continue }
            let start = at
            let operand = try word()
            guard at > start else { throw Failure("expected ]] before \(excerpt)") }
            switch operand.plain {
            case "]]": return try redirections()
            case "=~": throw Failure("a regular expression in a test")
            case "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-v", "-R":
                doubt("arithmetic with variables can run commands")
            default: break
            }
        }
    }

    static func isName(_ text: some StringProtocol) -> Bool {
        guard let first = text.utf8.first, first.isShellNameStart else { return false }
        return text.utf8.allSatisfy(\.isShellNameByte)
    }
}
