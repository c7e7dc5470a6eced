package import Wire

extension CommandRules {
    /// Reads a rule file: `prefix_rule`, `network_rule` and `host_executable`, with Codex's arguments.
    ///
    /// - Throws: `rules.syntax`, `rules.value`, or `rules.example` for a self-test that fails, each with file, line and
    ///   column. Nothing of a file counts that does not load.
    package init(_ bytes: [UInt8], file: String, layer: Origin.Layer) throws(LockgateError) {
        self.init()
        var reader = RuleReader(bytes, file: file, layer: layer)
        let calls = try reader.calls()
        // Names stand for paths in the whole file, wherever they are declared.
        for call in calls where call.name == "host_executable" { try addExecutable(call, reader) }
        for call in calls {
            switch call.name {
            case "prefix_rule": try addPrefix(call, reader)
            case "network_rule": try addNetwork(call, reader)
            case "host_executable": break
            default:
                throw reader.failure(
                    call.offset, "\(call.name) is no rule; use prefix_rule, network_rule or host_executable")
            }
        }
    }

    private mutating func addPrefix(_ call: RuleReader.Call, _ reader: RuleReader) throws(LockgateError) {
        let given = try arguments(
            call, ["pattern", "decision", "justification", "match", "not_match"], needs: ["pattern"], reader)
        guard let pattern = given["pattern"], case .list(let words) = pattern.kind, !words.isEmpty else {
            throw value(reader, given["pattern"]?.offset ?? call.offset, "pattern has to be a list of words, not empty")
        }
        var alternatives: [[String]] = []
        for word in words { alternatives.append(try strings(word, reader)) }
        let rule = Prefix(
            pattern: alternatives, decision: try decision(given["decision"], reader),
            justification: try text(given["justification"], reader), origin: reader.origin(call.offset))
        for (name, wanted) in [("match", true), ("not_match", false)] {
            guard let list = given[name] else { continue }
            guard case .list(let examples) = list.kind else {
                throw value(reader, list.offset, "\(name) has to be a list")
            }
            for example in examples {
                let words = try self.words(example, reader)
                guard (match(rule, words) == .yes) != wanted else { continue }
                let shown = FoundCommand(words).shown
                throw reader.failure(
                    example.offset,
                    wanted
                        ? "the example \(shown) is not matched by \(rule.text)"
                        : "the example \(shown) is matched by \(rule.text), and must not be", code: "rules.example")
            }
        }
        prefixes.append(rule)
    }

    private mutating func addNetwork(_ call: RuleReader.Call, _ reader: RuleReader) throws(LockgateError) {
        let given = try arguments(
            call, ["host", "protocol", "decision", "justification"], needs: ["host", "protocol", "decision"], reader)
        guard let host = try text(given["host"], reader)?.lowercased(), Self.isHost(host) else {
            throw value(
                reader, given["host"]?.offset ?? call.offset,
                "host has to be one host's name or address, without wildcard, port or path")
        }
        let transports = ["http", "https", "socks5_tcp", "socks5_udp"]
        guard let transport = try text(given["protocol"], reader), transports.contains(transport) else {
            throw value(
                reader, given["protocol"]?.offset ?? call.offset,
                "protocol has to be one of \(transports.joined(separator: ", "))")
        }
        networks.append(
            Network(
                host: host, transport: transport, decision: try decision(given["decision"], reader),
                justification: try text(given["justification"], reader), origin: reader.origin(call.offset)))
    }

    private mutating func addExecutable(_ call: RuleReader.Call, _ reader: RuleReader) throws(LockgateError) {
        let given = try arguments(call, ["name", "paths"], needs: ["name", "paths"], reader)
        guard let name = try text(given["name"], reader), !name.isEmpty, !name.contains("/") else {
            throw value(
                reader, given["name"]?.offset ?? call.offset, "name has to be a program's name without a folder")
        }
        guard let list = given["paths"] else { return }
        for path in try strings(list, reader) {
            guard path.hasPrefix("/"), path.hasSuffix("/" + name) else {
                throw value(reader, list.offset, "\(path) is not an absolute path that ends in /\(name)")
            }
            executables[name, default: []].insert(path)
        }
    }

    // MARK: Values

    private func arguments(
        _ call: RuleReader.Call, _ known: [String], needs: [String], _ reader: RuleReader
    ) throws(LockgateError) -> [String: RuleReader.Value] {
        var given: [String: RuleReader.Value] = [:]
        for argument in call.arguments {
            guard known.contains(argument.name) else {
                throw value(
                    reader, argument.offset,
                    "\(call.name) takes no \(argument.name), only \(known.joined(separator: ", "))")
            }
            guard given.updateValue(argument.value, forKey: argument.name) == nil else {
                throw value(reader, argument.offset, "\(argument.name) is given twice")
            }
        }
        if let missing = needs.first(where: { given[$0] == nil }) {
            throw value(reader, call.offset, "\(call.name) needs \(missing)")
        }
        return given
    }

    private func value(_ reader: RuleReader, _ offset: Int, _ message: String) -> LockgateError {
        reader.failure(offset, message, code: "rules.value")
    }

    private func text(_ value: RuleReader.Value?, _ reader: RuleReader) throws(LockgateError) -> String? {
        guard let value else { return nil }
        guard case .string(let text) = value.kind else { throw self.value(reader, value.offset, "expected a string") }
        return text
    }

    private func decision(_ value: RuleReader.Value?, _ reader: RuleReader) throws(LockgateError) -> Decision {
        guard let value, let text = try text(value, reader) else { return .allow }
        guard let decision = Decision(rawValue: text) else {
            throw self.value(reader, value.offset, "decision has to be allow, prompt or forbidden")
        }
        return decision
    }

    /// A string, or strings in lists of any depth: the alternatives for one word.
    private func strings(_ value: RuleReader.Value, _ reader: RuleReader) throws(LockgateError) -> [String] {
        switch value.kind {
        case .string(let text):
            guard !text.isEmpty else { throw self.value(reader, value.offset, "a word cannot be empty") }
            return [text]
        case .list(let elements):
            var all: [String] = []
            for element in elements { all += try strings(element, reader) }
            guard !all.isEmpty else { throw self.value(reader, value.offset, "a list of alternatives cannot be empty") }
            return all
        }
    }

    /// An example: its words, or one line as a shell would read it.
    private func words(_ example: RuleReader.Value, _ reader: RuleReader) throws(LockgateError) -> [ShellWord] {
        switch example.kind {
        case .list(let elements):
            var words: [ShellWord] = []
            for element in elements {
                guard case .string(let text) = element.kind else {
                    throw value(reader, element.offset, "expected a string")
                }
                words.append(.known(text))
            }
            return words
        case .string(let line):
            let parsed = ShellParser.parse(Array(line.utf8))
            guard parsed.isExact, parsed.commands.count == 1, let command = parsed.commands.first else {
                throw value(reader, example.offset, "an example has to be one plain command")
            }
            return command.words
        }
    }

    private static func isHost(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.utf8.allSatisfy { $0.isShellNameByte || "-.:".utf8.contains($0) }
            && !text.hasPrefix(".") && !text.hasPrefix("-")
            // A colon stands in IPv6 addresses alone, never before a port.
            && (!text.contains(":") || text.utf8.count { $0 == UInt8(ascii: ":") } > 1)
    }
}
