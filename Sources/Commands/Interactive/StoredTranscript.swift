import Audit
import Basics
import Glibc
import Journal
import Synchronization
import TUI
import Wire

/// The entries of a conversation that only its journal has, counted once and read a few at a time.
///
/// What it reads is for eyes alone: a session that is gone on with is verified by `JournalReader`.
final class StoredTranscript: Sendable {
    private let file: FileBytes
    private let index: TranscriptIndex

    private static let pieceBytes = 1 << 20
    /// A record's entry is cut there: more than that is no reading matter, and only a planted file has it.
    private static let entryLimit = 64 << 20

    /// - Parameter place: the journal, and up to which of its bytes.
    /// - Throws: `journal.unreadable`.
    init(_ place: StoredPlace) throws(LockgateError) {
        do throws(SystemError) {
            file = try FileBytes(place.journal)
            index = try Self.index(file, through: place.bytes)
        } catch {
            throw LockgateError("journal.unreadable", "cannot read the session's journal: \(error)")
        }
    }

    private static func index(_ file: FileBytes, through limit: Int) throws(SystemError) -> TranscriptIndex {
        var index = TranscriptIndex()
        var buffer: [UInt8] = []
        var base = 0
        var read = 0
        while read < limit {
            let piece = try file.bytes(read..<min(limit, read + pieceBytes))
            guard !piece.isEmpty else { break }
            read += piece.count
            buffer += piece
            let end = lines(of: buffer) { line in if let scan = RecordScan(line) { index.take(scan, base: base) } }
            buffer.removeFirst(end)
            base += end
        }
        index.flush()
        return index
    }

    /// - Returns: how many bytes whole lines have.
    private static func lines(of bytes: [UInt8], _ take: (ArraySlice<UInt8>) -> Void) -> Int {
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            take(bytes[start..<end])
            start = end + 1
        }
        return start
    }

    var count: Int { index.places.count }

    /// Entries, counted from the conversation's first.
    func entries(_ range: Range<Int>) -> [TranscriptEntry] {
        index.places[range.clamped(to: 0..<count)].map { TranscriptReader.entry($0, json) }
    }

    private func json(_ range: Range<Int>) -> JSONValue? {
        guard range.count <= Self.entryLimit, let bytes = try? file.bytes(range) else { return nil }
        return try? JSONValue(parsing: bytes)
    }

    /// The entries that hold a text in any case of its letters.
    func matches(_ text: String) -> [Int] {
        let wanted = text.lowercased()
        return (0..<count).filter { number in
            entries(number..<number + 1).first?.searchText.lowercased().contains(wanted) == true
        }
    }
}

/// Parts of a file.
final class FileBytes: Sendable {
    private let descriptor: Int32
    private let path: String

    init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
    }

    deinit { close(descriptor) }

    /// The last bytes of a file, and where they begin in it; nil where it cannot be read.
    static func end(of path: String, _ size: Int) -> (bytes: [UInt8], start: Int)? {
        guard let file = try? FileBytes(path) else { return nil }
        let length = Int(lseek(file.descriptor, 0, SEEK_END))
        let start = max(0, length - size)
        guard length >= 0, let bytes = try? file.bytes(start..<length) else { return nil }
        return (bytes, start)
    }

    /// Fewer where the file ends.
    func bytes(_ range: Range<Int>) throws(SystemError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while count < range.count {
                let got = pread(
                    descriptor, buffer.baseAddress?.advanced(by: count), range.count - count,
                    off_t(range.lowerBound + count))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard failure == 0 else { throw SystemError("read", path, errno: failure) }
        return bytes
    }
}

/// The transcript that is being read, for the task that counts it and the screen that shows it.
final class OpenTranscript: Sendable {
    private let transcript = Mutex<StoredTranscript?>(nil)

    var current: StoredTranscript? { transcript.withLock { $0 } }

    func open(_ place: StoredPlace) throws(LockgateError) -> StoredTranscript {
        let opened = try StoredTranscript(place)
        transcript.withLock { $0 = opened }
        return opened
    }
}
