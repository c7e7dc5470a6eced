import Basics
import Wire

/// A type of a settings field that can be read from a checked configuration value.
protocol OptionValue: Sendable {
    /// Nil when the value has another type, which a checked value never has.
    static func decode(_ value: JSONValue) -> Self?
}

extension Bool: OptionValue {
    static func decode(_ value: JSONValue) -> Bool? { value.bool }
}
extension Int: OptionValue {
    static func decode(_ value: JSONValue) -> Int? { value.int }
}
extension Double: OptionValue {
    static func decode(_ value: JSONValue) -> Double? { value.double }
}
extension String: OptionValue {
    static func decode(_ value: JSONValue) -> String? { value.string }
}
extension Array: OptionValue where Element: OptionValue {
    static func decode(_ value: JSONValue) -> [Element]? { value.array?.compactMap(Element.decode) }
}
extension Optional: OptionValue where Wrapped: OptionValue {
    static func decode(_ value: JSONValue) -> Wrapped?? { .some(Wrapped.decode(value)) }
}
extension OptionValue where Self: RawRepresentable, RawValue == String {
    static func decode(_ value: JSONValue) -> Self? { value.string.flatMap(Self.init(rawValue:)) }
}
extension ApprovalPolicy: OptionValue {}
extension ApprovalsReviewer: OptionValue {}
extension NetworkMode: OptionValue {}
extension OuterSandbox: OptionValue {}
extension SandboxMode: OptionValue {}
extension StagingMethod: OptionValue {}
extension TrustLevel: OptionValue {}
extension WireDialect: OptionValue {}
extension WorkspaceKind: OptionValue {}
extension HistoryPersistence: OptionValue {}
extension EnvironmentInheritance: OptionValue {}
extension ConfiguredToolMode: OptionValue {}

/// A settings value that exists once per user-chosen name.
protocol NamedSettings: Sendable {
    init()
}
extension ProviderSettings: NamedSettings {}
extension PriceSettings: NamedSettings {}
extension ProjectSettings: NamedSettings {}

extension ConfigurationOption {
    /// An option with a fixed key.
    static func option<Value: OptionValue>(
        _ path: String, _ type: OptionType, _ field: any WritableKeyPath<Settings, Value> & Sendable,
        default builtIn: BuiltInValue, project: ProjectRule, merge: MergeRule = .replace, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: type, builtIn: builtIn, project: project, merge: merge, summary: summary
        ) { settings, _, value in
            if let value = Value.decode(value) { settings[keyPath: field] = value }
        }
    }

    /// An option of one of several named tables, such as `model_providers.<id>.name`.
    static func option<Group: NamedSettings, Value: OptionValue>(
        _ path: String, _ type: OptionType, _ groups: any WritableKeyPath<Settings, [String: Group]> & Sendable,
        _ field: any WritableKeyPath<Group, Value> & Sendable, default builtIn: BuiltInValue, project: ProjectRule,
        _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: type, builtIn: builtIn, project: project, merge: .replace, summary: summary
        ) { settings, names, value in
            guard let name = names.first, let value = Value.decode(value) else { return }
            settings[keyPath: groups][name, default: Group()][keyPath: field] = value
        }
    }

    /// One entry of a map of texts within a named table, such as `model_providers.<id>.http_headers.<header>`.
    static func entry<Group: NamedSettings>(
        _ path: String, _ type: OptionType, _ groups: any WritableKeyPath<Settings, [String: Group]> & Sendable,
        _ field: any WritableKeyPath<Group, [String: String]> & Sendable, project: ProjectRule, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: type, builtIn: .unset("none"), project: project, merge: .replace,
            summary: summary
        ) { settings, names, value in
            guard names.count == 2, let text = value.string else { return }
            settings[keyPath: groups][names[0], default: Group()][keyPath: field][names[1]] = text
        }
    }

    /// One entry of a map of texts with a fixed key.
    static func entry(
        _ path: String, _ type: OptionType, _ field: any WritableKeyPath<Settings, [String: String]> & Sendable,
        project: ProjectRule, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: type, builtIn: .unset("none"), project: project, merge: .replace,
            summary: summary
        ) { settings, names, value in
            guard let name = names.first, let text = value.string else { return }
            settings[keyPath: field][name] = text
        }
    }

    /// A table whose contents another part of the program checks; the names are the path within it.
    static func table(
        _ path: String, _ field: any WritableKeyPath<Settings, JSONObject> & Sendable, project: ProjectRule,
        merge: MergeRule = .replace, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: .table, builtIn: .unset("empty"), project: project, merge: merge,
            summary: summary
        ) { settings, names, value in
            settings[keyPath: field].set(value, at: names[...])
        }
    }

    /// Reads a pattern: names separated by dots, placeholders in angle brackets.
    static func segments(_ pattern: String) -> [OptionSegment] {
        pattern.utf8.split(separator: UInt8(ascii: ".")).map { part in
            guard part.first == UInt8(ascii: "<") else { return .name(String(Substring(part))) }
            let name = String(Substring(part.dropFirst().dropLast()))
            return OptionPlaceholder(rawValue: name).map(OptionSegment.placeholder) ?? .name(name)
        }
    }
}

extension JSONObject {
    /// Puts a value at a path, making tables on the way.
    fileprivate mutating func set(_ value: JSONValue, at path: ArraySlice<String>) {
        guard let first = path.first else { return }
        guard path.count > 1 else { return self[first] = value }
        var inner = self[first]?.object ?? [:]
        inner.set(value, at: path.dropFirst())
        self[first] = .object(inner)
    }
}
