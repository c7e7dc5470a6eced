import Basics
import Config
import Wire

/// What `lockgate config` prints about a configuration.
struct ConfigurationReport {
    private let configuration: Configuration

    init(_ configuration: Configuration) {
        self.configuration = configuration
    }

    /// The value of a key, or a line for each key of a table.
    ///
    /// - Throws: `config.unknown_key`; `config.unset`, exit code 1, for a key without a value.
    func value(of key: String, json: Bool) throws(LockgateError) -> String {
        let found = try configuration.explain(key)
        guard let only = found.first, (try? configuration.resolve(key)) != nil else {
            let set = found.filter { !$0.resolution.value.isNull }
            if json {
                return JSONValue.object(JSONObject(set.map { ($0.resolution.key, $0.resolution.value) })).text
            }
            return set.map { "\($0.resolution.key) = \(TOMLText.inline($0.resolution.value))" }.joined(separator: "\n")
        }
        let value = only.resolution.value
        if json { return value.text }
        guard !value.isNull else {
            throw LockgateError("config.unset", "\(key) is not set. \(only.reason)", remedy: "lockgate explain \(key)")
        }
        return value.string.map(TerminalStyle.harmless) ?? TerminalStyle.harmless(TOMLText.inline(value))
    }

    /// All keys, with the place of each value.
    func list(onlySet: Bool, json: Bool) -> String {
        let shown = configuration.resolutions.filter { !onlySet || $0.origin.layer != .builtIn }
        if json {
            return JSONValue.array(
                shown.map { ["key": .string($0.key), "value": $0.value, "origin": $0.origin.json] }
            ).text
        }
        return shown.map { resolution in
            let value = resolution.value.isNull ? "(not set)" : TOMLText.inline(resolution.value)
            return TerminalStyle.harmless("\(resolution.key) = \(value)  # \(resolution.origin)")
        }.joined(separator: "\n")
    }

    /// What `config set` did.
    static func text(of change: ConfigurationEditor.Change, json: Bool) -> String {
        if json {
            return JSONValue.object([
                "key": .string(change.key), "old": change.old ?? .null, "new": change.new, "file": .string(change.file),
            ]).text
        }
        let old = change.old.map { " (was \(TOMLText.inline($0)))" } ?? ""
        return TerminalStyle.harmless("\(change.key) = \(TOMLText.inline(change.new))\(old)  # \(change.file)")
    }
}
