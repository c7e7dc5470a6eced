package import Basics
package import Wire

/// The merged configuration of one run: what counts, and where each value came from.
package struct Configuration: Sendable {
    /// The effective values.
    package let settings: Settings
    /// What was read but not obeyed, or needs attention.
    package let warnings: [ConfigurationWarning]
    /// Where the run takes place.
    package let project: ProjectLocation
    /// The decision that counts for this run; nil when there is none.
    package let trust: TrustLevel?
    /// The user's recorded decision about the project, whatever this run was started with.
    package let trustLevel: TrustLevel?
    /// How the executable content of a trusted project stands to what the user approved; nil for other projects, from
    /// which nothing is executed. A run that cannot ask throws `review.refusal` unless `review.isApproved`.
    package let review: ContentReview?
    /// The files that took part, weakest first.
    package let files: [Origin]

    /// `[hooks]` of all files, the administrator's first; `hooks.json` files are not in it, see `hookSources`.
    let hooks: [HookSource]
    /// Where the administrator said that only the hooks of the system's folder count; nil when all do.
    package let managedHooksOnly: Origin?

    let merged: MergedSettings
    let decisions: TrustDecisions

    /// The values of a key: the winner and what it shadows. The same data that the settings were made of.
    ///
    /// - Throws: `config.unknown_key` for a key that is no option.
    package func resolve(_ key: String) throws(LockgateError) -> Resolution {
        let table = OptionTable.all
        guard let path = DottedKey.split(key) else {
            throw LockgateError(
                "config.unknown_key", "\(key.printable) is not a dotted key", remedy: "write for example network.mode")
        }
        guard case .option(let index, _) = table.match(path) else {
            let guess = table.suggestion(for: path)
            throw LockgateError(
                "config.unknown_key",
                "unknown key \(key.printable)" + (guess.map { "; did you mean \($0)?" } ?? ""),
                remedy: guess.map { "ask for \($0)" } ?? "`lockgate config list` shows all keys")
        }
        return merged.resolution(of: DottedKey.join(path), option: index)
    }

    /// The resolutions of all keys that somebody set, and of all with a built-in value, in the option table's order.
    package var resolutions: [Resolution] { merged.all }

    /// What the administrator constrains, in the order of its application.
    package var requirements: [Requirement] { merged.requirements?.constraints ?? [] }

    /// The providers that the administrator allows; nil for all. A provider that the configuration names was checked
    /// on loading; one that is picked in another way has to be checked against this list.
    package var allowedProviders: [String]? { merged.requirements?.providers?.ids }

    /// Rules on commands that the administrator requires.
    package var requiredRules: RequiredRules? { merged.requirements?.rules }

    /// The user's decision about a project.
    ///
    /// - Parameter root: the project's folder; symbolic links are resolved.
    package func trustLevel(of root: String) -> TrustLevel? {
        decisions.level(of: [PosixFile.canonical(root) ?? root])
    }
}

/// How one key got its value.
package struct Resolution: Sendable, Hashable {
    package var key: String
    /// Null when the key is unset.
    package var value: JSONValue
    package var origin: Origin
    /// Values of weaker layers, strongest first; the built-in one last.
    package var shadowed: [OriginatedValue]
    /// For options that join the lists of all layers: what each contributed, weakest first; else empty.
    package var joined: [OriginatedValue]
    /// Values that a layer stated but may not set.
    package var refused: [RefusedValue]
}

/// A value with its place.
package struct OriginatedValue: Sendable, Hashable {
    package var value: JSONValue
    package var origin: Origin

    package init(_ value: JSONValue, _ origin: Origin) {
        self.value = value
        self.origin = origin
    }
}

/// A value that does not count, and why.
package struct RefusedValue: Sendable, Hashable {
    package var value: JSONValue
    package var origin: Origin
    package var reason: String
}

/// Something the user should know about the configuration; the run goes on.
package struct ConfigurationWarning: Sendable, Hashable, CustomStringConvertible {
    /// A stable name such as `config.project_refused`.
    package var code: String
    /// The whole sentence, with `file:line`.
    package var message: String
    package var origin: Origin

    package var description: String { message }
}
