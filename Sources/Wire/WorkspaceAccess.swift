/// The workspace's files as the engine itself reads them, for a model that is shown files and not asked to look.
package protocol WorkspaceReader: Sendable {
    /// The workspace as it is now, within bounds.
    ///
    /// - Parameters:
    ///   - files: how many names at most.
    ///   - bytes: how much text at most; beyond it no texts are given at all.
    func snapshot(files: Int, bytes: Int) throws(LockgateError) -> WorkspaceSnapshot

    /// A file's bytes; nil where there is no file, or none that may be read.
    ///
    /// - Parameter limit: in bytes; a larger file counts as unreadable.
    func contents(_ path: String, limit: Int) throws(LockgateError) -> [UInt8]?
}

/// What the workspace holds: names, and texts if they are few.
package struct WorkspaceSnapshot: Sendable, Hashable {
    /// Relative to the workspace: a folder's files before its folders, by name.
    package var paths: [String]
    /// Whether `paths` names every file that counts.
    package var isComplete: Bool
    /// Every text file by its path; nil if together they exceed the bound.
    package var texts: [String: [UInt8]]?

    package init(paths: [String] = [], isComplete: Bool = true, texts: [String: [UInt8]]? = [:]) {
        self.paths = paths
        self.isComplete = isComplete
        self.texts = texts
    }
}

/// Puts back files that a turn wrote.
package protocol FileRestorer: Sendable {
    /// Gives each file the bytes it had before the turn, as one change through the gate, visible as an item.
    ///
    /// A file that no longer holds what the turn wrote is somebody else's by now and stays as it is.
    /// - Returns: whether every file is now as it was.
    func restore(_ files: [WrittenFile], host: any ToolHost) async throws -> Bool
}

/// A file that a turn wrote.
package struct WrittenFile: Sendable, Hashable {
    package var path: String
    /// The bytes before the turn's first write; nil where there was no file.
    package var original: [UInt8]?
    /// The bytes of the turn's last write.
    package var written: [UInt8]

    package init(path: String, original: [UInt8]?, written: [UInt8]) {
        self.path = path
        self.original = original
        self.written = written
    }
}

/// How a command ended that the engine ran.
package enum CommandOutcome: Sendable, Hashable {
    /// By itself or a signal (128 and its number), with its output, shortened in the middle.
    case exited(code: Int, output: String)
    /// Stopped because its time was over.
    case stopped(output: String)
    /// Not run at all, with the reason.
    case refused(String)
}
