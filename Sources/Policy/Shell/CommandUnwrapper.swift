import Basics

/// Follows commands into the commands that they start: wrappers, shells with a script, `find -exec`, git.
struct CommandUnwrapper {
    var analysis: ShellAnalysis
    private let depth: Int

    fileprivate static func analysis(of argv: [String]) -> ShellAnalysis {
        var unwrapper = CommandUnwrapper(analysis: ShellAnalysis(), depth: 0)
        unwrapper.add(FoundCommand(argv.map(ShellWord.known)))
        return unwrapper.finished
    }

    /// Everything that a script starts.
    static func analysis(of script: [UInt8], dialect: ShellParser.Dialect, depth: Int = 0) -> ShellAnalysis {
        let parsed = ShellParser.parse(script, dialect: dialect, depth: depth)
        var unwrapper = CommandUnwrapper(
            analysis: ShellAnalysis(extras: parsed.extras, doubts: parsed.doubts, inputs: parsed.inputs), depth: depth)
        for command in parsed.commands { unwrapper.add(command) }
        return unwrapper.finished
    }

    private init(analysis: ShellAnalysis, depth: Int) {
        self.analysis = analysis
        self.depth = depth
    }

    /// After a change of folders a program named by a relative path may be any file.
    private var finished: ShellAnalysis {
        var result = analysis
        let moves = result.commands.contains { command in
            guard let name = command.words.first?.text else { return false }
            return ["cd", "pushd", "popd"].contains(name) || command.extras.contains("changes the directory")
        }
        guard moves else { return result }
        for index in result.commands.indices {
            guard let name = result.commands[index].words.first?.text, name.contains("/"), !name.hasPrefix("/") else {
                continue
            }
            result.commands[index].extras.append("\(name) is taken from another folder")
        }
        return result
    }

    // MARK: One command

    private mutating func add(_ command: FoundCommand) {
        guard command.within.count + depth < ShellParser.maximumDepth,
            analysis.commands.count < ShellParser.maximumCommands
        else { return doubt("too many commands within commands") }
        guard case .known(let program)? = command.words.first else {
            analysis.commands.append(command)
            return doubt("the program's name is not known")
        }
        let name = PathText.name(program)
        let rest = Array(command.words.dropFirst())
        if name == "set", Self.isPlainSet(rest) { return analysis.commands.append(command.passing) }
        if ["export", "readonly", "unset"].contains(name), let names = Self.plainNames(rest) {
            analysis.commands.append(command)
            return names.forEach { extra("sets \($0)") }
        }
        if ["bash", "sh", "dash"].contains(name) { return addShell(command, name, rest) }
        if let wrapper = CommandWrapper.table[name] { return addWrapped(command, name, wrapper, rest) }
        analysis.commands.append(command)
        switch name {
        case "eval": addJoined(rest, within: command.within + [name], dialect: .bash)
        case "find": addFind(rest, within: command.within + [name])
        case "git": addGit(command, rest)
        case "trap":
            doubt("trap runs text later")
            if let script = rest.first { addJoined([script], within: command.within + [name], dialect: .bash) }
        case "printf", "test", "[", "wait":
            // `printf -v 'a[$(id)]'` and `test -v 'a[$(id)]'` run the command in the index.
            let evaluates = rest.contains { $0.text?.hasPrefix("-v") == true || name == "wait" && $0.text == "-p" }
            if evaluates { doubt("\(name) can run commands in an array index") }
        case _ where CommandWrapper.shellChanging.contains(name):
            doubt("\(name) changes the shell")
        case _ where CommandWrapper.opaque.contains(name):
            doubt("what \(name) runs is not read")
        case _ where name.hasPrefix("ld-") || name.hasPrefix("ld."):
            doubt("what the loader \(name) runs is not read")
        default: break
        }
    }

    /// `set -euo pipefail` and the like change when a script stops, not what its commands are.
    private static func isPlainSet(_ words: [ShellWord]) -> Bool {
        let options = ["errexit", "nounset", "pipefail", "xtrace"]
        return !words.isEmpty
            && words.allSatisfy { word in
                guard let text = word.text, let sign = text.first else { return false }
                if options.contains(text) { return true }
                return (sign == "-" || sign == "+") && text.count > 1 && text.dropFirst().allSatisfy("euxo".contains)
            }
    }

    /// The variables in `export NAME=VALUE NAME`; nil where any word is more than that.
    private static func plainNames(_ words: [ShellWord]) -> [String]? {
        let names = words.compactMap { $0.text?.prefix { $0 != "=" } }.map(String.init)
        return names.count == words.count && !names.isEmpty && names.allSatisfy(ShellParser.isName) ? names : nil
    }

    private mutating func doubt(_ reason: String) {
        if !analysis.doubts.contains(reason) { analysis.doubts.append(reason) }
    }

    private mutating func extra(_ text: String) {
        if !analysis.extras.contains(text) { analysis.extras.append(text) }
    }

    /// Whether a shell or wrapper is the system's own, and not a file of the same name.
    private static func isSystem(_ program: String, _ name: String) -> Bool {
        program == name || ["/bin/", "/usr/bin/", "/usr/local/bin/"].contains { program == $0 + name }
    }

    // MARK: Shells

    private mutating func addShell(_ command: FoundCommand, _ name: String, _ rest: [ShellWord]) {
        var command = command
        var words = rest[...]
        var isScript = false
        options: while case .known(let option)? = words.first, option.hasPrefix("-"), option != "-" {
            words = words.dropFirst()
            switch option {
            case "--": break options
            case "--login", "--norc", "--noprofile", "--posix": continue
            case "-o":
                guard let value = words.popFirst()?.text, ["pipefail", "errexit", "nounset", "xtrace"].contains(value)
                else { return opaqueShell(command, "the options of \(name) are not known") }
            case _ where !option.hasPrefix("--") && option.dropFirst().allSatisfy({ "celux".contains($0) }):
                isScript = isScript || option.contains("c")
            case _
            where option.hasSuffix("o") && !option.hasPrefix("--")
                && option.dropFirst().dropLast().allSatisfy({ "celux".contains($0) }):
                isScript = isScript || option.contains("c")
                guard words.popFirst()?.text == "pipefail" else {
                    return opaqueShell(command, "the options of \(name) are not known")
                }
            default: return opaqueShell(command, "the options of \(name) are not known")
            }
        }
        guard isScript else {
            // A file's content, or standard input.
            if case .known? = words.first { return analysis.commands.append(command) }
            return opaqueShell(command, "\(name) reads a script that is not on the command line")
        }
        guard case .known(let script)? = words.first else {
            return opaqueShell(command, "the script of \(name) is not known")
        }
        if Self.isSystem(command.words[0].text ?? "", name), command.extras.isEmpty { command.role = .passes }
        analysis.commands.append(command)
        let dialect: ShellParser.Dialect = name == "bash" ? .bash : .posix
        addScript(script, within: command.within + [name], dialect: dialect)
    }

    private mutating func opaqueShell(_ command: FoundCommand, _ reason: String) {
        analysis.commands.append(command)
        doubt(reason)
    }

    private mutating func addScript(_ script: String, within: [String], dialect: ShellParser.Dialect) {
        let inner = Self.analysis(of: Array(script.utf8), dialect: dialect, depth: depth + within.count)
        analysis.add(
            ShellAnalysis(
                commands: inner.commands.map { command in
                    var command = command
                    command.within = within + command.within
                    return command
                }, extras: inner.extras, doubts: inner.doubts, inputs: inner.inputs))
    }

    /// Words that a shell joins with blanks and reads again.
    private mutating func addJoined(_ words: [ShellWord], within: [String], dialect: ShellParser.Dialect) {
        let texts = words.compactMap(\.text)
        guard texts.count == words.count else { return doubt("\(within.last ?? "") runs text that is not known") }
        if !texts.isEmpty { addScript(texts.joined(separator: " "), within: within, dialect: dialect) }
    }

    // MARK: Wrappers

    private mutating func addWrapped(
        _ command: FoundCommand, _ name: String, _ wrapper: CommandWrapper, _ rest: [ShellWord]
    ) {
        var outer = command
        var inner = wrapper
        if name == "watch", rest.contains(where: { $0.text == "-x" || $0.text == "--exec" }) {
            inner.flags.formUnion(["x", "exec"])
            inner.joinsForShell = false
        }
        if name == "xargs" || name == "parallel", rest.contains(where: { $0.text?.hasPrefix("-I") == true }) {
            inner.valued.insert("I")
        }
        if name == "command", case .known(let option)? = rest.first, option == "-v" || option == "-V" {
            // Only says what the name means.
            return analysis.commands.append(outer)
        }
        guard let words = inner.command(in: rest, extras: &outer.extras) else {
            analysis.commands.append(outer)
            return doubt("cannot tell what \(name) runs")
        }
        let isPlain = Self.isSystem(outer.words[0].text ?? "", name) && outer.extras.isEmpty
        if isPlain, !wrapper.changesRights, !words.isEmpty { outer.role = .passes }
        analysis.commands.append(outer)
        guard !words.isEmpty else {
            if wrapper.changesRights { doubt("\(name) without a command") }
            return
        }
        let within = command.within + [name]
        if inner.joinsForShell { return addJoined(words, within: within, dialect: .posix) }
        guard inner.addsWords else { return add(FoundCommand(words, within: within)) }
        let added = ShellWord.unknown("words that \(name) adds")
        if inner.valued.contains("I") || name == "parallel" {
            // The replaced text may stand in any word; parallel hands the line to a shell besides.
            if name == "parallel" { doubt("parallel reads its command in a shell") }
            return add(FoundCommand([words[0]] + [added], within: within))
        }
        add(FoundCommand(words + [added], within: within))
    }

    // MARK: find

    private mutating func addFind(_ words: [ShellWord], within: [String]) {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard let text = word.text else {
                doubt("an argument of find is not known, and may start a command")
                continue
            }
            switch text {
            case "-exec", "-execdir", "-ok", "-okdir":
                let end = rest.firstIndex { $0.text == ";" || $0.text == "+" } ?? rest.endIndex
                let inner = rest[..<end].map { word in
                    word.text?.contains("{}") == true ? ShellWord.unknown("files that find finds") : word
                }
                rest = rest[end...].dropFirst()
                guard !inner.isEmpty else { continue }
                add(FoundCommand(inner, within: within))
            case "-delete": extra("find deletes what it finds")
            case "-fprint", "-fprint0", "-fprintf", "-fls": extra("find writes a file")
            case "-files0-from": extra("find reads its folders from a file")
            default: break
            }
        }
    }

    // MARK: git

    private mutating func addGit(_ command: FoundCommand, _ rest: [ShellWord]) {
        let git = GitInvocation(rest)
        git.doubts.forEach { doubt($0) }
        git.extras.forEach { extra($0) }
        let within = command.within + ["git"]
        if git.arguments.count < rest.count, !git.arguments.isEmpty {
            let plain = [ShellWord.known("git")] + git.arguments
            analysis.commands.append(FoundCommand(plain, role: .passes, within: within))
        }
        for script in git.scripts { addScript(script, within: within, dialect: .posix) }
        if !git.command.isEmpty { add(FoundCommand(git.command, within: within)) }
    }
}

extension FoundCommand {
    /// The same command, for which no allow is needed.
    fileprivate var passing: FoundCommand {
        var command = self
        if command.extras.isEmpty { command.role = .passes }
        return command
    }
}

extension ShellAnalysis {
    /// Everything that a command starts, as far as its command line says so.
    ///
    /// - Parameter argv: as it is passed to the kernel; `["/bin/bash", "-c", SCRIPT]` for a script.
    package init(argv: [String]) {
        self = CommandUnwrapper.analysis(of: argv)
    }
}

extension CommandWrapper {
    /// The words of the command after the wrapper's own; nil where that cannot be told.
    fileprivate func command(in words: [ShellWord], extras: inout [String]) -> [ShellWord]? {
        var words = words[...]
        while case .known(let word)? = words.first, word.hasPrefix("-"), word != "-" {
            words = words.dropFirst()
            if word == "--" { break }
            var names: [(name: String, value: Bool)] = []
            if word.hasPrefix("--") {
                let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                names = [(String(parts[0]), parts.count == 2)]
            } else if valued.contains("n"), operands == 0, word.dropFirst().allSatisfy(\.isNumber), !addsWords {
                // The old form of nice: `nice -5 CMD`.
                continue
            } else {
                var letters = word.dropFirst()
                while let letter = letters.popFirst() {
                    names.append((String(letter), valued.contains(String(letter)) && !letters.isEmpty))
                    if valued.contains(String(letter)) { break }
                }
            }
            for (name, hasValue) in names {
                if let extra = self.extras[name] { extras.append(extra) }
                if valued.contains(name) {
                    if !hasValue, words.popFirst() == nil { return nil }
                } else if !flags.contains(name) {
                    return nil
                }
            }
        }
        if takesAssignments {
            while case .known(let word)? = words.first, let equals = word.firstIndex(of: "=") {
                let variable = word[..<equals]
                if !ShellParser.isHarmless(variable: variable) { extras.append("sets \(variable)") }
                words = words.dropFirst()
            }
        }
        for _ in 0..<operands where words.popFirst()?.text == nil { return nil }
        if let first = words.first, first.text == nil { return nil }
        return Array(words)
    }
}
