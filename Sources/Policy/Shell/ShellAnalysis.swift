/// One word of a command as the shell would pass it on.
package enum ShellWord: Sendable, Hashable {
    /// Exactly this, whatever the state of the machine.
    case known(String)
    /// Depends on variables, files or other commands; says on what. It may become no word, one or many.
    case unknown(String)

    package var text: String? { if case .known(let text) = self { text } else { nil } }
}

/// A command that a script would start, or one that such a command would start in turn.
package struct FoundCommand: Sendable, Hashable {
    package enum Role: String, Sendable, Hashable {
        /// It does something of its own: an allow has to cover it.
        case runs
        /// It only starts the command that is listed after it (`timeout 5 make`), or is another spelling of the one
        /// before: what forbids it counts, but no allow is needed.
        case passes
    }

    package var words: [ShellWord]
    package var role: Role
    /// What it does beyond its arguments, such as writing to a file or setting a variable. An allow for its arguments
    /// does not cover that.
    package var extras: [String]
    /// The programs that start it, outermost first.
    package var within: [String]

    package init(_ words: [ShellWord], role: Role = .runs, extras: [String] = [], within: [String] = []) {
        self.words = words
        self.role = role
        self.extras = extras
        self.within = within
    }

    /// The arguments, if all are known.
    package var argv: [String]? {
        let known = words.compactMap(\.text)
        return known.count == words.count ? known : nil
    }

    /// The command for people: what is not known stands as `‹reason›`.
    package var shown: String {
        words.map { word in
            switch word {
            case .known(let text): ShellText.quoted(text)
            case .unknown(let reason): "‹\(reason)›"
            }
        }.joined(separator: " ")
    }
}

/// What a command line would run, as far as that can be proved by reading it.
///
/// It serves to decide whether to ask, never to contain: a program that was allowed can start any other.
package struct ShellAnalysis: Sendable, Hashable {
    /// In the order in which they stand.
    package var commands: [FoundCommand] = []
    /// What the script does that belongs to no single command, such as setting variables.
    package var extras: [String] = []
    /// Why commands may be run that are not listed. Empty means that the list is complete.
    package var doubts: [String] = []
    /// Files that redirections read from.
    package var inputs: [String] = []

    /// Whether everything that is run is listed with its exact arguments, and nothing else happens.
    package var isExact: Bool {
        doubts.isEmpty && extras.isEmpty && commands.allSatisfy { $0.argv != nil && $0.extras.isEmpty }
    }

    mutating func add(_ other: ShellAnalysis) {
        commands += other.commands
        extras += other.extras
        doubts += other.doubts
        inputs += other.inputs
    }
}

/// How words are written for a shell.
package enum ShellText {
    /// The word as a POSIX shell reads it back.
    package static func quoted(_ word: String) -> String {
        let plain = word.utf8.allSatisfy { $0.isShellNameByte || "-./:=,+@%".utf8.contains($0) }
        if plain, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

extension UInt8 {
    /// Letters, digits and the underscore.
    var isShellNameByte: Bool { isShellNameStart || (0x30...0x39).contains(self) }
    /// Letters and the underscore.
    var isShellNameStart: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    /// What separates words on a line.
    var isShellBlank: Bool { self == 0x20 || self == 0x09 }
    /// What ends a word where it is not quoted.
    var isShellDelimiter: Bool {
        isShellBlank || self == 0x0A || self == UInt8(ascii: ";") || self == UInt8(ascii: "&")
            || self == UInt8(ascii: "|") || self == UInt8(ascii: "(") || self == UInt8(ascii: ")")
            || self == UInt8(ascii: "<") || self == UInt8(ascii: ">")
    }
}
