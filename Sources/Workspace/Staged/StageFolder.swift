import Basics
import Glibc
package import Wire

/// A stage's folder, `staged/<session>` in the product's home: `record.json`, `lock`, and what the stage holds: `upper`
/// and `work` of an overlay, or `tree`.
package struct StageFolder: Hashable, Sendable {
    package let path: String

    private static func parent(_ home: String) -> String { home + "/staged" }

    package init(home: String, session: String) { path = "\(Self.parent(home))/\(session)" }

    init(path: String) { self.path = path }

    /// The copy of a workspace, in a stage that is one.
    package var tree: String { path + "/tree" }
    var upper: String { path + "/upper" }

    // MARK: The record

    /// Nil for none, and for one that cannot be read.
    package var record: StageRecord? { (try? read()) ?? nil }

    package func read() throws(LockgateError) -> StageRecord? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try PosixFile.read(path + "/record.json", limit: 1 << 20)
        } catch {
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw .stage(error)
        }
        guard let record = (try? JSONValue(parsing: bytes)).flatMap(StageRecord.init(json:)) else {
            throw LockgateError(
                "workspace.stage_damaged", "\(path)/record.json is no record of a stage",
                remedy: "It may be a newer version's. What is staged lies beside it.")
        }
        return record
    }

    package func write(_ record: StageRecord) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.replace(path + "/record.json", with: record.json.bytes)
        } catch {
            throw .stage(error)
        }
    }

    package func update(_ change: (inout StageRecord) -> Void) throws(LockgateError) {
        guard var record = try read() else {
            throw LockgateError("workspace.stage_gone", "The stage \(path) was removed")
        }
        change(&record)
        try write(record)
    }

    package func set(_ state: StageRecord.State) throws(LockgateError) {
        try update {
            $0.state = state
            $0.changed = .now
        }
    }

    // MARK: Making and removing

    /// Held by a session as long as it may change the stage, and by who applies or drops it.
    ///
    /// - Throws: `workspace.stage_busy`.
    package func lock() throws(LockgateError) -> StageLock {
        let lock: FileLock?
        do throws(SystemError) {
            try PosixFile.makeDirectory(path)
            lock = try FileLock(path + "/lock")
        } catch {
            throw .stage(error)
        }
        guard let lock else {
            throw LockgateError(
                "workspace.stage_busy", "The session \(PathText.name(path)) is at work in its stage",
                remedy: "Wait for its end, or interrupt it.")
        }
        return StageLock(lock)
    }

    /// Makes the folder and its record; for an overlay also what it needs.
    package func make(_ record: StageRecord) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.makeDirectory(path)
            if record.method == .overlay {
                // The root of what is seen has the mode of the layer's own folder.
                var status = stat()
                guard stat(record.workspace, &status) == 0 else {
                    throw SystemError("stat", record.workspace, errno: errno)
                }
                try PosixFile.makeDirectory(upper)
                try PosixFile.makeDirectory(path + "/work")
                guard chmod(upper, status.st_mode & 0o7777) == 0 else {
                    throw SystemError("chmod", upper, errno: errno)
                }
            }
            // Waits for no disk: it is written again with what the stage begins with, before anything is in it.
            let temporary = path + "/record.json.new"
            let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard file >= 0 else { throw SystemError("open", temporary, errno: errno) }
            defer { close(file) }
            try PosixFile.writeAll(file, record.json.bytes)
            guard rename(temporary, path + "/record.json") == 0 else {
                throw SystemError("rename", temporary, errno: errno)
            }
        } catch {
            throw .stage(error)
        }
    }

    /// Removes what it holds, and keeps its record.
    package func empty() {
        for name in PosixFile.list(path) where name != "record.json" && name != "lock" {
            try? WholeTree.remove("\(path)/\(name)")
        }
    }

    package func remove() {
        // The record last: without it nobody knows whose the rest is.
        empty()
        try? WholeTree.remove(path)
    }

    /// Bytes on disk.
    package var size: UInt64 { WholeTree.size(path) }

    // MARK: All of them

    /// Oldest first.
    package static func all(home: String) -> [(folder: StageFolder, record: StageRecord)] {
        PosixFile.list(parent(home)).compactMap { name in
            let folder = StageFolder(home: home, session: name)
            return folder.record.map { (folder, $0) }
        }.sorted { $0.1.began.milliseconds < $1.1.began.milliseconds }
    }

    /// What a process left that was killed while it made a stage. One that is at it holds the lock.
    static func withoutRecord(home: String) -> [StageFolder] {
        PosixFile.list(parent(home)).map { StageFolder(home: home, session: $0) }.filter { folder in
            // One whose record cannot be read may be a newer version's.
            do throws(LockgateError) { return try folder.read() == nil } catch { return false }
        }
    }

    /// What the stages of a workspace began with: needed as long as they may be applied.
    ///
    /// - Throws: for a record that cannot be read: what it needs must not be taken for garbage.
    static func bases(home: String, workspace: String) throws(LockgateError) -> [ContentDigest] {
        var bases: [ContentDigest] = []
        for name in PosixFile.list(parent(home)) {
            guard let record = try StageFolder(home: home, session: name).read() else { continue }
            guard record.workspace == workspace, record.state != .applied, let base = record.base else { continue }
            bases += [base] + record.turns
        }
        return bases
    }
}

/// Keeps others out of a stage until it is gone.
package final class StageLock: Sendable {
    private let file: FileLock

    fileprivate init(_ file: FileLock) { self.file = file }
}

extension LockgateError {
    static func stage(_ error: SystemError) -> LockgateError {
        LockgateError(
            "workspace.stage_failed", "The stage: \(error)",
            remedy: "Free space, or make the folder writable (LOCKGATE_HOME).")
    }
}
