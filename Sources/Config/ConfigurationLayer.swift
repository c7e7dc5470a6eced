import Basics
import Wire

/// One source's settings, checked against the option table.
struct ConfigurationLayer: Sendable {
    let layer: Origin.Layer
    /// Nil for the command line.
    let file: String?
    var settings: [LayerSetting]
    /// The hooks it states, with their places; they are in the settings too, for merging and review.
    var hooks: HookSource?
    /// The rules on commands that it states; only `requirements.toml` may.
    var rules: RequiredRules?
}

/// One option's value in one layer.
struct LayerSetting: Sendable, Hashable {
    /// The dotted key with the user's names in it.
    var key: String
    /// Place in the option table.
    var option: Int
    /// What stands for the key's placeholders.
    var names: [String]
    var value: JSONValue
    var origin: Origin
    /// Set when the value was stated under another key, which counts only in this sandbox mode.
    var condition: SandboxMode?
}

/// Reads a document's values into a layer. Collects all problems, so that one run shows them all.
struct LayerReader {
    let document: TOMLDocument
    let layer: Origin.Layer
    /// Where relative paths start.
    let directory: String
    /// What `~` stands for; nil when unknown.
    let userHome: String?
    private let table: OptionTable
    private var settings: [LayerSetting] = []
    private var problems: [Problem] = []

    private struct Problem {
        var code: LockgateError.Code
        var position: SourcePosition
        var text: String
        var remedy: String
    }

    init(
        _ document: TOMLDocument, layer: Origin.Layer, directory: String, userHome: String?,
        table: OptionTable = .all
    ) {
        self.document = document
        self.table = table
        self.layer = layer
        self.directory = directory
        self.userHome = userHome
    }

    /// - Throws: `config.unknown_key` or `config.value` for the first problem; the message lists up to ten.
    mutating func read() throws(LockgateError) -> ConfigurationLayer {
        read(document.root, at: [])
        if !problems.isEmpty { throw error() }
        return ConfigurationLayer(
            layer: layer, file: document.source.name, settings: settings,
            hooks: HookSource(document, layer: layer), rules: RequiredRules(document, layer: layer))
    }

    private mutating func read(_ object: JSONObject, at parent: [String]) {
        for (name, value) in object.members {
            let path = parent + [name]
            switch table.match(path) {
            case .option(let index, _) where table.options[index].type == .table && value.object != nil:
                read(value.object ?? [:], at: path)
            case .option(let index, let names):
                read(value, of: index, names: names, at: path)
            case .table:
                if let inner = value.object {
                    read(inner, at: path)
                } else {
                    note(
                        "config.value", path, "expected a table, found \(value.typeName)",
                        "write [\(DottedKey.join(path))]")
                }
            case .unknown(_, let reason):
                noteUnknown(path, reason)
            }
        }
    }

    private mutating func read(_ value: JSONValue, of index: Int, names: [String], at path: [String]) {
        let option = table.options[index]
        let isInFreeTable = option.type == .table
        let foreign = foreignType(at: path, of: value)
        if let objection = isInFreeTable
            ? foreign.map({ "\($0) cannot stand here" })
            : option.type.objection(to: value, foreign: foreign)
        {
            return note("config.value", path, objection, hint(path))
        }
        guard let value = option.type.resolvingPaths(in: value, directory: directory, userHome: userHome) else {
            return note(
                "config.value", path, "the home directory is not known", "write the path without ~, or set HOME")
        }
        let position = document.position(of: path)
        let origin = Origin(layer, file: document.source.name, line: position?.line, column: position?.column)
        settings.append(
            LayerSetting(key: DottedKey.join(path), option: index, names: names, value: value, origin: origin))
    }

    private func hint(_ path: [String]) -> String {
        layer == .requirements
            ? "ask the administrator of this machine" : "see `lockgate explain \(DottedKey.join(path))`"
    }

    /// The TOML type of a value, or of a list's first such element, that JSON lacks.
    private func foreignType(at path: [String], of value: JSONValue) -> String? {
        guard !document.foreign.isEmpty else { return nil }
        if let type = document.foreign[path] { return type }
        return (value.array ?? []).indices.lazy.compactMap { document.foreign[path + [String($0)]] }.first
    }

    private mutating func noteUnknown(_ path: [String], _ reason: String?) {
        let key = DottedKey.join(path)
        if let reason { return note("config.unknown_key", path, "\(key.printable): \(reason)", "correct the name") }
        let renamed = ForeignKeys.remedy(for: path)
        let guess = renamed == nil ? table.suggestion(for: path) : nil
        let remedy = renamed ?? guess.map { "write \($0)" } ?? "remove it; `lockgate config list` shows all keys"
        let question = guess.map { "; did you mean \($0)?" } ?? ""
        note("config.unknown_key", path, "unknown key \(key.printable)\(question)", remedy, isKeyNamed: true)
    }

    private mutating func note(
        _ code: LockgateError.Code, _ path: [String], _ text: String, _ remedy: String, isKeyNamed: Bool = false
    ) {
        let position = document.position(of: path) ?? SourcePosition(line: 1, column: 1)
        let prefix = isKeyNamed || code == "config.unknown_key" ? "" : "\(DottedKey.join(path).printable): "
        problems.append(Problem(code: code, position: position, text: prefix + text, remedy: remedy))
    }

    private mutating func error() -> LockgateError {
        problems.sort { $0.position < $1.position }
        let shown = problems.prefix(10).map { problem in
            let place = "\(document.source.name.printable):\(problem.position.line):\(problem.position.column)"
            return "\(place): \(problem.text)\n\(document.source.excerpt(at: problem.position))"
        }
        let more =
            problems.count > shown.count ? ["and \(problems.count - shown.count) more problems in this file"] : []
        return LockgateError(
            problems[0].code, (shown + more).joined(separator: "\n"),
            remedy: problems.count == 1 ? problems[0].remedy : "correct these \(problems.count) places")
    }
}

extension OptionType {
    /// The value with `~/` and relative paths made absolute; nil when that needs a home directory nobody knows.
    func resolvingPaths(in value: JSONValue, directory: String, userHome: String?) -> JSONValue? {
        switch (self, value) {
        case (.list(let element), .array(let values)) where element == .path || element == .pathPattern:
            let resolved = values.compactMap {
                element.resolvingPaths(in: $0, directory: directory, userHome: userHome)
            }
            return resolved.count == values.count ? .array(resolved) : nil
        case (.path, .string(let text)):
            if text.isHomePath { return userHome.map { .string($0 + text.dropFirst()) } }
            if text.hasPrefix("/") { return value }
            return .string(directory == "/" ? "/\(text)" : "\(directory)/\(text)")
        case (.pathPattern, .string(let text)) where text.isHomePath:
            return userHome.map { .string($0 + text.dropFirst()) }
        default:
            return value
        }
    }
}

extension String {
    /// `~` or `~/...`; `~user` is not supported and stays a relative path.
    var isHomePath: Bool { self == "~" || hasPrefix("~/") }
}
