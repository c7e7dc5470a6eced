import Audit
package import Basics
import Glibc

/// What a list shows of a session, from the beginning and the end of its file.
package struct SessionSummary: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// A process is writing it.
        case running
        /// The last turn ended by itself.
        case done
        case failed
        /// The last turn was ended by a person.
        case interrupted
        /// The last turn has no end: its process was killed.
        case unfinished
        /// Nothing has been asked yet.
        case empty
        /// Of another program: to be read and forked.
        case imported
        /// The file does not begin with a session's record.
        case unreadable
    }

    package var location: SessionLocation
    package var notes: SessionNotes
    package var state: State
    package var cwd: String?
    package var model: String?
    package var provider: String?
    /// The first prompt's beginning.
    package var prompt: String?
    /// The last record's time.
    package var lastTime: String?
    /// nil where it is not known from the file's end.
    package var totals: SessionTotals?
    /// Of the file.
    package var bytes: Int
    /// Of the file; 0 where there is none.
    package var inode: UInt64 = 0

    /// Bytes that are read first, of the beginning and of the end. A seal and a turn's end take one.
    private static let firstPiece = 16 << 10
    /// What is read at most of either, where records are long.
    private static let lastPiece = 4 << 20
    /// Characters of a prompt that are kept.
    private static let promptLength = 200

    /// One whose members are known from elsewhere; the others are to be filled in.
    package init(_ location: SessionLocation, notes: SessionNotes, state: State, bytes: Int, inode: UInt64) {
        self.location = location
        self.notes = notes
        self.state = state
        self.bytes = bytes
        self.inode = inode
    }

    /// - Parameter inUse: inode numbers of files that some process holds a lock on.
    package init(_ location: SessionLocation, inUse: Set<UInt64> = []) {
        self.location = location
        notes = location.hasNotes ? SessionNotes.read(of: location) : SessionNotes()
        state = .unreadable
        bytes = 0
        let descriptor = open(location.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        bytes = Int(status.st_size)
        inode = UInt64(status.st_ino)
        let source =
            location.isArchived
            ? Source.bytes((try? JournalFile.content(location.path)) ?? []) : .file(descriptor, length: bytes)
        readHead(source)
        if cwd != nil, state != .imported { readTail(source) }
        if inUse.contains(inode) { state = .running }
    }

    // MARK: - The beginning

    private mutating func readHead(_ source: Source) {
        var length = Self.firstPiece
        while true {
            let head = source.read(from: 0, length)
            if look(at: Self.lines(head)) || length >= min(source.length, Self.lastPiece) { return }
            length *= 8
        }
    }

    /// Returns whether all was found.
    private mutating func look(at lines: [ArraySlice<UInt8>]) -> Bool {
        var prompt: RecordScan?
        for (number, line) in lines.enumerated() {
            guard let record = RecordScan(line) else { return true }
            switch record.type {
            case "session" where number == 0:
                guard let header = record.json else { return true }
                cwd = header["cwd"]?.string
                model = header["model"]?.string
                provider = header["provider"]?.string
                state = header["imported"] == nil ? .empty : .imported
            case _ where number == 0: return true
            // What stands before the prompt is context; the request follows it.
            case "conversation": if record.payload.starts(with: "{\"kind\":\"user\"".utf8) { prompt = record }
            case "imported":
                guard let item = record.json?["item"], item["kind"] == "user" else { continue }
                self.prompt = Self.words(of: item)
                return true
            case "effect.requested" where record.json?["effect"]?["kind"] == "model":
                self.prompt = prompt.flatMap { Self.words(of: $0.json) }
                return true
            default: break
            }
        }
        // A session that was killed before its first request.
        self.prompt = prompt.flatMap { Self.words(of: $0.json) }
        return false
    }

    private static func words(of item: JSONValue?) -> String? {
        let text = item?["parts"]?.array?.lazy.compactMap { $0["text"]?.string }.first
        return text.map { String($0.prefix(promptLength)) }
    }

    // MARK: - The end

    private mutating func readTail(_ source: Source) {
        var length = Self.firstPiece
        while true {
            let start = max(0, source.length - length)
            let lines = Self.lines(source.read(from: start, length))
            // The first is a part of a line, unless it is the file's.
            if look(atEnd: start == 0 ? lines : Array(lines.dropFirst()), isWhole: start == 0)
                || length >= min(source.length, Self.lastPiece)
            {
                return
            }
            length *= 8
        }
    }

    /// Returns whether all was found.
    private mutating func look(atEnd lines: [ArraySlice<UInt8>], isWhole: Bool) -> Bool {
        var sealed: SessionTotals?
        var after: [RecordScan] = []
        var turn: State?
        lastTime = lines.last.flatMap { RecordScan($0)?.time } ?? lastTime
        for line in lines.reversed() {
            guard let record = RecordScan(line) else { continue }
            if turn == nil { turn = Self.state(record) }
            if record.type == "seal" {
                sealed = SessionTotals(json: record.json?["totals"])
                if turn != nil { break }
            }
            if sealed == nil { after.append(record) }
            if sealed != nil, turn != nil { break }
        }
        guard turn != nil || isWhole else { return false }
        if let turn { state = turn }
        guard var totals = sealed ?? (isWhole ? SessionTotals() : nil) else { return false }
        for record in after.reversed() where record.type.hasSuffix(".response") || record.isEvent("turn.started") {
            totals.count(record.type, record.json ?? .null)
        }
        self.totals = totals
        return true
    }

    private static func state(_ record: RecordScan) -> State? {
        if record.isEvent("turn.completed") { return .done }
        if record.isEvent("turn.failed") {
            return record.json?["error"]?["code"] == "turn.interrupted" ? .interrupted : .failed
        }
        return record.isEvent("turn.started") ? .unfinished : nil
    }

    // MARK: - Bytes

    /// A journal's bytes: of its file, or all of an archived one.
    private enum Source {
        case file(Int32, length: Int)
        case bytes([UInt8])

        var length: Int {
            switch self {
            case .file(_, let length): length
            case .bytes(let bytes): bytes.count
            }
        }

        func read(from offset: Int, _ length: Int) -> [UInt8] {
            switch self {
            case .bytes(let bytes): return Array(bytes.dropFirst(offset).prefix(length))
            case .file(let descriptor, _):
                return [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
                    count = max(0, pread(descriptor, buffer.baseAddress, length, off_t(offset)))
                }
            }
        }
    }

    /// Lines that have an end.
    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
    }
}

extension SessionSummary {
    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(location.id.text), "path": .string(location.path), "state": .string(state.rawValue),
            "started": .string(location.id.time.rfc3339), "last": .optional(lastTime), "cwd": .optional(cwd),
            "model": .optional(model), "provider": .optional(provider), "prompt": .optional(prompt),
            "bytes": .int(bytes),
        ]
        object["turns"] = .optional(totals?.turns)
        object["requests"] = .optional(totals?.requests)
        object["cost_usd"] = totals?.cost.map { .double($0) } ?? .null
        if let name = notes.name { object["name"] = .string(name) }
        if notes.isArchived { object["archived"] = true }
        return .object(object)
    }
}

/// Which files are locked, asked of the kernel once: trying the locks would disturb a session that is about to begin.
package enum FileLocks {
    /// Inode numbers of files on which some process holds an exclusive `flock`.
    package static func inodes() -> Set<UInt64> {
        let descriptor = open("/proc/locks", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        let text = String(decoding: (try? PosixFile.readAll(descriptor, limit: 16 << 20)) ?? [], as: UTF8.self)
        var found: Set<UInt64> = []
        // `1: FLOCK  ADVISORY  WRITE 1234 08:01:5678 0 EOF`
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count >= 6, words[1] == "FLOCK", words[3] == "WRITE",
                let inode = words[5].split(separator: ":").last.flatMap({ UInt64($0) })
            else { continue }
            found.insert(inode)
        }
        return found
    }
}

extension SessionID {
    /// When it was made: its first 48 bits.
    package var time: WallTime {
        WallTime(milliseconds: Int64(text.filter { $0 != "-" }.prefix(12), radix: 16) ?? 0)
    }
}
