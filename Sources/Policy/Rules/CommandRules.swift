package import Wire

/// What rule files say, in the order in which they were read.
package struct CommandRules: Sendable, Hashable {
    package enum Decision: String, Sendable, Hashable, Comparable {
        case allow, prompt, forbidden

        private var rank: Int { self == .allow ? 0 : self == .prompt ? 1 : 2 }
        /// The stricter one is greater.
        package static func < (left: Decision, right: Decision) -> Bool { left.rank < right.rank }
    }

    /// `prefix_rule(...)`: about commands whose first words are these.
    package struct Prefix: Sendable, Hashable {
        /// For each word the alternatives.
        package var pattern: [[String]]
        package var decision: Decision
        package var justification: String?
        package var origin: Origin

        /// The rule as it would be written.
        package var text: String {
            let words = pattern.map { words in
                words.count == 1 ? Self.quoted(words[0]) : "[" + words.map(Self.quoted).joined(separator: ", ") + "]"
            }
            return "prefix_rule(pattern=[\(words.joined(separator: ", "))], decision=\"\(decision.rawValue)\")"
        }

        static func quoted(_ text: String) -> String {
            "\"" + text.flatMap { $0 == "\"" || $0 == "\\" ? ["\\", $0] : $0 == "\n" ? ["\\", "n"] : [$0] } + "\""
        }
    }

    /// `network_rule(...)`: about connections to one host.
    package struct Network: Sendable, Hashable {
        package var host: String
        package var transport: String
        package var decision: Decision
        package var justification: String?
        package var origin: Origin
    }

    package var prefixes: [Prefix] = []
    package var networks: [Network] = []
    /// `host_executable(...)`: the absolute paths that stand for a program's name in rules that allow.
    package var executables: [String: Set<String>] = [:]

    package init() {}

    /// Adds what another file says.
    package mutating func add(_ other: CommandRules) {
        prefixes += other.prefixes
        networks += other.networks
        executables.merge(other.executables) { $0.union($1) }
    }

    /// How a command stands to a pattern.
    package enum Match: Sendable, Hashable {
        case no
        /// Words that are not known could make it match.
        case maybe
        case yes
    }

    package func match(_ rule: Prefix, _ words: [ShellWord]) -> Match {
        for (index, alternatives) in rule.pattern.enumerated() {
            guard index < words.count else { return .no }
            guard case .known(let word) = words[index] else { return .maybe }
            if alternatives.contains(word) { continue }
            guard index == 0, let slash = word.lastIndex(of: "/") else { return .no }
            let name = String(word[word.index(after: slash)...])
            guard alternatives.contains(name) else { return .no }
            // Any file of that name is held back; only the listed ones are let through.
            if rule.decision == .allow, executables[name]?.contains(word) != true { return .no }
        }
        return .yes
    }
}
