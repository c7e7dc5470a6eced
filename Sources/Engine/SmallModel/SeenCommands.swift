/// The commands whose result would be the same again.
///
/// Small models loop on one command. A wrong refusal would keep a model from testing its own change, so everything is
/// forgotten as soon as a file may have changed; a loop that gets by is bounded by the limit on requests.
struct SeenCommands: Sendable, Hashable {
    private var results: [String: String] = [:]

    /// What the command gave, if nothing can have changed since.
    func result(of command: String) -> String? { results[command] }

    mutating func record(_ command: String, result: String) {
        if !Self.onlyReads(command) { results = [:] }
        results[command] = result
    }

    mutating func forget() { results = [:] }

    /// Commands that change no file unless their output is sent into one.
    private static let readers: Set<String> = [
        "cat", "cut", "diff", "du", "echo", "file", "grep", "head", "ls", "nl", "pwd", "rg", "sort", "stat", "tail",
        "tree", "uniq", "wc", "which",
    ]

    private static func onlyReads(_ command: String) -> Bool {
        guard !command.contains(">"), !command.contains("$("), !command.contains("`"), !command.contains("\n") else {
            return false
        }
        return command.split { "|;&".contains($0) }.allSatisfy { part in
            part.split(separator: " ").first.map { readers.contains(String($0)) } ?? true
        }
    }
}
