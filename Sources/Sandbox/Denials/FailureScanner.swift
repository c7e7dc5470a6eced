import Glibc

/// Finds the mentions in output. Pure, and bounded by what it is given: the whole is searched once a phrase by the C
/// library, and only lines with a hit are looked at more closely.
struct FailureScanner {
    /// More are repetitions of one trouble.
    static let maximumMentions = 64
    /// Lines with the same phrase that are read.
    private static let linesOfPhrase = 48
    /// A longer line is data, not a message.
    private static let maximumLine = 4096
    /// Lines around a bare cause in which its path may stand: cargo says it before, npm after.
    private static let reach = 4

    private let bytes: [UInt8]
    /// In lower case, without NULs, ended by one.
    private let lowered: [CChar]

    private struct Hit {
        var cause: FailureMention.Cause
        /// Behind the phrase.
        var end: Int
        var isNetwork: Bool
        /// Only an error's name, which may be anything's in data.
        var isCode: Bool
    }

    static func mentions(in output: String) -> [FailureMention] { FailureScanner(output).mentions() }

    private init(_ output: String) {
        bytes = Array(output.utf8)
        lowered =
            bytes.map { byte in
                switch byte {
                case 0x41...0x5A: CChar(bitPattern: byte + 0x20)
                case 0: 0x20
                default: CChar(bitPattern: byte)
                }
            } + [0]
    }

    private func mentions() -> [FailureMention] {
        var found: [FailureMention] = []
        var seen: Set<FailureMention> = []
        for (start, hit) in hits().sorted(by: { $0.key < $1.key }) {
            guard found.count < Self.maximumMentions else { break }
            for mention in mentions(at: start, hit) where seen.insert(mention).inserted { found.append(mention) }
        }
        return found
    }

    /// By the start of their line. Of several phrases in one line the earlier in the table counts.
    private func hits() -> [Int: Hit] {
        var hits: [Int: Hit] = [:]
        lowered.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for entry in FailurePhrase.all {
                var from = 0
                var lines = 0
                while lines < Self.linesOfPhrase, from < bytes.count, let match = strstr(base + from, entry.phrase) {
                    let at = UnsafePointer(match) - base
                    let start = lineStart(at)
                    // `FileNotFoundException` is no ENOTFOUND.
                    let isPartOfWord = entry.isCode && at > 0 && isLetter(at - 1)
                    if hits[start] == nil, !isPartOfWord {
                        hits[start] = Hit(
                            cause: entry.cause, end: at + entry.phrase.utf8.count, isNetwork: entry.isNetwork,
                            isCode: entry.isCode)
                    }
                    from = lineEnd(at) + 1
                    lines += 1
                }
            }
        }
        return hits
    }

    private func isLetter(_ at: Int) -> Bool {
        (0x61...0x7A).contains(bytes[at]) || (0x41...0x5A).contains(bytes[at])
    }

    private func lineStart(_ at: Int) -> Int {
        var start = at
        while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
        return start
    }

    private func lineEnd(_ at: Int) -> Int {
        var end = at
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return end
    }

    private func line(from start: Int) -> String {
        let end = lineEnd(start)
        return end - start > Self.maximumLine ? "" : String(decoding: bytes[start..<end], as: UTF8.self)
    }

    private func mentions(at start: Int, _ hit: Hit) -> [FailureMention] {
        let line = line(from: start)
        if hit.isNetwork {
            let host = HostName.first(in: line, after: hit.end - start) ?? ""
            return [FailureMention(cause: hit.cause, subject: .network(host))]
        }
        if let socket = Self.daemonSocket(in: line) {
            return [FailureMention(cause: .denied, subject: .socket(socket))]
        }
        let lower = line.lowercased()
        if hit.cause != .missing, let call = FailurePhrase.systemCall(of: lower) {
            return [FailureMention(cause: hit.cause, subject: .systemCall(call))]
        }
        if hit.cause == .denied || hit.cause == .notPermitted, !FailurePhrase.speaksOfWriting(lower) { return [] }
        var paths = PathCandidates.all(in: line)
        if paths.isEmpty, hit.cause != .missing { paths = nearbyPaths(start) }
        // Programs that do not say what they could not write still say that they could not.
        if paths.isEmpty, hit.cause == .readOnly, !hit.isCode { paths = [""] }
        return paths.map { FailureMention(cause: hit.cause, subject: .path($0)) }
    }

    /// Container clients name the socket of the daemon they miss.
    private static func daemonSocket(in line: String) -> String? {
        guard let scheme = line.firstRange(of: "unix://") else { return nil }
        var path = line[scheme.upperBound...].prefix { !" \"'`,;)".contains($0) }
        while let last = path.last, ".:".contains(last) { path = path.dropLast() }
        return path.hasPrefix("/") ? String(path) : nil
    }

    private func nearbyPaths(_ start: Int) -> [String] {
        var starts: [Int] = []
        var before = start
        for _ in 0..<Self.reach where before > 0 {
            before = lineStart(before - 1)
            starts.append(before)
        }
        var after = start
        for _ in 0..<Self.reach {
            after = lineEnd(after) + 1
            guard after < bytes.count else { break }
            starts.append(after)
        }
        for start in starts {
            // Only unmistakable paths: a word of another line is no file.
            let paths = PathCandidates.all(in: line(from: start)).filter { $0.hasPrefix("/") || $0.hasPrefix("~/") }
            if !paths.isEmpty { return paths }
        }
        return []
    }
}
