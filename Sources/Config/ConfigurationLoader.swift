import Basics
import Glibc
package import Wire

/// Reads all layers of configuration and merges them.
///
/// From the weakest to the strongest: built-in, `config.toml` of the system and of the user, the profile's file, the
/// project's files from its root down to the working directory, the command line. Reads a handful of files, starts no
/// process and opens no connection.
package struct ConfigurationLoader: Sendable {
    /// Where Lockgate keeps everything of the user: `$LOCKGATE_HOME`. May be missing.
    package let home: String
    /// The administrator's folder.
    package let systemDirectory: String
    /// An absolute path.
    package let workingDirectory: String
    private let userHome: String?

    /// The folder in a project that holds its configuration.
    package static let projectFolder = ".lockgate"
    package static let fileName = "config.toml"
    /// The flag that requirements can forbid by name.
    package static let bypassFlag = "--dangerously-bypass-approvals-and-sandbox"
    package static let defaultSystemDirectory = "/etc/lockgate"

    package init(
        home: String, systemDirectory: String = Self.defaultSystemDirectory, environment: [String: String],
        workingDirectory: String
    ) {
        self.home = home
        self.systemDirectory = systemDirectory
        self.workingDirectory = workingDirectory
        userHome = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
    }

    /// `LOCKGATE_HOME`, else `.lockgate` in the home directory; empty counts as unset.
    ///
    /// - Throws: `config.no_home` without either, or for a `LOCKGATE_HOME` that is not absolute.
    package static func home(environment: [String: String]) throws(LockgateError) -> String {
        if let set = environment["LOCKGATE_HOME"], !set.isEmpty {
            guard set.hasPrefix("/") else {
                throw LockgateError(
                    "config.no_home", "LOCKGATE_HOME is \(set.printable), which is not an absolute path",
                    remedy: "set LOCKGATE_HOME to an absolute path")
            }
            return set
        }
        guard let user = environment["HOME"], user.hasPrefix("/") else {
            throw LockgateError(
                "config.no_home", "HOME is not set to an absolute path", remedy: "set HOME or LOCKGATE_HOME")
        }
        return user == "/" ? "/.lockgate" : "\(user)/.lockgate"
    }

    /// The file of the user's own settings.
    package var userFile: String { "\(home)/\(Self.fileName)" }

    /// Reads and merges.
    ///
    /// - Parameters:
    ///   - profile: the name after `--profile`.
    ///   - overrides: the command line's settings; of two for one key the later counts.
    ///   - trust: a decision made for this run that replaces the recorded one.
    /// - Throws: `config.*` errors that name file, line and column. Nothing is merged from half-read files.
    package func load(
        profile: String? = nil, overrides: [ConfigurationOverride] = [], trust decided: TrustLevel? = nil
    ) throws(LockgateError) -> Configuration {
        var below: [ConfigurationLayer] = []
        if let layer = try read("\(systemDirectory)/\(Self.fileName)", .system) { below.append(layer) }
        if let layer = try read(userFile, .user) { below.append(layer) }
        if let profile { below.append(try readProfile(profile)) }
        var above: [ConfigurationLayer] = []
        let reader = OverrideReader(directory: workingDirectory, userHome: userHome)
        for override in overrides { above.append(try reader.read(override)) }

        let decisions = TrustDecisions(below + above, userHome: userHome)
        let project = try ProjectLocation.find(from: workingDirectory, markers: rootMarkers(below + above))
        let recorded = decisions.level(of: project.directories.reversed() + [project.mainRoot].compactMap(\.self))
        let trust = decided ?? recorded
        let (layers, skipped) = try readProject(project, isTrusted: trust == .trusted)

        let requirements = try readRequirements()
        try refuseBypass(overrides, requirements)
        let review =
            try trust == .trusted
            ? TrustStore(home: home).review(ProjectContent.collect(project, layers, home: home)) : nil
        var merged = MergedSettings(isTrusted: trust == .trusted, isReviewed: review?.isApproved ?? false)
        var all = below + layers + above
        try PermissionProfiles(all).expand(&all)
        for var layer in all {
            try NetworkAccess.translate(&layer)
            merged.add(layer)
        }
        merged.constrain(requirements)
        try refuseProvider(merged, requirements)
        return Configuration(
            settings: merged.settings(), warnings: merged.warnings + skipped, project: project, trust: trust,
            trustLevel: recorded, review: review,
            files: (below + layers).map { Origin($0.layer, file: $0.file) },
            hooks: [requirements.hooks].compactMap(\.self) + (below + layers + above).compactMap(\.hooks),
            managedHooksOnly: requirements.managedHooksOnly, merged: merged, decisions: decisions)
    }

    // MARK: Files

    private func read(
        _ path: String, _ layer: Origin.Layer, followsLinks: Bool = true
    ) throws(LockgateError) -> ConfigurationLayer? {
        guard let bytes = try ConfigurationFile.read(path, followsLinks: followsLinks) else { return nil }
        return try check(SourceText(name: path, bytes: bytes), layer)
    }

    /// Reads a text as a layer.
    func check(_ source: SourceText, _ layer: Origin.Layer) throws(LockgateError) -> ConfigurationLayer {
        let document = try TOMLDocument(source)
        let directory = PathText.parent(source.name)
        var reader = LayerReader(document, layer: layer, directory: directory, userHome: userHome)
        return try reader.read()
    }

    /// The file of a profile.
    ///
    /// - Throws: `config.profile`, exit code 2, for a name that is none.
    func profileFile(_ name: String) throws(LockgateError) -> String {
        guard OptionPlaceholder.id.objection(to: name) == nil, !name.hasPrefix(".") else {
            throw LockgateError(
                "config.profile", "\(name.printable) is not a profile's name",
                remedy: "use letters, digits, '-', '_' and '.'", exitCode: 2)
        }
        return "\(home)/\(name).config.toml"
    }

    private func readProfile(_ name: String) throws(LockgateError) -> ConfigurationLayer {
        let path = try profileFile(name)
        if let layer = try read(path, .profile(name)) { return layer }
        let known = ConfigurationFile.profiles(in: home)
        let guess = Suggestion.nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
        throw LockgateError(
            "config.profile", "there is no profile \(name): \(path.printable) does not exist\(guess)",
            remedy: known.isEmpty
                ? "create the file" : "create the file, or use one of: \(known.joined(separator: ", "))")
    }

    /// The project's files from its root down, or why they were skipped.
    func readProject(
        _ project: ProjectLocation, isTrusted: Bool
    ) throws(LockgateError) -> (layers: [ConfigurationLayer], skipped: [ConfigurationWarning]) {
        var layers: [ConfigurationLayer] = []
        var skipped: [ConfigurationWarning] = []
        for directory in project.directories {
            let folder = directory == "/" ? "/\(Self.projectFolder)" : "\(directory)/\(Self.projectFolder)"
            // A working directory in the user's home would find the user's own folder in the project's place.
            guard !FileIdentity.areSame(folder, home) else { continue }
            let path = "\(folder)/\(Self.fileName)"
            if isTrusted {
                try refuseLink(folder)
                if let layer = try read(path, .project(directory), followsLinks: false) { layers.append(layer) }
                continue
            }
            for path in [path, "\(folder)/\(Self.hooksFileName)"] where FileIdentity.exists(path) {
                skipped.append(
                    ConfigurationWarning(
                        code: "config.project_untrusted",
                        message:
                            "\(path.printable) ignored: the project is not trusted (see it, then run `lockgate trust`)",
                        origin: Origin(.project(directory), file: path)))
            }
        }
        return (layers, skipped)
    }

    private func readRequirements() throws(LockgateError) -> Requirements {
        let path = "\(systemDirectory)/\(Requirements.fileName)"
        guard let bytes = try ConfigurationFile.read(path) else { return try Requirements(nil) }
        let document = try TOMLDocument(SourceText(name: path, bytes: bytes))
        var reader = LayerReader(
            document, layer: .requirements, directory: systemDirectory, userHome: userHome,
            table: RequirementTable.table)
        return try Requirements(reader.read())
    }

    private func refuseBypass(
        _ overrides: [ConfigurationOverride], _ requirements: Requirements
    ) throws(LockgateError) {
        guard let ban = requirements.bypassBan, overrides.contains(where: { $0.flag == Self.bypassFlag }) else {
            return
        }
        throw LockgateError(
            "config.requirement", "\(Self.bypassFlag) is forbidden on this machine by \(ban)",
            remedy: "run without it; `lockgate explain sandbox_mode` shows what is allowed")
    }

    private func refuseProvider(_ merged: MergedSettings, _ requirements: Requirements) throws(LockgateError) {
        guard let allowed = requirements.providers,
            let setting = merged.entries["model_provider"]?.stated.last, let provider = setting.value.string,
            !allowed.ids.contains(provider)
        else { return }
        throw LockgateError(
            "config.requirement",
            "\(setting.origin): model_provider = \(TOMLText.quoted(provider)) is not allowed by \(allowed.origin)",
            remedy: "use one of: \(allowed.ids.joined(separator: ", "))")
    }

    private func refuseLink(_ folder: String) throws(LockgateError) {
        guard FileIdentity.isLink(folder) else { return }
        throw LockgateError(
            "config.link", "\(folder.printable) is a symbolic link, which a project's configuration may not be",
            remedy: "replace it by the folder it points to")
    }

    /// `project_root_markers` has to be known before the project is, so projects cannot set it.
    private func rootMarkers(_ layers: [ConfigurationLayer]) -> [String] {
        let key = "project_root_markers"
        let set = layers.reversed().lazy.compactMap { $0.settings.last { $0.key == key }?.value }.first
        let builtIn = OptionTable.all.options.first { $0.pattern == key }?.builtIn.value(trusted: false)
        return (set ?? builtIn).flatMap([String].decode) ?? []
    }
}
