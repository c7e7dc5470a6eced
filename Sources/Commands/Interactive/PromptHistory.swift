import Basics
import Glibc

/// What was asked in this home, for the arrow keys: `HOME/history.jsonl`, one line a prompt.
struct PromptHistory: Sendable {
    private let path: String
    /// Bytes of the file's end that are read.
    private static let readLimit = 256 << 10
    private static let entryLimit = 16 << 10

    init(home: String) { path = "\(home)/history.jsonl" }

    /// Oldest first.
    func load() -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        lseek(descriptor, off_t(max(0, size - Self.readLimit)), SEEK_SET)
        guard let bytes = try? PosixFile.readAll(descriptor, limit: Self.readLimit * 2) else { return [] }
        return bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            (try? JSONValue(parsing: line))?["text"]?.string
        }
    }

    /// A history that cannot be written is no reason to refuse a prompt.
    func add(_ text: String) {
        guard text.utf8.count <= Self.entryLimit else { return }
        let line: JSONValue = ["time": .string(WallTime.now.rfc3339), "text": .string(text)]
        try? PosixFile.makeDirectory(PathText.parent(path))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        // One line by one write needs no lock.
        try? PosixFile.writeAll(descriptor, line.bytes + [0x0A])
    }
}
