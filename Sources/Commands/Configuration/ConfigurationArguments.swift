import ArgumentParser
import Basics
import Config
import Glibc
import Wire

/// Which configuration a verb looks at: the one that a run with the same flags would have.
struct ConfigurationArguments: ParsableArguments {
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The directory whose configuration counts.")
    var directory: String?
    @Option(name: [.short, .long], help: "Layer HOME/NAME.config.toml over the configuration.")
    var profile: String?
    @Option(name: [.short, .long], help: "Set a configuration value: key=value (TOML, else text). Repeatable.")
    var config: [String] = []

    /// - Throws: `workspace.missing` for a directory that cannot be entered, `config.no_home`.
    static func loader(directory: String?) throws(LockgateError) -> ConfigurationLoader {
        let environment = ProcessEnvironment.variables
        let start = ProcessEnvironment.workingDirectory
        let wanted = directory.map { PathText.absolute($0, from: start) } ?? start
        guard let folder = PosixFile.canonical(wanted), PosixFile.isDirectory(folder) else {
            throw LockgateError(
                "workspace.missing", "\(wanted) is not a directory that can be entered",
                remedy: "give an existing directory after -C")
        }
        return ConfigurationLoader(
            home: try ConfigurationLoader.home(environment: environment), environment: environment,
            workingDirectory: folder)
    }

    /// The merged configuration; warnings go to standard error, one a line.
    func load() throws(LockgateError) -> Configuration {
        var overrides: [ConfigurationOverride] = []
        for argument in config { overrides.append(try ConfigurationOverride(argument: argument)) }
        let configuration = try Self.loader(directory: directory).load(profile: profile, overrides: overrides)
        for warning in configuration.warnings { CommandOutput.warn(warning.message) }
        return configuration
    }
}
