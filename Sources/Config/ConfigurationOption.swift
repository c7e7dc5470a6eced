package import Basics

/// One configuration key: the single source for reading, checking, explaining and documenting it.
package struct ConfigurationOption: Sendable {
    /// The key's names; placeholders stand for names that the user chooses.
    package let path: [OptionSegment]
    package let type: OptionType
    package let builtIn: BuiltInValue
    package let project: ProjectRule
    package let merge: MergeRule
    /// What the option does, in one or a few sentences; the reference page prints it.
    package let summary: String
    /// Puts a checked value into the settings. The names are those that stand for the placeholders.
    let store: @Sendable (inout Settings, [String], JSONValue) -> Void

    /// The key as the reference page prints it: `model_providers.<id>.base_url`.
    package var pattern: String { path.map(\.description).joined(separator: ".") }
}

/// One name in a key's path.
package enum OptionSegment: Sendable, Hashable, CustomStringConvertible {
    case name(String)
    case placeholder(OptionPlaceholder)

    package var description: String {
        switch self {
        case .name(let name): name
        case .placeholder(let placeholder): "<\(placeholder.rawValue)>"
        }
    }
}

/// What a user-chosen name in a key stands for.
package enum OptionPlaceholder: String, Sendable, Hashable {
    case id, model, header, parameter
    case path
    case variable = "VARIABLE"

    /// Why a name does not fit, or nil when it does.
    func objection(to name: String) -> String? {
        switch self {
        case .id:
            !name.isEmpty && name.utf8.allSatisfy { $0.isBareKey || $0 == UInt8(ascii: ".") }
                ? nil : "an id is made of letters, digits, '-', '_' and '.'"
        case .path:
            name.hasPrefix("/") || name == "~" || name.hasPrefix("~/") ? nil : "expected an absolute path as the key"
        case .header: name.isHeaderName ? nil : "not a valid header name"
        case .variable: name.isEnvironmentName ? nil : "not a valid name for an environment variable"
        case .model, .parameter: name.isEmpty ? "an empty name" : nil
        }
    }
}

/// The value of an option that nobody set.
package enum BuiltInValue: Sendable, Hashable {
    /// Unset; the text says what that means.
    case unset(String)
    case value(JSONValue)
    /// Depends on whether the user trusts the project.
    case byTrust(trusted: JSONValue, untrusted: JSONValue)

    package func value(trusted: Bool) -> JSONValue? {
        switch self {
        case .unset: nil
        case .value(let value): value
        case .byTrust(let yes, let no): trusted ? yes : no
        }
    }
}

/// Whether a project's own file may set an option. Files of projects that are not trusted are not read at all.
package enum ProjectRule: Sendable, Hashable {
    case allowed
    /// Only towards less: a project cannot give itself more than the user did.
    case narrowing(Strictness)
    /// It executes or redirects something: taken only once the user reviewed this very content.
    case afterReview
    /// Never; the text completes "a project may not set it, because ...".
    case refused(String)

    /// Which of two values gives less.
    package enum Strictness: Sendable, Hashable {
        /// The type's choices, listed from the strictest on.
        case choices([String])
        case smaller
        case boolean(strict: Bool)
    }
}

/// How values of several layers combine.
package enum MergeRule: Sendable, Hashable {
    /// The strongest layer's value counts alone.
    case replace
    /// Lists of all layers are joined: a layer can add but not take away.
    case union
}

extension ProjectRule.Strictness {
    /// Whether `value` gives no more than `reference` does.
    func allows(_ value: JSONValue, under reference: JSONValue) -> Bool {
        switch self {
        case .choices(let order):
            guard let new = value.string.flatMap(order.firstIndex), let old = reference.string.flatMap(order.firstIndex)
            else { return false }
            return new <= old
        case .smaller:
            guard let new = value.double, let old = reference.double else { return false }
            return new <= old
        case .boolean(let strict):
            return value == .bool(strict) || value == reference
        }
    }
}
