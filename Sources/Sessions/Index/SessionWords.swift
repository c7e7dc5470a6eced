import Audit
import Basics
import Glibc
import Journal

/// What of a journal can be searched, read from where the last reading ended.
struct SessionWords {
    struct Entry: Hashable {
        let sequence: Int
        let kind: String
        let time: String
        let text: String
    }

    /// Where a reading ended: after a whole record, which has this hash.
    struct Place: Hashable {
        var length = 0
        var head = ""
    }

    /// Bytes of one text that are kept: enough to find it by.
    private static let textLimit = 16 << 10
    /// A longer line is passed over. 64 MiB.
    private static let lineLimit = 64 << 20

    private(set) var entries: [Entry] = []
    private(set) var place: Place
    /// Whether the file still begins with what was read before.
    let goesOn: Bool

    /// - Throws: what reading the file throws.
    init(path: String, from last: Place) throws {
        goesOn = try last.length > 0 && Self.ends(path, last)
        place = goesOn ? last : Place()
        var pending: [UInt8] = []
        var isSkipping = false
        try Self.stream(path, from: place.length) { piece in
            var rest = piece
            while let end = Self.lineEnd(rest) {
                if pending.isEmpty, !isSkipping {
                    take(rest[..<end])
                } else {
                    pending.append(contentsOf: rest[..<end])
                    take(pending[...], isWhole: !isSkipping)
                    pending.removeAll(keepingCapacity: true)
                    isSkipping = false
                }
                rest = rest[(end + 1)...]
            }
            if pending.count + rest.count > Self.lineLimit {
                isSkipping = true
                place.length += pending.count
                pending.removeAll()
            }
            pending.append(contentsOf: rest)
        }
    }

    /// The bytes from a place on. What is compressed is read from its beginning.
    private static func stream(
        _ path: String, from start: Int, _ body: (ArraySlice<UInt8>) throws -> Void
    ) throws {
        if JournalFile.isArchived(path) {
            var left = start
            return try JournalFile.stream(path) { piece in
                let rest = piece.dropFirst(left)
                left = max(0, left - piece.count)
                if !rest.isEmpty { try body(rest) }
            }
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        guard lseek(descriptor, off_t(start), SEEK_SET) >= 0 else { throw SystemError("seek", path, errno: errno) }
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let got = piece.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw SystemError("read", path, errno: errno) }
            if got == 0 { return }
            try body(piece[..<got])
        }
    }

    private static func lineEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress, let found = memchr(base, 0x0A, buffer.count) else { return nil }
            return bytes.startIndex + (UnsafeRawPointer(found) - base)
        }
    }

    /// Whether the file has a record that ends there with that hash.
    private static func ends(_ path: String, _ place: Place) throws -> Bool {
        let expected = Array(",\"hash\":\"\(place.head)\"}\n".utf8)
        guard place.length >= expected.count else { return false }
        var found: [UInt8] = []
        if JournalFile.isArchived(path) {
            do {
                try JournalFile.stream(path, length: place.length) {
                    found = Array((found + $0).suffix(expected.count))
                }
            } catch let error as SystemError where error.errno == ENODATA {
                return false
            }
        } else {
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
            guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
            defer { close(descriptor) }
            found = [UInt8](unsafeUninitializedCapacity: expected.count) { buffer, count in
                let start = off_t(place.length - expected.count)
                count = max(0, pread(descriptor, buffer.baseAddress, expected.count, start))
            }
        }
        return found == expected
    }

    private mutating func take(_ line: ArraySlice<UInt8>, isWhole: Bool = true) {
        place.length += line.count + 1
        guard isWhole, let record = RecordScan(line) else { return }
        place.head = record.hash
        let item: JSONValue?
        if record.isType("conversation") {
            item = record.json
        } else if record.isType("imported") {
            item = record.json?["item"]
        } else {
            return
        }
        guard let words = item.flatMap({ ConversationText($0) }) else { return }
        let text = Self.plain(words.text)
        guard !text.isEmpty else { return }
        entries.append(
            Entry(sequence: record.sequence, kind: words.kind.rawValue, time: record.time, text: text))
    }

    /// The text's beginning without control characters, which mark places in a hit.
    private static func plain(_ text: String) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(textLimit, text.utf8.count))
        for byte in text.utf8 {
            guard bytes.count < textLimit else { break }
            bytes.append(byte < 0x20 ? 0x20 : byte)
        }
        // A cut in a character leaves a replacement for it.
        return String(decoding: bytes, as: UTF8.self)
    }
}
