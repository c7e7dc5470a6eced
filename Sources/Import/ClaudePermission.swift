import Config

/// One of Claude Code's permission patterns, such as `Bash(npm run test:*)` or `Read(./secrets/**)`, and what it is here.
enum ClaudePermission: Hashable {
    /// The list in which a pattern stands.
    enum List: String, CaseIterable {
        case allow, ask, deny
    }

    /// A command by its first words, and whether only these words were meant there.
    case command([String], isWhole: Bool)
    /// A path for `filesystem.deny_read`, and whether there it also means the same name in folders below.
    case hidden(String, isDeeper: Bool)
    /// Nothing here means the same.
    case none(reason: String, remedy: String?)

    init(_ pattern: String, in list: List, isProject: Bool) {
        let name = String(pattern.prefix { $0 != "(" })
        var argument: String?
        if name.count < pattern.count {
            guard pattern.hasSuffix(")") else {
                self = .none(reason: "it is no pattern that is known", remedy: nil)
                return
            }
            argument = String(pattern.dropFirst(name.count + 1).dropLast())
        }
        switch (name, list) {
        case ("Bash", _): self = Self.command(argument ?? "*", list)
        case ("Read", .deny): self = Self.hidden(argument ?? "", isProject: isProject)
        case ("Read", .allow), ("Glob", .allow), ("Grep", .allow), ("LS", .allow):
            self = .none(reason: "reading needs no permission here, but for secrets", remedy: nil)
        case ("Edit", .deny), ("Write", .deny), ("MultiEdit", .deny):
            self = .none(
                reason: "no setting here keeps single files from being changed",
                remedy: "write a PreToolUse hook for apply_patch|Write: docs/hooks.md says how")
        case ("Edit", .allow), ("Write", .allow), ("MultiEdit", .allow):
            self = .none(reason: "what may be written is sandbox_mode's to say, by folders", remedy: nil)
        case ("WebFetch", _), ("WebSearch", _):
            self = .none(reason: "there is no such tool here; the network is network.mode's to say", remedy: nil)
        case _ where name.hasPrefix("mcp__"):
            self = .none(reason: "there is no MCP client here yet", remedy: nil)
        default:
            self = .none(reason: "no rule here means the same", remedy: nil)
        }
    }

    private static func command(_ pattern: String, _ list: List) -> ClaudePermission {
        var text = pattern
        var isWhole = true
        for end in [":*", " *"] where text.hasSuffix(end) {
            text.removeLast(2)
            isWhole = false
            break
        }
        guard text != "*", !text.isEmpty else {
            return .none(
                reason: "it means every command",
                remedy: list == .deny ? nil : "approval_policy says when commands are asked about")
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.allSatisfy(isPlain), words.first?.contains("=") == false else {
            return .none(
                reason: "it is not a command's first words alone, which is all that a rule here compares",
                remedy: "write a rule that means what you want: docs/permissions.md, rules/*.rules")
        }
        if isWhole, list == .allow {
            return .none(
                reason: "it allows this one command line, and a rule here would allow it with any further arguments",
                remedy:
                    "answer the question once with a grant, or write the rule: prefix_rule(pattern=\(Self.list(words)))"
            )
        }
        return .command(words, isWhole: isWhole)
    }

    /// A word that a shell reads as itself.
    private static func isPlain(_ word: String) -> Bool {
        !word.isEmpty
            && word.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "_-./:@%+=,".utf8.contains(byte)
            }
    }

    static func list(_ words: [String]) -> String {
        "[" + words.map { "\"\($0)\"" }.joined(separator: ", ") + "]"
    }

    /// Paths there: `//absolute`, `~/in-home`, `/from-the-settings-file's-project`, `./from-the-working-directory`, and
    /// bare names, which count in every folder.
    private static func hidden(_ pattern: String, isProject: Bool) -> ClaudePermission {
        var path = pattern
        for end in ["/**", "/*"] where path.hasSuffix(end) {
            // A folder that is hidden hides everything in it.
            path.removeLast(end.count)
            break
        }
        var isDeeper = false
        if path.hasPrefix("//") {
            path.removeFirst()
        } else if path.hasPrefix("~/") {
        } else if path.hasPrefix("/") {
            guard isProject else {
                return .none(reason: "it starts at the settings file's folder, not at a project's", remedy: nil)
            }
            path.removeFirst()
        } else if path.hasPrefix("./") {
            path.removeFirst(2)
        } else if path.hasPrefix("**/") {
            path.removeFirst(3)
            isDeeper = true
        } else {
            isDeeper = !path.contains("/")
        }
        guard !path.isEmpty, path != "/", !path.contains("**"), !path.hasPrefix("!") else {
            return .none(
                reason: "filesystem.deny_read has no such pattern", remedy: "set filesystem.deny_read to what you mean")
        }
        return .hidden(path, isDeeper: isDeeper)
    }
}
