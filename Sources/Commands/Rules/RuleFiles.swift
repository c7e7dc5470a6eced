import Basics
import Config
import Glibc
import Policy
import Wire

/// Finds the rule files that count for a run: `rules/*.rules` beside each layer's configuration.
enum RuleFiles {
    /// Larger files are refused.
    static let maximumSize = 1 << 20
    private static let suffix = ".rules"

    /// The rules of `requirements.toml`, the system, the user and a trusted project, in this order, files by name.
    ///
    /// A project's rules are taken from the content that the user approved, not read again, so that what counts is what
    /// was seen. Rules of a project that is not trusted, or whose content changed, do not count.
    /// - Throws: errors of a file that does not load or cannot be read. A rule that forbids must not get lost silently.
    static func load(_ configuration: Configuration, _ loader: ConfigurationLoader) throws(LockgateError)
        -> CommandRules
    {
        var rules = CommandRules()
        for element in configuration.requiredRules?.elements ?? [] {
            rules.prefixes.append(try CommandRules.Prefix(required: element.value, at: element.origin))
        }
        for (folder, layer) in [(loader.systemDirectory, Origin.Layer.system), (loader.home, .user)] {
            for path in try files(in: "\(folder)/rules") { rules.add(try read(path, layer)) }
        }
        guard let review = configuration.review, review.isApproved else { return rules }
        for item in review.content.items where item.name.hasSuffix(suffix) {
            let folder = PathText.parent(item.name)
            let place = "\(ConfigurationLoader.projectFolder)/rules"
            guard folder == place || folder.hasSuffix("/\(place)") else { continue }
            let path = "\(configuration.project.root)/\(item.name)"
            guard item.kind == .file else {
                throw LockgateError(
                    "rules.link",
                    "\(TerminalStyle.harmless(path)) is a symbolic link, which a project's rules may not be",
                    remedy: "replace it by the file it points to")
            }
            rules.add(try CommandRules(item.content, file: path, layer: .project(configuration.project.root)))
        }
        return rules
    }

    /// Reads one file.
    static func read(_ path: String, _ layer: Origin.Layer) throws(LockgateError) -> CommandRules {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try PosixFile.read(path, limit: maximumSize)
        } catch {
            throw unreadable(path, error.reason)
        }
        return try CommandRules(bytes, file: path, layer: layer)
    }

    private static func files(in folder: String) throws(LockgateError) -> [String] {
        guard PosixFile.exists(folder) else { return [] }
        guard PosixFile.isDirectory(folder), access(folder, R_OK | X_OK) == 0 else {
            throw unreadable(folder, "not a folder that can be read")
        }
        return PosixFile.list(folder).filter { $0.hasSuffix(suffix) }.map { "\(folder)/\($0)" }
    }

    private static func unreadable(_ path: String, _ reason: String) -> LockgateError {
        LockgateError(
            "rules.unreadable", "cannot read \(path): \(reason)", remedy: "make it readable, or move it away")
    }
}
