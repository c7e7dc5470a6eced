package import Basics
package import Wire

/// A setting from the command line.
package struct ConfigurationOverride: Sendable, Hashable {
    package var key: String
    package var value: Value
    /// The flag as it was written, for messages.
    package var flag: String

    package enum Value: Sendable, Hashable {
        /// As after `-c key=`: a TOML value, else plain text.
        case text(String)
        case json(JSONValue)
    }

    /// `-c key=text`.
    package init(key: String, text: String, flag: String = "-c") {
        self.key = key
        self.value = .text(text)
        self.flag = flag
    }

    /// A flag of its own, such as `--sandbox`, whose value needs no reading.
    package init(key: String, value: JSONValue, flag: String) {
        self.key = key
        self.value = .json(value)
        self.flag = flag
    }

    /// Splits `key=value` as it stands after `-c`.
    ///
    /// - Throws: `config.override`, exit code 2, without an equals sign or key.
    package init(argument: String, flag: String = "-c") throws(LockgateError) {
        // A quoted name in the key may hold an equals sign of its own.
        var quote: Character?
        let split = argument.firstIndex { character in
            if let open = quote {
                if character == open { quote = nil }
                return false
            }
            if character == "\"" || character == "'" { quote = character }
            return character == "="
        }
        guard let split, split != argument.startIndex else {
            throw LockgateError(
                "config.override", "\(flag) \(argument.printable): expected key=value",
                remedy: "write for example \(flag) sandbox_mode=read-only", exitCode: 2)
        }
        self.init(key: String(argument[..<split]), text: String(argument[argument.index(after: split)...]), flag: flag)
    }
}

/// Turns overrides into a layer.
struct OverrideReader {
    /// Where relative paths start.
    let directory: String
    let userHome: String?
    private let table = OptionTable.all

    init(directory: String, userHome: String?) {
        self.directory = directory
        self.userHome = userHome
    }

    /// - Throws: `config.override` for a malformed key, `config.unknown_key` or `config.value`.
    func read(_ override: ConfigurationOverride) throws(LockgateError) -> ConfigurationLayer {
        guard let path = DottedKey.split(override.key) else {
            throw LockgateError(
                "config.override", "\(override.flag) \(override.key.printable): not a dotted key",
                remedy: "quote unusual names, as in prices.\"gpt-5.1\".input", exitCode: 2)
        }
        var settings: [LayerSetting] = []
        try read(value(of: override, path), at: path, of: override, into: &settings)
        var layer = ConfigurationLayer(layer: .flag(override.flag), file: nil, settings: settings)
        if path.first == HookSource.key {
            let hooks = path.dropFirst().reversed().reduce(value(of: override, path)) { [$1: $0] }
            layer.hooks = HookSource(hooks: hooks, layer: layer.layer)
        }
        return layer
    }

    /// The value that the text stands for, by the option's type.
    func value(of override: ConfigurationOverride, _ path: [String]) -> JSONValue {
        let text: String
        switch override.value {
        case .json(let value): return value
        case .text(let written): text = written
        }
        guard let parsed = Self.parse(text) else { return .string(text) }
        // `-c model=5` means the text: nothing else can.
        if case .option(let index, _) = table.match(path), table.options[index].type.isText, parsed.string == nil {
            return .string(text)
        }
        return parsed
    }

    /// A text as a TOML value, or nil when it is none.
    private static func parse(_ text: String) -> JSONValue? {
        // Most overrides are plain words, which no TOML value starts like.
        guard let first = text.utf8.first, "\"'[{+-0123456789tfin".utf8.contains(first) else { return nil }
        if text == "true" || text == "false" { return .bool(text == "true") }
        if let first = text.unicodeScalars.first, first.properties.isAlphabetic { return nil }
        let source = SourceText(name: "value", bytes: Array("v = \(text)".utf8))
        guard let document = try? TOMLDocument(source), document.foreign.isEmpty, document.root.count == 1 else {
            return nil
        }
        return document.root["v"]
    }

    private func read(
        _ value: JSONValue, at path: [String], of override: ConfigurationOverride, into settings: inout [LayerSetting]
    ) throws(LockgateError) {
        let key = DottedKey.join(path)
        let label = "\(override.flag) \(key.printable)"
        switch table.match(path) {
        case .option(let index, let names):
            let option = table.options[index]
            if option.type == .table, let inner = value.object {
                return try read(inner, at: path, of: override, into: &settings)
            }
            if option.type != .table, let objection = option.type.objection(to: value) {
                throw LockgateError("config.value", "\(label): \(objection)", remedy: "see `lockgate explain \(key)`")
            }
            guard let value = option.type.resolvingPaths(in: value, directory: directory, userHome: userHome) else {
                throw LockgateError(
                    "config.value", "\(label): the home directory is not known", remedy: "write the path without ~")
            }
            let origin = Origin(.flag(override.flag))
            settings.append(LayerSetting(key: key, option: index, names: names, value: value, origin: origin))
        case .table:
            guard let inner = value.object else {
                throw LockgateError(
                    "config.value", "\(label): expected a table, found \(value.typeName)",
                    remedy: "name an option in it, as in \(key).NAME=VALUE")
            }
            try read(inner, at: path, of: override, into: &settings)
        case .unknown(_, let reason):
            let guess = reason == nil ? ForeignKeys.remedy(for: path) == nil ? table.suggestion(for: path) : nil : nil
            throw LockgateError(
                "config.unknown_key",
                "\(override.flag): "
                    + (reason.map { "\(key.printable): \($0)" } ?? "unknown key \(key.printable)")
                    + (guess.map { "; did you mean \($0)?" } ?? ""),
                remedy: ForeignKeys.remedy(for: path) ?? guess.map { "write \($0)" }
                    ?? "`lockgate config list` shows all keys")
        }
    }

    private func read(
        _ object: JSONObject, at parent: [String], of override: ConfigurationOverride,
        into settings: inout [LayerSetting]
    ) throws(LockgateError) {
        for (name, value) in object.members { try read(value, at: parent + [name], of: override, into: &settings) }
    }
}

extension OptionType {
    /// Whether values are texts, so that a value that looks like something else still means its text.
    fileprivate var isText: Bool {
        switch self {
        case .string, .text, .choice, .path, .pathPattern, .fileName, .url, .environmentName, .line: true
        case .boolean, .integer, .number, .list, .keys, .table: false
        }
    }
}
