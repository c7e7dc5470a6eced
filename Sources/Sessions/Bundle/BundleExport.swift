import Audit
import Basics
import Glibc
package import Journal
package import Wire

/// Writes a session as one file that another machine can go on with.
package struct BundleExport {
    private let location: SessionLocation
    private let version: String
    private let checkpoints: String?

    /// - Parameters:
    ///   - version: Lockgate's.
    ///   - checkpoints: the file that takes its turns back elsewhere; nil for none.
    package init(_ location: SessionLocation, version: String, checkpoints: String? = nil) {
        self.location = location
        self.version = version
        self.checkpoints = checkpoints
    }

    /// Writes the bundle whole or not at all.
    ///
    /// - Throws: `journal.broken` for a session that does not verify; `output.unwritable`.
    @discardableResult
    package func write(to path: String) throws(LockgateError) -> BundleManifest {
        do {
            let (manifest, length) = try manifest()
            let temporary = "\(path).\(getpid()).new"
            let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard file >= 0 else { throw SystemError("open", temporary, errno: errno) }
            defer { close(file) }
            do {
                try write(manifest, length, to: file)
                guard fsync(file) == 0 else { throw SystemError("fsync", temporary, errno: errno) }
                guard rename(temporary, path) == 0 else { throw SystemError("rename", path, errno: errno) }
            } catch {
                unlink(temporary)
                throw error
            }
            return manifest
        } catch let error as LockgateError {
            throw error
        } catch {
            throw LockgateError("output.unwritable", "cannot write the bundle: \(error)")
        }
    }

    /// What the bundle says, and how many of the file's bytes go into it: a record that is being written stays out.
    private func manifest() throws -> (BundleManifest, length: Int) {
        var verifier = JournalVerifier(name: location.id.text)
        var size = 0
        try JournalFile.stream(location.path) { piece in
            verifier.consume(piece)
            size += piece.count
        }
        let report = verifier.finish()
        if let finding = report.findings.first(where: { $0.kind != .torn }) {
            throw LockgateError(
                "journal.broken", "session \(location.id) does not verify: \(finding.description)",
                remedy: "see: lockgate audit verify \(location.id)")
        }
        let length = size - report.tornBytes
        var hasher = ContentHasher()
        try JournalFile.stream(location.path, length: length) { hasher.update($0) }
        var manifest = BundleManifest(
            session: location.id, version: version, bytes: length, digest: hasher.text, records: report.records,
            head: report.head ?? "")
        if let checkpoints {
            var hasher = ContentHasher()
            var size = 0
            try PosixFile.stream(checkpoints) { piece in
                hasher.update(piece)
                size += piece.count
            }
            guard size <= BundleFormat.Member.checkpoints.limit else {
                throw LockgateError(
                    "bundle.checkpoints", "the checkpoints take \(size) bytes, which is more than a bundle holds",
                    remedy: "export the session without them")
            }
            manifest.checkpoints = BundleManifest.Checkpoints(bytes: size, digest: hasher.text)
        }
        return (manifest, length)
    }

    private func write(_ manifest: BundleManifest, _ length: Int, to file: Int32) throws {
        func put(_ member: BundleFormat.Member, _ bytes: [UInt8]) throws {
            try PosixFile.writeAll(file, BundleFormat.header(member, size: bytes.count))
            try PosixFile.writeAll(file, bytes + [UInt8](repeating: 0, count: BundleFormat.padding(bytes.count)))
        }
        try put(.manifest, manifest.json.bytes + [0x0A])
        try PosixFile.writeAll(file, BundleFormat.header(.journal, size: length))
        var hasher = ContentHasher()
        try JournalFile.stream(location.path, length: length) { piece in
            hasher.update(piece)
            try PosixFile.writeAll(file, Array(piece))
        }
        guard hasher.text == manifest.digest else {
            throw LockgateError("journal.broken", "session \(location.id) was changed while it was exported")
        }
        try PosixFile.writeAll(file, [UInt8](repeating: 0, count: BundleFormat.padding(length)))
        // The name travels; where the session goes on and that it was put away are this machine's matter.
        if let name = SessionNotes.read(of: location).name {
            try put(.notes, JSONValue.object(["name": .string(name)]).bytes + [0x0A])
        }
        if let checkpoints, let stated = manifest.checkpoints {
            try PosixFile.writeAll(file, BundleFormat.header(.checkpoints, size: stated.bytes))
            try JournalFile.stream(checkpoints, length: stated.bytes) { try PosixFile.writeAll(file, Array($0)) }
            try PosixFile.writeAll(file, [UInt8](repeating: 0, count: BundleFormat.padding(stated.bytes)))
        }
        try PosixFile.writeAll(file, [UInt8](repeating: 0, count: BundleFormat.trailer))
    }
}
