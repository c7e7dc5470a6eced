import Basics
import Glibc

/// The two open files of a store's objects.
///
/// `index` is one file that is only ever replaced whole. Its first record may name no content: then its offset is the
/// generation of the data file that it belongs to (`data.3`); without one it is `data`. So one rename swaps both.
final class ObjectFiles {
    /// Of a record in `index`: digest, offset and length, little-endian.
    static let recordSize = 48

    let generation: UInt64
    let data: Int32
    let index: Int32
    private let folder: String

    /// Opens them and makes those that are missing. The caller holds the store's lock.
    init(_ folder: String) throws(SystemError) {
        try PosixFile.makeDirectory(folder)
        let index = try Self.open(folder + "/index", 0)
        var header = [UInt8](repeating: 0, count: Self.recordSize)
        let size = header.count
        let count = header.withUnsafeMutableBytes { pread(index, $0.baseAddress, size, 0) }
        var generation: UInt64 = 0
        if count == size {
            header.withUnsafeBytes { raw in
                var reader = ByteReader(raw)
                if reader.digest() == ContentDigest.none { generation = reader.integer(UInt64.self) ?? 0 }
            }
        }
        do throws(SystemError) {
            data = try Self.open("\(folder)/\(Self.dataName(generation))", 0)
        } catch {
            close(index)
            throw error
        }
        self.generation = generation
        self.index = index
        self.folder = folder
    }

    deinit {
        close(data)
        close(index)
    }

    /// Opens a file for reading and writing, with more flags such as `O_TRUNC`.
    static func open(_ path: String, _ flags: Int32) throws(SystemError) -> Int32 {
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | flags, 0o600)
        guard file >= 0 else { throw SystemError("open", path, errno: errno) }
        return file
    }

    static func dataName(_ generation: UInt64) -> String { generation == 0 ? "data" : "data.\(generation)" }

    /// Whether another process has swapped in others since. An open file's inode is not given to another.
    var isCurrent: Bool { StoreFolder.names(folder + "/index", index) }

    /// Removes what a rewriting that was killed has left. The caller holds the store's lock and its expiry lock.
    func removeLeftovers() {
        let own = ["index", Self.dataName(generation)]
        for name in PosixFile.list(folder) where !own.contains(name) { unlink("\(folder)/\(name)") }
    }

    // MARK: Whole reads and writes

    static func write(_ file: Int32, _ bytes: ArraySlice<UInt8>, at offset: UInt64) throws(SystemError) {
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

    static func read(_ file: Int32, at offset: Int, count: Int) throws(SystemError) -> [UInt8] {
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
