package import Basics

/// What people and editors read about the options, made from the option table so that it cannot say anything else.
package enum ConfigurationReference {
    // MARK: The page

    /// `docs/configuration.md`.
    package static var markdown: String {
        var lines = [
            "# Configuration", "",
            "Made from the option table (`Sources/Config`); a test keeps it up to date. `lockgate explain KEY` says the same "
                + "about your own configuration, with the place that set each value.", "",
            "## Where settings come from", "", "From the weakest to the strongest:", "",
            "1. built-in values", "2. `/etc/lockgate/config.toml`: the administrator's defaults",
            "3. `$LOCKGATE_HOME/config.toml`: yours (`~/.lockgate` unless `LOCKGATE_HOME` is set)",
            "4. `$LOCKGATE_HOME/NAME.config.toml`, with `--profile NAME`",
            "5. `.lockgate/config.toml` in the project's folders, from its root down to the working directory; only if you "
                + "trust the project, and only as far as the column *project* goes",
            "6. the command line: flags, and `-c key=value` with a TOML value or plain text", "",
            "Then `/etc/lockgate/requirements.toml` bounds the result (see the end). Tables and maps merge key by key; a list "
                + "replaces a weaker layer's list unless noted. Unknown keys and wrong types are errors. Relative paths start "
                + "at the folder of the file that sets them, and `~/` works.", "",
            "The column *project*: **yes**; **less**: only a value that gives no more than what is set below it; **review**: "
                + "after `lockgate trust` showed you its content; **no**.", "",
        ]
        for (title, options) in sections {
            lines += ["## \(title)", "", "| Key | Takes | Without it | Project | |", "| --- | --- | --- | --- | --- |"]
            lines += options.map(row)
            lines.append("")
        }
        lines += [
            "A permission profile `[permissions.<id>]` may set each of these, with the meaning that it has without one: "
                + ConfigurationOption.profileMembers.map { "`\($0.pattern.dropFirst("permissions.<id>.".count))`" }
                .joined(separator: ", ") + ".", "",
        ]
        lines += [
            "## Requirements", "",
            "`/etc/lockgate/requirements.toml` belongs to the administrator. A value that it does not allow falls back to the "
                + "nearest allowed one, and a warning names both places; it does not stop the run unless it says so here.",
            "",
            "| Key | Takes | |", "| --- | --- | --- |",
        ]
        lines += RequirementTable.table.options.map {
            "| `\($0.pattern)` | \(cell($0.type.description)) | \(cell($0.summary)) |"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static let sections: [(title: String, options: [ConfigurationOption])] = [
        ("Models", ConfigurationOption.modelOptions), ("Providers", ConfigurationOption.providerOptions),
        ("Prices", ConfigurationOption.priceOptions), ("Safety", ConfigurationOption.safetyOptions),
        ("Budgets", ConfigurationOption.budgetOptions), ("Permission profiles", ConfigurationOption.profileOptions),
        ("MCP servers", ConfigurationOption.toolServerOptions),
        ("Context and runs", ConfigurationOption.runtimeOptions), ("The screen", ConfigurationOption.screenOptions),
    ]

    private static func row(_ option: ConfigurationOption) -> String {
        let without =
            switch option.builtIn {
            case .unset(let meaning): meaning
            case .value(let value): "`\(TOMLText.inline(value))`"
            case .byTrust(let trusted, let untrusted):
                "`\(TOMLText.inline(trusted))` in a trusted project, else `\(TOMLText.inline(untrusted))`"
            }
        let project =
            switch option.project {
            case .allowed: "yes"
            case .narrowing: "less"
            case .afterReview: "review"
            case .refused(let reason): "no: \(reason)"
            }
        return "| `\(option.pattern)` | \(cell(option.type.description)) | \(cell(without)) | \(cell(project)) | "
            + "\(cell(option.summary)) |"
    }

    private static func cell(_ text: String) -> String { text.replacing("|", with: "\\|") }

    // MARK: The schema

    /// `docs/configuration.schema.json`: JSON Schema (draft 2020-12) of `config.toml`, for editors.
    package static var schema: JSONValue {
        var root: JSONObject = [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Lockgate configuration",
        ]
        for (key, value) in object(OptionTable.all.options[...], depth: 0).members { root[key] = value }
        return .object(root)
    }

    /// The schema of the table that these options share down to a depth.
    private static func object(_ options: ArraySlice<ConfigurationOption>, depth: Int) -> JSONObject {
        var properties: JSONObject = [:]
        var additional: JSONValue = false
        var seen: [OptionSegment] = []
        for option in options where !seen.contains(option.path[depth]) {
            let segment = option.path[depth]
            seen.append(segment)
            let below = options.filter { $0.path[depth] == segment }
            let schema: JSONObject =
                option.path.count == depth + 1 ? leaf(option) : object(below[...], depth: depth + 1)
            switch segment {
            case .name(let name): properties[name] = .object(schema)
            case .placeholder: additional = .object(schema)
            }
        }
        var result: JSONObject = ["type": "object"]
        if !properties.isEmpty { result["properties"] = .object(properties) }
        result["additionalProperties"] = additional
        return result
    }

    private static func leaf(_ option: ConfigurationOption) -> JSONObject {
        var schema: JSONObject = ["description": .string(option.summary)]
        for (key, value) in type(option.type).members { schema[key] = value }
        if case .value(let value) = option.builtIn { schema["default"] = value }
        return schema
    }

    private static func type(_ type: OptionType) -> JSONObject {
        switch type {
        case .boolean: return ["type": "boolean"]
        case .integer(let range):
            var schema: JSONObject = ["type": "integer", "minimum": .int(range.lowerBound)]
            if range.upperBound < Int.max { schema["maximum"] = .int(range.upperBound) }
            return schema
        case .number(let minimum): return ["type": "number", "minimum": .double(minimum)]
        case .string, .path, .pathPattern: return ["type": "string", "minLength": 1]
        case .text, .line: return ["type": "string"]
        case .choice(let names): return ["type": "string", "enum": .array(names.map(JSONValue.string))]
        case .fileName: return ["type": "string", "pattern": "^[^/]+$"]
        case .url: return ["type": "string", "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://[^/\\s]"]
        case .environmentName: return ["type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"]
        case .list(let element): return ["type": "array", "items": .object(Self.type(element))]
        case .keys: return ["type": ["string", "array"], "items": ["type": "string"]]
        case .table: return ["type": "object"]
        }
    }
}
