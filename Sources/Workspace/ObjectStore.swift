import Basics
import Crypto
import Glibc
import Wire

/// Contents by digest, in two append-only files: `data` holds the bytes end to end, `index` a record of digest, offset
/// and length for each (48 bytes, little-endian). `ObjectRewriter` replaces both by smaller ones (`ObjectFiles`).
///
/// Data is written before the record that names it. So a process that is killed in the middle leaves at most bytes
/// that nothing names, or half a record, which the next writer cuts off. Every read is checked against its digest.
/// The caller holds the store's lock.
final class ObjectStore {
    struct Place {
        let offset: UInt64
        let length: UInt64
    }

    /// Written out at this size.
    private static let bufferLimit = 1 << 20

    let folder: String
    /// Where objects are looked for that are not here; its lock is held as well.
    var alternate: ObjectStore?
    private(set) var files: ObjectFiles
    private var places: [ContentDigest: Place] = [:]
    /// Bytes of `index` that `places` knows.
    private var indexSize = 0
    /// Where `buffer` goes in `data`.
    private var dataSize: UInt64 = 0
    private var buffer: [UInt8] = []
    private var records: [UInt8] = []

    private var data: Int32 { files.data }
    private var index: Int32 { files.index }

    init(_ folder: String) throws(SystemError) {
        self.folder = folder
        files = try ObjectFiles(folder)
        try refresh()
    }

    /// Takes in what another process has added, or swapped in; cuts off what a killed one left.
    ///
    /// - Returns: whether objects that were there may be gone.
    @discardableResult
    func refresh() throws(SystemError) -> Bool {
        let wasReplaced = !files.isCurrent
        // What a failed write has left was never named on disk.
        if wasReplaced || !buffer.isEmpty || !records.isEmpty {
            if wasReplaced { files = try ObjectFiles(folder) }
            (places, indexSize, buffer, records) = ([:], 0, [], [])
        }
        var status = stat()
        guard fstat(data, &status) == 0 else { throw SystemError("stat", folder, errno: errno) }
        dataSize = UInt64(status.st_size)
        guard fstat(index, &status) == 0 else { throw SystemError("stat", folder, errno: errno) }
        let whole = Int(status.st_size) / ObjectFiles.recordSize * ObjectFiles.recordSize
        if whole != Int(status.st_size), ftruncate(index, off_t(whole)) != 0 {
            throw SystemError("truncate", folder, errno: errno)
        }
        guard whole > indexSize else { return wasReplaced }
        let added = try ObjectFiles.read(index, at: indexSize, count: whole - indexSize)
        places.reserveCapacity(whole / ObjectFiles.recordSize)
        added.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            while let digest = reader.digest(), let offset = reader.integer(UInt64.self),
                let length = reader.integer(UInt64.self)
            {
                // A record beyond the data's end was written, but its data never reached the disk.
                let (end, overflow) = offset.addingReportingOverflow(length)
                if digest != .none, !overflow, end <= dataSize {
                    places[digest] = Place(offset: offset, length: length)
                }
            }
        }
        indexSize = whole
        return wasReplaced
    }

    /// Where an object lies in `data`; nil if it is not there.
    func place(of digest: ContentDigest) -> Place? { places[digest] }

    func contains(_ digest: ContentDigest) -> Bool { places[digest] != nil }

    /// Whether `read` finds it.
    func canRead(_ digest: ContentDigest) -> Bool { contains(digest) || alternate?.contains(digest) == true }

    /// Bytes on disk, those of the alternate not counted.
    var size: UInt64 { dataSize + UInt64(buffer.count + indexSize) }

    func add(_ bytes: [UInt8]) throws(SystemError) -> ContentDigest {
        let digest = ContentDigest(of: bytes)
        guard places[digest] == nil else { return digest }
        let offset = dataSize + UInt64(buffer.count)
        buffer += bytes
        name(digest, Place(offset: offset, length: UInt64(bytes.count)))
        if buffer.count >= Self.bufferLimit { try writeBuffer() }
        return digest
    }

    /// Adds an open file's content; `limit` in bytes.
    ///
    /// - Returns: nil when the file is larger.
    func add(file: Int32, limit: Int) throws(SystemError) -> (digest: ContentDigest, size: UInt64)? {
        var chunk = [UInt8](repeating: 0, count: 1 << 18)
        var filled = try Self.fill(&chunk, from: file)
        if filled < chunk.count {
            chunk.removeSubrange(filled...)
            return (try add(chunk), UInt64(filled))
        }
        // Larger than a chunk: straight into the data file, taken back if its content is there already.
        try writeBuffer()
        let start = dataSize
        var hash = SHA256()
        while filled > 0 {
            chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
            try ObjectFiles.write(data, chunk[..<filled], at: dataSize)
            dataSize += UInt64(filled)
            if dataSize - start > UInt64(limit) {
                try cutData(to: start)
                return nil
            }
            filled = try Self.fill(&chunk, from: file)
        }
        let digest = ContentDigest(hash.finalize())
        let length = dataSize - start
        if places[digest] == nil {
            name(digest, Place(offset: start, length: length))
        } else {
            try cutData(to: start)
        }
        return (digest, length)
    }

    /// An object's bytes.
    ///
    /// - Throws: `workspace.object_missing` or `workspace.object_damaged`.
    func read(_ digest: ContentDigest) throws(LockgateError) -> [UInt8] {
        guard let place = places[digest] else {
            if let alternate, alternate.contains(digest) { return try alternate.read(digest) }
            throw LockgateError(
                "workspace.object_missing", "The checkpoint store \(folder) lacks the content \(digest.text)",
                remedy: "Choose a newer turn (`lockgate undo --list`); older ones are forgotten in time.")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            try flush()
            bytes = try ObjectFiles.read(data, at: Int(place.offset), count: Int(place.length))
        } catch {
            throw .store(error)
        }
        guard ContentDigest(of: bytes) == digest else {
            throw LockgateError(
                "workspace.object_damaged", "The checkpoint store \(folder) is damaged: \(digest.text) has other bytes",
                remedy: "Check the disk; nothing is restored from damaged content.")
        }
        return bytes
    }

    /// Makes everything added visible to the next process.
    func flush() throws(SystemError) {
        try writeBuffer()
        guard !records.isEmpty else { return }
        try ObjectFiles.write(index, records[...], at: UInt64(indexSize))
        indexSize += records.count
        records = []
    }

    private func name(_ digest: ContentDigest, _ place: Place) {
        places[digest] = place
        records += digest.bytes
        LittleEndian.append(place.offset, to: &records)
        LittleEndian.append(place.length, to: &records)
    }

    private func writeBuffer() throws(SystemError) {
        guard !buffer.isEmpty else { return }
        try ObjectFiles.write(data, buffer[...], at: dataSize)
        dataSize += UInt64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
    }

    private func cutData(to size: UInt64) throws(SystemError) {
        guard ftruncate(data, off_t(size)) == 0 else { throw SystemError("truncate", folder, errno: errno) }
        dataSize = size
    }

    private static func fill(_ chunk: inout [UInt8], from file: Int32) throws(SystemError) -> Int {
        var filled = 0
        while filled < chunk.count {
            let count = chunk.withUnsafeMutableBytes {
                Glibc.read(file, $0.baseAddress?.advanced(by: filled), $0.count - filled)
            }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", "", errno: errno) }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

extension LockgateError {
    /// The store itself cannot be read or written.
    static func store(_ error: SystemError) -> LockgateError {
        LockgateError(
            "workspace.store_failed", "The checkpoint store: \(error)",
            remedy: "Free space, or make the folder writable (LOCKGATE_HOME).")
    }

    /// A file of the workspace cannot be read or written.
    static func workspace(_ error: SystemError) -> LockgateError {
        guard error.call != "openat2" || error.errno != ENOSYS else {
            return LockgateError(
                "workspace.kernel_too_old", "There is no openat2, without which \(error.path) is not safe to read",
                remedy: "Use Linux 5.6 or newer, in a container a runtime that lets openat2 through.")
        }
        return LockgateError(
            "workspace.failed", "The workspace: \(error)", remedy: "Check the file's owner and permissions.")
    }
}
