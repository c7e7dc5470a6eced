package import Basics
package import Wire

/// Everything there is to say about one key: `lockgate explain KEY`.
///
/// Made from the same resolution as the settings, so it cannot tell another story than what happens.
package struct Explanation: Sendable, Hashable {
    package var resolution: Resolution
    /// What the option does and takes.
    package var summary: String
    package var type: String
    /// Why this value counts, in one sentence.
    package var reason: String
    /// What the administrator demands, if anything.
    package var requirement: Requirement?
    /// Who may change it, from the weakest layer on, each in one line.
    package var changes: [String]

    package var json: JSONValue {
        var object: JSONObject = [
            "key": .string(resolution.key), "value": resolution.value, "origin": resolution.origin.json,
            "reason": .string(reason), "summary": .string(summary), "type": .string(type),
            "shadowed": .array(resolution.shadowed.map(\.json)), "joined": .array(resolution.joined.map(\.json)),
            "refused": .array(
                resolution.refused.map {
                    ["value": $0.value, "origin": $0.origin.json, "reason": .string($0.reason)]
                }), "changes": .array(changes.map(JSONValue.string)),
        ]
        if let requirement {
            object["requirement"] = [
                "origin": requirement.origin.json, "rule": .string(requirement.description),
            ]
        }
        return .object(object)
    }

    /// The lines for a terminal.
    package var text: String {
        func line(_ value: JSONValue, _ origin: Origin) -> String {
            "\(value.isNull ? "(not set)" : TOMLText.inline(value).printable)  \(origin.description.printable)"
        }
        var lines = ["\(resolution.key.printable) = \(line(resolution.value, resolution.origin))", "  \(reason)"]
        lines += resolution.joined.map { "  joined:   \(line($0.value, $0.origin))" }
        lines += resolution.shadowed.map { "  shadowed: \(line($0.value, $0.origin))" }
        lines += resolution.refused.map { "  refused:  \(line($0.value, $0.origin)): \($0.reason)" }
        if let requirement {
            lines.append("  required: \(requirement.description)  \(requirement.origin.description.printable)")
        }
        lines.append("  \(summary) Takes \(type).")
        lines += changes.map { "  change:   \($0)" }
        return lines.joined(separator: "\n")
    }
}

extension OriginatedValue {
    fileprivate var json: JSONValue { ["value": value, "origin": origin.json] }
}

extension Configuration {
    /// Explains a key, or every key that is set below a table such as `network` or `model_providers.acme`.
    ///
    /// - Throws: `config.unknown_key` for a name that is neither.
    package func explain(_ key: String) throws(LockgateError) -> [Explanation] {
        let table = OptionTable.all
        guard let path = DottedKey.split(key), case .table = table.match(path) else {
            return [explanation(of: try resolve(key))]
        }
        let prefix = DottedKey.join(path) + "."
        return resolutions.filter { $0.key.hasPrefix(prefix) }.map(explanation)
    }

    private func explanation(of resolution: Resolution) -> Explanation {
        let table = OptionTable.all
        guard let path = DottedKey.split(resolution.key), case .option(let index, _) = table.match(path) else {
            return Explanation(resolution: resolution, summary: "", type: "", reason: "", changes: [])
        }
        let option = table.options[index]
        let requirement = requirements.first { $0.key == option.pattern }
        return Explanation(
            resolution: resolution, summary: option.summary, type: option.type.description,
            reason: reason(resolution, option, requirement), requirement: requirement,
            changes: changes(resolution.key, option, requirement))
    }

    private func reason(_ resolution: Resolution, _ option: ConfigurationOption, _ requirement: Requirement?) -> String
    {
        switch resolution.origin.layer {
        case .requirements:
            return "The administrator's requirement stands above all other layers."
        case .builtIn where resolution.value.isNull:
            guard case .unset(let meaning) = option.builtIn else { return "Nobody set it." }
            return "Nobody set it: \(meaning)."
        case .builtIn:
            if case .byTrust = option.builtIn {
                return "Nobody set it; the built-in value depends on trust, and this project is "
                    + (trust == .trusted ? "trusted." : "not trusted.")
            }
            return "Nobody set it; this is the built-in value."
        default:
            if option.merge == .union, resolution.joined.count > 1 { return "The lists of all layers are joined." }
            let others = resolution.shadowed.filter { $0.origin != .builtIn }.count
            return others == 0
                ? "Only the \(resolution.origin.layer.description.printable) sets it."
                : "The \(resolution.origin.layer.description.printable) is the strongest of \(others + 1) layers that set it."
        }
    }

    private func changes(_ key: String, _ option: ConfigurationOption, _ requirement: Requirement?) -> [String] {
        if let requirement, case .fixed = requirement.rule {
            return ["only the administrator, in \(requirement.origin.file ?? "the requirements")"]
        }
        let example = TOMLText.inline(option.type.example)
        let project =
            switch option.project {
            case .allowed: "the project, in .lockgate/config.toml, once it is trusted"
            case .narrowing: "the project, in .lockgate/config.toml, once it is trusted, and only towards less"
            case .afterReview: "the project, in .lockgate/config.toml, after `lockgate trust` reviewed its content"
            case .refused(let reason): "not the project, because \(reason)"
            }
        return [
            "the administrator of this machine, in config.toml of the system folder",
            "you, for good: lockgate config set \(key.printable) \(example)", project,
            "you, for one run: -c '\(key.printable)=\(example)'",
        ]
    }
}

extension OptionType {
    /// A value of this type, for commands that a user can copy.
    var example: JSONValue {
        switch self {
        case .boolean: true
        case .integer(let range): .int(max(range.lowerBound, min(range.upperBound, 1000)))
        case .number: 1.5
        case .string, .text, .line: "TEXT"
        case .choice(let names): .string(names.first ?? "")
        case .path, .pathPattern: "/PATH"
        case .fileName: "NAME"
        case .url: "https://HOST"
        case .environmentName: "NAME"
        case .list(let element): .array([element.example])
        case .keys: ["ctrl-t"]
        case .table: [:]
        }
    }
}
