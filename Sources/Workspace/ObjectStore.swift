import Basics
import Crypto
import Glibc
import Wire

/// Contents by digest, in two append-only files: `data` holds the bytes end to end, `index` a record of digest, offset
/// and length for each (48 bytes, little-endian).
///
/// Data is written before the record that names it. So a process that is killed in the middle leaves at most bytes
/// that nothing names, or half a record, which the next writer cuts off. Every read is checked against its digest.
/// The caller holds the store's lock.
final class ObjectStore {
    private struct Place {
        let offset: UInt64
        let length: UInt64
    }

    private static let recordSize = 48
    /// Written out at this size.
    private static let bufferLimit = 1 << 20

    private let folder: String
    private let data: Int32
    private let index: Int32
    private var places: [ContentDigest: Place] = [:]
    /// Bytes of `index` that `places` knows.
    private var indexSize = 0
    /// Where `buffer` goes in `data`.
    private var dataSize: UInt64 = 0
    private var buffer: [UInt8] = []
    private var records: [UInt8] = []

    init(_ folder: String) throws(SystemError) {
        self.folder = folder
        try PosixFile.makeDirectory(folder)
        data = Glibc.open(folder + "/data", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard data >= 0 else { throw SystemError("open", folder + "/data", errno: errno) }
        index = Glibc.open(folder + "/index", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard index >= 0 else {
            close(data)
            throw SystemError("open", folder + "/index", errno: errno)
        }
        try refresh()
    }

    deinit {
        close(data)
        close(index)
    }

    /// Takes in what another process has added; cuts off what a killed one left.
    func refresh() throws(SystemError) {
        var status = stat()
        guard fstat(data, &status) == 0 else { throw SystemError("stat", folder, errno: errno) }
        dataSize = UInt64(status.st_size)
        guard fstat(index, &status) == 0 else { throw SystemError("stat", folder, errno: errno) }
        let whole = Int(status.st_size) / Self.recordSize * Self.recordSize
        if whole != Int(status.st_size), ftruncate(index, off_t(whole)) != 0 {
            throw SystemError("truncate", folder, errno: errno)
        }
        guard whole > indexSize else { return }
        let added = try Self.read(index, at: indexSize, count: whole - indexSize)
        places.reserveCapacity(whole / Self.recordSize)
        added.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            while let digest = reader.digest(), let offset = reader.integer(UInt64.self),
                let length = reader.integer(UInt64.self)
            {
                // A record beyond the data's end was written, but its data never reached the disk.
                let (end, overflow) = offset.addingReportingOverflow(length)
                if !overflow, end <= dataSize { places[digest] = Place(offset: offset, length: length) }
            }
        }
        indexSize = whole
    }

    func contains(_ digest: ContentDigest) -> Bool { places[digest] != nil }

    /// Bytes on disk.
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
            try Self.write(data, chunk[..<filled], at: dataSize)
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
            throw LockgateError(
                "workspace.object_missing", "The checkpoint store \(folder) lacks the content \(digest.text)",
                remedy: "Choose a newer checkpoint; older ones may have expired.")
        }
        let bytes: [UInt8]
        do throws(SystemError) {
            try flush()
            bytes = try Self.read(data, at: Int(place.offset), count: Int(place.length))
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
        try Self.write(index, records[...], at: UInt64(indexSize))
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
        try Self.write(data, buffer[...], at: dataSize)
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

    private static func write(_ file: Int32, _ bytes: ArraySlice<UInt8>, at offset: UInt64) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(file, $0.baseAddress?.advanced(by: done), $0.count - done, off_t(offset) + off_t(done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw SystemError("write", "", errno: count < 0 ? errno : EIO) }
            done += count
        }
    }

    private static func read(_ file: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes {
                pread(file, $0.baseAddress?.advanced(by: done), count - done, off_t(offset + done))
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else { throw SystemError("read", "", errno: got < 0 ? errno : EIO) }
            done += got
        }
        return bytes
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
