package import Wire

extension EffectReach {
    /// What a command touches, as far as its words say so.
    package init(_ analysis: ShellAnalysis) {
        self.init()
        commands = analysis.commands.filter { $0.role == .runs }.map(\.shown)
        let extras = analysis.commands.flatMap(\.extras) + analysis.extras
        writes = extras.compactMap { Self.rest(of: $0, after: "writes ") }.filter { $0 != "a file" }
        reads = analysis.inputs
        hosts = extras.compactMap { Self.rest(of: $0, after: "connects to /dev/") }
        for word in analysis.commands.flatMap(\.words) {
            if let host = word.text.flatMap(Self.host), !hosts.contains(host) { hosts.append(host) }
        }
        unknown = analysis.doubts
    }

    /// What a change of files touches.
    package init(_ changes: [FileChangeSummary]) {
        self.init(writes: changes.flatMap { [$0.path] + ($0.movedTo.map { [$0] } ?? []) })
    }

    private static func rest(of text: String, after prefix: String) -> String? {
        text.hasPrefix(prefix) ? String(text.dropFirst(prefix.count)) : nil
    }

    /// The host in an address, `scheme://user@host:port/path` or `user@host:path`.
    private static func host(_ word: String) -> String? {
        let utf8 = word.utf8
        var rest: Substring
        if let scheme = word.firstRange(of: "://"), scheme.lowerBound > word.startIndex {
            rest = word[scheme.upperBound...].prefix { !"/?#".contains($0) }
        } else if utf8.count < 512, let at = word.firstIndex(of: "@"), let colon = word[at...].firstIndex(of: ":") {
            rest = word[word.index(after: at)..<colon]
        } else {
            return nil
        }
        if let at = rest.lastIndex(of: "@") { rest = rest[rest.index(after: at)...] }
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") { return String(rest[...end]) }
        let host = rest.prefix { $0 != ":" }
        let isName = !host.isEmpty && host.utf8.allSatisfy { $0.isShellNameByte || $0 == 0x2D || $0 == 0x2E }
        return isName ? host.lowercased() : nil
    }
}
