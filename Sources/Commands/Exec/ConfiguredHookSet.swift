import Config
import Hooks
import Wire

/// Finds the hooks that count for a run.
enum ConfiguredHookSet {
    /// The hooks of the system, the user, a trusted project and the command line.
    ///
    /// - Throws: errors of a file that cannot be read or holds anything unknown; no run starts with half of its hooks.
    static func load(_ configuration: Configuration, _ loader: ConfigurationLoader) throws(LockgateError) -> HookSet {
        try HookSet(loader.hookSources(configuration), managedOnly: configuration.managedHooksOnly)
    }

    /// Says which hooks do not count.
    static func warnings(_ hooks: HookSet, _ configuration: Configuration) -> [String] {
        guard let origin = configuration.managedHooksOnly else { return [] }
        return hooks.skipped.map {
            "\($0.origin.location): the hook \"\(TerminalStyle.harmless($0.name))\" is skipped: \(origin.location) allows only the administrator's"
        }
    }
}
