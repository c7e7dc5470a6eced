import Basics
import Compression
import Glibc

/// A journal's bytes, from its file or from an archived one, which is the same compressed.
package enum JournalFile {
    package static let ending = ".jsonl"
    /// Of a journal that was put away: gzip of the whole file.
    package static let archiveEnding = ".jsonl.gz"
    /// More is not read, so that a small file cannot become an endless one. 4 GiB.
    package static let limit = 4 << 30

    package static func isArchived(_ path: String) -> Bool { path.hasSuffix(archiveEnding) }

    /// The file's name without its ending; nil for one of another ending.
    package static func stem(_ path: String) -> String? {
        // By bytes: lists ask this of thousands of names.
        let bytes = path.utf8
        let start = bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes.index(after: $0) } ?? bytes.startIndex
        let name = bytes[start...]
        for ending in [ending, archiveEnding] {
            let stem = name.dropLast(ending.utf8.count)
            if name[stem.endIndex...].elementsEqual(ending.utf8) { return String(stem) }
        }
        return nil
    }

    /// Hands over the journal's bytes in pieces.
    ///
    /// - Parameter length: so many of the first; nil for all.
    /// - Throws: `SystemError`, among them `ENODATA` for less than `length` and `EINVAL` for anything but a regular file;
    ///   `GzipError`; what `body` throws.
    package static func stream(
        _ path: String, length: Int? = nil, _ body: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read", path, errno: EINVAL) }
        var left = length ?? limit
        func hand(_ bytes: ArraySlice<UInt8>) throws {
            if length == nil, bytes.count > left { throw SystemError("read", path, errno: EFBIG) }
            let piece = bytes.prefix(left)
            left -= piece.count
            if !piece.isEmpty { try body(piece) }
        }
        if isArchived(path) {
            let gzip = try GzipStream(.expand)
            try pieces(descriptor, path) { piece in
                try gzip.take(piece, hand)
                return length == nil || left > 0
            }
            if length == nil { try gzip.finish(hand) }
        } else {
            try pieces(descriptor, path) { piece in
                try hand(piece)
                return length == nil || left > 0
            }
        }
        if length != nil, left > 0 { throw SystemError("read", path, errno: ENODATA) }
    }

    /// All of it at once.
    package static func content(_ path: String) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try stream(path) { bytes += $0 }
        return bytes
    }

    /// - Parameter body: returns whether to go on.
    private static func pieces(
        _ descriptor: Int32, _ path: String, _ body: (ArraySlice<UInt8>) throws -> Bool
    ) throws {
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let got = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read", path, errno: errno) }
            guard got > 0, try body(piece[..<got]) else { return }
        }
    }
}
