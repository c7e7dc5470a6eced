import Audit
package import Basics
import Glibc
package import Journal
package import Text
package import Wire

/// Keeps sessions of other programs as journals of records of their own kind: to be read, searched and forked, never gone
/// on with.
package struct HistoryImport {
    package struct Result: Sendable, Hashable {
        package enum Outcome: String, Sendable, Hashable {
            case imported
            /// It was here, and its file has changed since.
            case renewed
            /// It is here as it is.
            case known
            /// Nothing was said in it.
            case empty
        }

        package let path: String
        package let outcome: Outcome
        package let session: ForeignSession
        /// nil where there is none.
        package let id: SessionID?
    }

    private let store: SessionStore
    private let redactor: Redactor?
    private let version: String

    /// - Parameters:
    ///   - redactor: what takes secrets out before anything is written; nil for nothing.
    ///   - version: Lockgate's.
    package init(store: SessionStore, redactor: Redactor?, version: String) {
        self.store = store
        self.redactor = redactor
        self.version = version
    }

    /// The files that a path means: itself, or all `.jsonl` below it. Links are not followed.
    package static func files(at path: String) -> [String] {
        guard PosixFile.isDirectory(path) else { return [path] }
        var found: [String] = []
        var folders = [path]
        while let folder = folders.popLast() {
            for name in PosixFile.list(folder) {
                let path = "\(folder)/\(name)"
                var status = stat()
                guard lstat(path, &status) == 0 else { continue }
                if status.st_mode & S_IFMT == S_IFDIR {
                    folders.append(path)
                } else if status.st_mode & S_IFMT == S_IFREG, name.hasSuffix(".jsonl") {
                    found.append(path)
                }
            }
        }
        return found.sorted()
    }

    /// - Throws: `history.unreadable`; `session.unwritable` and those of writing a journal.
    package func take(_ path: String, as agent: ForeignSession.Agent) throws(LockgateError) -> Result {
        let session = try ForeignReader.read(path, as: agent)
        guard !session.entries.isEmpty else {
            return Result(path: path, outcome: .empty, session: session, id: nil)
        }
        let id = Self.id(of: session, path: path)
        do {
            let digest = try Self.digest(path)
            let known = try? store.find(id)
            if let known {
                let old = SessionStore.header(ofSessionAt: known)?["imported"]
                guard let old else {
                    throw LockgateError("session.clash", "session \(id) is here already, and not from \(agent.name)")
                }
                if old["sha256"]?.string == digest {
                    return Result(path: path, outcome: .known, session: session, id: id)
                }
            }
            let target = store.path(of: id)
            try PosixFile.makeDirectory(PathText.parent(target))
            try write(session, id, digest, to: target)
            if let known, known != target { unlink(known) }
            return Result(path: path, outcome: known == nil ? .imported : .renewed, session: session, id: id)
        } catch let error as LockgateError {
            throw error
        } catch {
            throw LockgateError("session.unwritable", "the session of \(path) cannot be kept: \(error)")
        }
    }

    private func write(_ session: ForeignSession, _ id: SessionID, _ digest: String, to target: String) throws {
        let staging = "\(store.root)/.incoming-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { unlink(staging) }
        let journal = try SessionJournal.create(id: id, path: staging, keyFile: store.keyFile)
        if let redactor { journal.redact(with: redactor) }
        try journal.append(
            "session",
            [
                "id": .string(id.text), "format": .int(JournalRecord.format), "version": .string(version),
                "cwd": .optional(session.cwd), "model": .optional(session.model),
                "provider": .string(session.agent.rawValue),
                "imported": [
                    "agent": .string(session.agent.rawValue), "session": .optional(session.id),
                    "version": .optional(session.version), "sha256": .string(digest),
                    "unread_lines": .int(session.unread.count),
                ],
            ])
        for entry in session.entries {
            try journal.append("imported", ["item": entry.item.json, "time": .optional(entry.time)])
        }
        // An unsigned record of what another program said is as good as its file was.
        _ = journal.prepareSeal()
        try journal.seal()
        try journal.sync()
        guard rename(staging, target) == 0 else { throw SystemError("rename", target, errno: errno) }
    }

    private static func digest(_ path: String) throws -> String {
        var hasher = ContentHasher()
        try JournalFile.stream(path) { hasher.update($0) }
        return hasher.text
    }

    /// The same session always gets the same id: its time, and a digest of the other program's id for it.
    private static func id(of session: ForeignSession, path: String) -> SessionID {
        let name = session.id ?? PathText.name(path)
        let digits = ContentHash.of("lockgate import \(session.agent.rawValue) \(name)".utf8)
        let time = String(max(0, session.began?.milliseconds ?? 0), radix: 16)
        let stamp = Array((String(repeating: "0", count: max(0, 12 - time.utf8.count)) + time).suffix(12))
        let random = Array(digits.prefix(18))
        let text =
            "\(String(stamp[..<8]))-\(String(stamp[8...]))-7\(String(random[..<3]))-8\(String(random[3..<6]))"
            + "-\(String(random[6...]))"
        return SessionID(text) ?? SessionID(now: session.began ?? .now)
    }
}
