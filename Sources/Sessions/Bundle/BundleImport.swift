package import Audit
import Basics
import Glibc
package import Journal
package import Wire

/// Takes in a bundle, which anybody may have made.
///
/// Everything is read and verified in a file of its own first. Only what is whole gets the session's name, in one step; names
/// of files come from the id alone, never from the bundle.
package struct BundleImport {
    package struct Result: Sendable, Hashable {
        package enum Outcome: String, Sendable, Hashable {
            case imported
            /// The same session is here already.
            case known
            /// The session is here, and the bundle goes on from its last record.
            case continued
        }

        package let manifest: BundleManifest
        package let location: SessionLocation
        package let outcome: Outcome
        package let report: JournalReport
        /// The name of the bundle's session; nil where it has none or another session here has it.
        package let name: String?
    }

    private let store: SessionStore
    private let expectation: Expectation

    /// - Parameter expectation: keys that have to seal it, if any; known ones.
    package init(store: SessionStore, expecting expectation: Expectation) {
        self.store = store
        self.expectation = expectation
    }

    /// - Parameter checkpoints: gets the file of the bundle's checkpoints, where it has one, after everything else was
    ///   verified; what it throws keeps the session out as well. nil to leave them.
    /// - Throws: `bundle.malformed`, `bundle.unverified`, `session.clash`, `session.in_use`, `bundle.unreadable`.
    package func take(
        _ path: String, checkpoints: ((_ file: String) throws -> Void)? = nil
    ) throws(LockgateError) -> Result {
        do {
            let staging = try IncomingFile(in: store.root)
            defer { staging.discard() }
            let aside = try checkpoints.map { _ in try IncomingFile(in: store.root) }
            defer { aside?.discard() }
            let (manifest, notes, report) = try read(path, into: staging, checkpoints: aside)
            try check(manifest, report, path)
            try staging.sync()
            if let aside, manifest.checkpoints != nil { try checkpoints?(aside.path) }
            return try place(staging, manifest, notes, report)
        } catch let error as LockgateError {
            throw error
        } catch let fault as BundleParser.Fault {
            throw LockgateError(
                "bundle.malformed", "\(path) is no bundle of a session: \(fault)",
                remedy: "make one with: lockgate sessions export SESSION --bundle FILE")
        } catch {
            throw LockgateError("bundle.unreadable", "the bundle cannot be taken in: \(error)")
        }
    }

    private func read(
        _ path: String, into staging: IncomingFile, checkpoints aside: IncomingFile?
    ) throws -> (BundleManifest, notes: [UInt8], JournalReport) {
        var parser = BundleParser()
        var manifest: BundleManifest?
        var verifier = JournalVerifier(expecting: expectation)
        var hasher = ContentHasher()
        var current = BundleFormat.Member.manifest
        var small: [BundleFormat.Member: [UInt8]] = [:]
        var size = 0
        var (checkpoints, checkpointBytes) = (ContentHasher(), Int?.none)
        try JournalFile.stream(path) { piece in
            try parser.consume(piece) { event in
                switch event {
                case .begin(let member, _):
                    current = member
                    if member == .checkpoints { checkpointBytes = 0 }
                case .bytes(let bytes) where current == .checkpoints:
                    checkpointBytes = (checkpointBytes ?? 0) + bytes.count
                    checkpoints.update(bytes)
                    try aside?.write(bytes)
                case .bytes(let bytes) where current == .journal:
                    size += bytes.count
                    verifier.consume(bytes)
                    hasher.update(bytes)
                    try staging.write(bytes)
                case .bytes(let bytes): small[current, default: []] += bytes
                case .end(.manifest):
                    manifest = BundleManifest(small[.manifest] ?? [])
                    // Nothing of it is written before it says what it is.
                    guard manifest != nil else {
                        throw LockgateError(
                            "bundle.malformed", "\(path): the manifest cannot be read, or is of a newer Lockgate")
                    }
                case .end: break
                }
            }
        }
        try parser.finish()
        guard let manifest else { throw BundleParser.Fault(offset: 0, reason: "there is no manifest") }
        guard size == manifest.bytes, hasher.text == manifest.digest else {
            throw LockgateError("bundle.unverified", "\(path): the journal is another one than the manifest says")
        }
        let found = checkpointBytes.map { BundleManifest.Checkpoints(bytes: $0, digest: checkpoints.text) }
        guard found == manifest.checkpoints else {
            throw LockgateError("bundle.unverified", "\(path): the checkpoints are others than the manifest says")
        }
        return (manifest, small[.notes] ?? [], verifier.finish())
    }

    private func check(_ manifest: BundleManifest, _ report: JournalReport, _ path: String) throws(LockgateError) {
        func refused(_ reason: String) -> LockgateError {
            LockgateError(
                "bundle.unverified", "\(path) does not verify: \(reason)", remedy: "nothing was taken in")
        }
        if let finding = report.findings.first { throw refused(finding.description) }
        guard report.session == manifest.session.text else { throw refused("it holds another session than it says") }
        guard report.head == manifest.head, report.records == manifest.records else {
            throw refused("its last record is another one than the manifest says")
        }
        guard report.format <= JournalVerifier.format else {
            throw refused("its format \(report.format) is newer than this program knows")
        }
    }

    // MARK: - Putting it in its place

    private func place(
        _ staging: IncomingFile, _ manifest: BundleManifest, _ notes: [UInt8], _ report: JournalReport
    ) throws -> Result {
        let id = manifest.session
        let known = try? store.find(id)
        let location = SessionLocation(id: id, path: known ?? store.path(of: id))
        func result(_ outcome: Result.Outcome, name: String?) -> Result {
            Result(manifest: manifest, location: location, outcome: outcome, report: report, name: name)
        }
        if known != nil {
            let old = SessionNotes.read(of: location)
            switch try Comparison(of: location.path, with: staging.path) {
            case .same, .longer: return result(.known, name: old.name)
            case .beginning:
                var marked = old
                marked.imported = report.records
                try replace(SessionArchive.unpack(location), by: staging, marked)
                return result(.continued, name: old.name)
            case .different:
                throw LockgateError(
                    "session.clash",
                    "session \(id) is here already and went another way than the bundle's; nothing was taken in",
                    remedy: "export yours, then: lockgate sessions delete \(id)")
            }
        }
        try PosixFile.makeDirectory(PathText.parent(location.path))
        let wanted = (try? JSONValue(parsing: notes))?["name"]?.string
        let name = wanted.flatMap { try? store.checkedName($0, for: location) }
        // Before the session itself: at no moment is it there without the note that it came from elsewhere.
        try SessionNotes(name: name, imported: report.records).write(of: location)
        guard link(staging.path, location.path) == 0 else {
            throw SystemError("link", location.path, errno: errno)
        }
        return result(.imported, name: name)
    }

    /// Puts the longer journal in the place of the shorter one, which nobody may be writing.
    private func replace(
        _ location: SessionLocation, by staging: IncomingFile, _ notes: SessionNotes
    ) throws {
        let descriptor = open(location.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", location.path, errno: errno) }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw LockgateError(
                "session.in_use", "session \(location.id) is in use by another process",
                remedy: "end the other process")
        }
        guard try Comparison(of: location.path, with: staging.path) == .beginning else {
            throw LockgateError("session.clash", "session \(location.id) was changed meanwhile; nothing was taken in")
        }
        try notes.write(of: location)
        guard rename(staging.path, location.path) == 0 else {
            throw SystemError("rename", location.path, errno: errno)
        }
    }

    /// How the journal that is here relates to the one that comes.
    private enum Comparison {
        case same
        /// What is here is the beginning of what comes.
        case beginning
        /// What comes is the beginning of what is here.
        case longer
        case different

        init(of here: String, with coming: String) throws {
            let left = try JournalFile.content(here)
            let right = try JournalFile.content(coming)
            if left == right {
                self = .same
            } else if right.starts(with: left) {
                self = .beginning
            } else {
                self = left.starts(with: right) ? .longer : .different
            }
        }
    }
}
