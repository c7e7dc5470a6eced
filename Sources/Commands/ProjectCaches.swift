import Basics
import Config
import Journal
import Sandbox

extension ToolchainCaches {
    /// Of the project at a folder, below the product's own folder; keyed by the project's path.
    ///
    /// - Parameter root: the project's root, canonical.
    init(root: String, home: String, environment: [String: String]) {
        let key = String(JournalRecord.digest(Array(root.utf8)).prefix(16))
        self.init(
            project: root, store: "\(PosixFile.canonical(home) ?? home)/caches", key: key,
            home: environment["HOME"] ?? Paths.home, environment: environment)
    }
}
