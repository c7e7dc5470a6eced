package import Audit
package import Basics
import Glibc
import Synchronization
package import Text
package import Wire

/// The writer of one session's journal: append-only, hash-chained, one per session at a time.
///
/// Every record is handed to the kernel before what it describes is shown, so that a killed process loses nothing a
/// person saw; `sync` makes it survive the machine as well.
package final class SessionJournal: Sendable {
    private struct State: ~Copyable {
        /// -1 for a journal kept in memory only (`--ephemeral`).
        var descriptor: Int32
        var length: Int
        var sequence: Int
        var previous: String
        var totals = SessionTotals()
        /// Read when the first seal is due.
        var key: SealPrivateKey?
        /// Whether the last record is a seal of this writer's.
        var isSealed = false
        /// What takes secrets out of records; nil for none.
        var redactor: Redactor?
        /// Told of each record in its order; an error refuses it.
        var observer: Observer?
        /// Told of each record once it is written.
        var witness: Witness?
    }

    package typealias Observer = @Sendable (_ type: String, _ payload: JSONValue) -> LockgateError?

    /// A record as it stands in the journal, secrets taken out.
    package struct Written: Sendable {
        package let sequence: Int
        package let time: WallTime
        package let type: String
        package let payload: JSONValue
        package let hash: String
        /// Of its line.
        package let byteCount: Int
    }

    /// Must return at once: the writer waits for it.
    package typealias Witness = @Sendable (Written) -> Void

    package let id: SessionID
    /// The file; nil for an ephemeral session.
    package let path: String?
    /// What signs the journal; nil for one that is not signed.
    private let keyFile: SealKeyFile?
    private let state: Mutex<State>

    private init(id: SessionID, path: String?, descriptor: Int32, keyFile: SealKeyFile?, after: RestoredRecords? = nil)
    {
        self.id = id
        self.path = path
        self.keyFile = keyFile
        state = Mutex(
            State(
                descriptor: descriptor, length: after?.validLength ?? 0, sequence: after?.count ?? 0,
                previous: after?.head ?? JournalRecord.genesis, totals: after?.totals ?? SessionTotals()))
    }

    deinit {
        state.withLock { state in
            guard state.descriptor >= 0 else { return }
            // A session that could not begin leaves nothing to resume.
            if state.sequence == 0, let path { unlink(path) }
            // A child on its way to exec may hold a copy of the descriptor for a moment, and with it the lock.
            flock(state.descriptor, LOCK_UN)
            close(state.descriptor)
        }
    }

    /// A journal that touches no disk.
    package static func ephemeral() -> SessionJournal {
        SessionJournal(id: SessionID(), path: nil, descriptor: -1, keyFile: nil)
    }

    /// A journal that touches no disk and shows each record to `observer`, which may refuse it.
    package static func observed(by observer: @escaping Observer) -> SessionJournal {
        let journal = ephemeral()
        journal.state.withLock { $0.observer = observer }
        return journal
    }

    /// Starts a session's file in `store`.
    ///
    /// - Throws: `journal.unwritable` with the path and the kernel's reason.
    package static func create(in store: SessionStore) throws(LockgateError) -> SessionJournal {
        let now = WallTime.now
        let id = SessionID(now: now)
        return try create(id: id, path: store.path(of: id, at: now), keyFile: store.keyFile)
    }

    /// Starts a session's file at a place where nothing is.
    ///
    /// - Throws: `journal.unwritable` with the path and the kernel's reason.
    package static func create(
        id: SessionID, path: String, keyFile: SealKeyFile?
    ) throws(LockgateError) -> SessionJournal {
        do throws(SystemError) {
            try PosixFile.makeDirectory(PathText.parent(path))
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw SystemError("flock", path, errno: errno) }
            return SessionJournal(id: id, path: path, descriptor: descriptor, keyFile: keyFile)
        } catch {
            throw LockgateError(
                "journal.unwritable", "cannot create the session's journal: \(error)",
                remedy: "make LOCKGATE_HOME writable, or run with --ephemeral")
        }
    }

    /// Opens a session to go on with it: takes the writer's lock, verifies the chain, drops a torn last record.
    ///
    /// - Parameter keyFile: what signs what is added; nil for nothing.
    /// - Throws: `session.in_use`, `session.read_only`, `journal.unreadable`, `journal.broken`.
    package static func resume(
        id: SessionID, path: String, keyFile: SealKeyFile? = nil
    ) throws(LockgateError) -> (journal: SessionJournal, records: [JournalRecord]) {
        try reopen(id, path, keyFile) { path throws(LockgateError) in
            let reader = try JournalReader(path: path)
            return (RestoredRecords(reader), reader.records)
        }
    }

    /// The same for who needs no more of the records than going on does: in less time and memory.
    package static func restore(
        id: SessionID, path: String, keyFile: SealKeyFile? = nil
    ) throws(LockgateError) -> (journal: SessionJournal, records: RestoredRecords) {
        try reopen(id, path, keyFile) { path throws(LockgateError) in
            let restored = try RestoredRecords.read(path: path, id: id, keyFile: keyFile)
            return (restored, restored)
        }
    }

    private static func reopen<Records>(
        _ id: SessionID, _ path: String, _ keyFile: SealKeyFile?,
        read: (_ path: String) throws(LockgateError) -> (RestoredRecords, Records)
    ) throws(LockgateError) -> (SessionJournal, Records) {
        let path = try SessionArchive.unpack(SessionLocation(id: id, path: path)).path
        let descriptor = open(path, O_RDWR | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw LockgateError(
                "journal.unreadable", "cannot open session \(id): \(SystemError("open", path, errno: errno))")
        }
        do throws(LockgateError) {
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                throw LockgateError(
                    "session.in_use", "session \(id) is in use by another process",
                    remedy: "end the other process, or start a new session")
            }
            let (restored, records) = try read(path)
            if restored.header?.payload["imported"] != nil {
                throw LockgateError(
                    "session.read_only",
                    "session \(id) was imported from another program and is only kept to be read",
                    remedy: "go on in a session of its own: lockgate exec fork \(id) \"…\"")
            }
            if restored.tornBytes > 0, ftruncate(descriptor, off_t(restored.validLength)) != 0 {
                let failure = SystemError("truncate", path, errno: errno)
                throw LockgateError(
                    "journal.unwritable", "cannot drop the session's unfinished last record: \(failure)")
            }
            let journal = SessionJournal(id: id, path: path, descriptor: descriptor, keyFile: keyFile, after: restored)
            return (journal, records)
        } catch {
            close(descriptor)
            throw error
        }
    }

    /// How many of the first records came from another machine.
    package var foreignRecords: Int {
        path.flatMap { SessionNotes.read(of: SessionLocation(id: id, path: $0)).imported } ?? 0
    }

    /// Bytes of the file so far.
    package var length: Int { state.withLock { $0.length } }

    /// Takes secrets out of all records from now on.
    package func redact(with redactor: Redactor) { state.withLock { $0.redactor = redactor } }

    /// Tells `witness` of all records from now on, each after it was written, in their order.
    package func watch(_ witness: @escaping Witness) { state.withLock { $0.witness = witness } }

    /// Appends a record and returns its time.
    ///
    /// A write that fails midway is taken back, so that the file still ends with a whole record.
    /// - Throws: `journal.unwritable`. The caller must not go on with what it could not record.
    @discardableResult
    package func append(_ type: String, _ payload: JSONValue) throws(LockgateError) -> WallTime {
        let time = WallTime.now
        let (failure, refusal) = state.withLock { state -> (SystemError?, LockgateError?) in
            if let refusal = state.observer?(type, payload) { return (nil, refusal) }
            return (append(type, payload, at: time, to: &state), nil)
        }
        if let refusal { throw refusal }
        if let failure { throw Self.unwritable(failure) }
        return time
    }

    private func append(_ type: String, _ payload: JSONValue, at time: WallTime, to state: inout State) -> SystemError?
    {
        let payload = state.redactor?.redacted(payload) ?? payload
        let (hash, line) = JournalRecord.make(
            sequence: state.sequence, time: time.rfc3339, type: type, payload: payload, previous: state.previous)
        if state.descriptor >= 0 {
            do throws(SystemError) {
                try Self.checkAlone(state)
                try PosixFile.writeAll(state.descriptor, line)
            } catch {
                // What somebody else wrote is not ours to take away.
                if error.call != Self.aloneCheck { _ = ftruncate(state.descriptor, off_t(state.length)) }
                return SystemError(error.call, path ?? "", errno: error.errno)
            }
        }
        state.witness?(
            Written(
                sequence: state.sequence, time: time, type: type, payload: payload, hash: hash, byteCount: line.count))
        state.length += line.count
        state.sequence += 1
        state.previous = hash
        state.totals.count(type, payload)
        state.isSealed = type == Seal.recordType
        return nil
    }

    private static let aloneCheck = "write alone"

    /// A lock does not reach every machine that shares a home; a file that is longer or shorter than what was written, or
    /// that has no name any more, shows another writer.
    private static func checkAlone(_ state: borrowing State) throws(SystemError) {
        var status = stat()
        guard fstat(state.descriptor, &status) == 0 else { throw SystemError("fstat", "", errno: errno) }
        guard Int(status.st_size) == state.length, status.st_nlink > 0 else {
            throw SystemError(aloneCheck, "", errno: ESTALE)
        }
    }

    // MARK: - Seals

    /// Gets the key ready, and says why the journal cannot be signed; nil when it can be, or is not meant to be.
    package func prepareSeal() -> LockgateError? {
        guard let keyFile else { return nil }
        return state.withLock { state in
            guard state.key == nil else { return nil }
            do throws(LockgateError) {
                state.key = try keyFile.load()
                return nil
            } catch {
                return error
            }
        }
    }

    /// Signs all that is recorded so far, by a record of its own; nothing where the last record is one already, and
    /// without a key, see `prepareSeal`.
    ///
    /// - Throws: `journal.unwritable`, `journal.no_key`. What was recorded before stands, unsigned.
    package func seal() throws(LockgateError) {
        let time = WallTime.now
        let failure = state.withLock { state -> LockgateError? in
            guard let key = state.key, state.sequence > 0, !state.isSealed else { return nil }
            do {
                let seal = try Seal(
                    session: id.text, sequence: state.sequence - 1, head: state.previous, time: time.rfc3339,
                    totals: state.totals.json, by: key)
                return append(Seal.recordType, seal.json, at: time, to: &state).map(Self.unwritable)
            } catch {
                return LockgateError("journal.no_key", "the journal cannot be signed: \(error)")
            }
        }
        if let failure { throw failure }
    }

    /// A signed statement of how far the journal goes, to be kept elsewhere; nil without records or a key.
    ///
    /// - Throws: `journal.no_key`.
    package func anchor() throws(LockgateError) -> Seal? {
        let (sequence, head, key) = state.withLock { ($0.sequence, $0.previous, $0.key) }
        guard let key, sequence > 0 else { return nil }
        do {
            return try Seal(
                session: id.text, sequence: sequence - 1, head: head, time: WallTime.now.rfc3339, by: key)
        } catch {
            throw LockgateError("journal.no_key", "the journal cannot be signed: \(error)")
        }
    }

    /// Waits until all records are on the disk itself.
    package func sync() throws(LockgateError) {
        let failure = state.withLock { state -> SystemError? in
            guard state.descriptor >= 0, fdatasync(state.descriptor) != 0 else { return nil }
            return SystemError("fdatasync", path ?? "", errno: errno)
        }
        if let failure { throw Self.unwritable(failure) }
    }

    /// Growth below this is not worth a resume point.
    private static let resumePointWorth = 2 << 20

    /// Keeps what going on with this session later needs, where it has grown enough for that to pay. For a session's end;
    /// nothing depends on it, so nothing is said where it cannot be kept.
    package func keepResumePoint() {
        let (length, key) = state.withLock { ($0.length, $0.key) }
        guard let path, let key, length - ResumePoint.statedLength(path: path, id: id) >= Self.resumePointWorth else {
            return
        }
        ResumePoint.make(path: path, id: id, key: key)?.write(path: path, id: id, key: key)
    }

    private static func unwritable(_ failure: SystemError) -> LockgateError {
        guard failure.call != aloneCheck else {
            return LockgateError(
                "journal.second_writer",
                "the session's journal \(failure.path) was changed, replaced or removed by another process: this run stops",
                remedy:
                    "end the other run (on another machine that shares LOCKGATE_HOME?), then see: lockgate audit verify"
            )
        }
        return LockgateError(
            "journal.unwritable", "cannot write the session's journal: \(failure)",
            remedy: failure.errno == ENOSPC ? "free space on that disk, then resume the session" : nil)
    }
}
