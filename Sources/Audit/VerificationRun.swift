import Basics
import Glibc

/// Verifies files and all journals in folders; what `lockgate audit verify` and `lockgate-verify` share.
package struct VerificationRun {
    private let expectation: Expectation
    private let isJSON: Bool
    /// Gets one text a file; its lines, or one JSON object.
    private let show: (String) throws -> Void

    private var files = 0
    private var broken = 0
    private var seen: Set<String> = []

    package init(expecting expectation: Expectation, isJSON: Bool, show: @escaping (String) throws -> Void) {
        self.expectation = expectation
        self.isJSON = isJSON
        self.show = show
    }

    /// Verifies all and says how it went: 0 when everything is whole, else 1.
    ///
    /// - Throws: what `show` throws; `AuditFault` for a path where nothing is.
    package mutating func verify(_ paths: [String]) throws -> Int32 {
        guard expectation.heads.isEmpty || paths.count == 1 && !PosixFile.isDirectory(paths[0]) else {
            throw AuditFault("a hash belongs to one journal: name that one, or give a file of anchors")
        }
        for path in paths {
            if PosixFile.isDirectory(path) {
                try verifyAll(in: path)
            } else if PosixFile.exists(path) {
                try verifyFile(path)
            } else {
                throw AuditFault("there is nothing at \(path)")
            }
        }
        // A session that somebody anchored and that is gone is the largest cut of all.
        for (session, anchors) in expectation.anchors.sorted(by: { $0.key < $1.key }) where !seen.contains(session) {
            guard paths.contains(where: PosixFile.isDirectory), let anchor = anchors.last else { continue }
            var report = JournalReport()
            report.findings = [
                JournalFinding(
                    .truncated, record: 0, offset: 0, "an anchor of \(anchor.time) names this session, and it is gone")
            ]
            report.session = session
            try tell(report, path: session)
        }
        if !isJSON, files != 1 || paths.contains(where: PosixFile.isDirectory) {
            try show("\(files) journal\(files == 1 ? "" : "s"), \(broken) broken")
        }
        return broken == 0 ? 0 : 1
    }

    private mutating func verifyAll(in folder: String) throws {
        guard access(folder, R_OK | X_OK) == 0 else {
            var report = JournalReport()
            report.findings = [
                JournalFinding(.unreadable, record: 0, offset: 0, "\(SystemError("open", folder, errno: errno))")
            ]
            return try tell(report, path: folder)
        }
        for name in PosixFile.list(folder) {
            let path = "\(folder)/\(name)"
            if Self.isLink(path) { continue }
            if PosixFile.isDirectory(path) {
                try verifyAll(in: path)
            } else if JournalFile.stem(name) != nil, !name.hasPrefix(".") {
                try verifyFile(path)
            }
        }
    }

    private mutating func verifyFile(_ path: String) throws {
        let report = Self.report(onFile: path, expecting: expectation)
        if let session = report.session { seen.insert(session) }
        try tell(report, path: path)
    }

    private mutating func tell(_ report: JournalReport, path: String) throws {
        files += 1
        if !report.isWhole { broken += 1 }
        try show(isJSON ? report.json(path: path).text : report.text(path: path, knownKeys: expectation.keys))
    }

    /// Verifies one file, read in pieces.
    package static func report(onFile path: String, expecting expectation: Expectation) -> JournalReport {
        let id = JournalFile.stem(path).flatMap { SessionID($0) }
        var verifier = JournalVerifier(expecting: expectation, name: id?.text)
        do {
            try JournalFile.stream(path) { verifier.consume($0) }
        } catch {
            var report = verifier.finish()
            report.findings.append(
                JournalFinding(
                    .unreadable, record: report.lastRecord.map { $0 + 1 } ?? 0, offset: 0, "cannot be read: \(error)"))
            return report
        }
        return verifier.finish()
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }
}

/// Options that both programs take.
extension Expectation {
    /// Adds a key given on a command line: written out, or a file that holds it.
    package mutating func require(key argument: String) throws(AuditFault) {
        requiresKeys = true
        if let key = SealPublicKey(argument) {
            keys.insert(key)
            return
        }
        let bytes: [UInt8]
        do {
            bytes = try PosixFile.read(argument, limit: 65_536)
        } catch {
            throw AuditFault("\(argument) is neither a key nor a file that can be read: \(error.reason)")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace)
        let found = lines.compactMap { SealPublicKey($0) }
        guard !found.isEmpty else { throw AuditFault("\(argument) holds no key of the form ed25519:…") }
        keys.formUnion(found)
    }

    /// Adds a head given on a command line: a hash, or a file of anchors.
    package mutating func require(head argument: String) throws(AuditFault) {
        if Hexadecimal.bytes(argument, count: 32) != nil {
            heads.insert(argument)
            return
        }
        try require(anchors: argument, or: "a hash")
    }

    /// Requires the anchors in a file.
    package mutating func require(anchors path: String) throws(AuditFault) {
        try require(anchors: path, or: nil)
    }

    private mutating func require(anchors path: String, or other: String?) throws(AuditFault) {
        let bytes: [UInt8]
        do {
            bytes = try PosixFile.read(path, limit: 256 << 20)
        } catch {
            let what = other.map { "is neither \($0) nor a file that can be read" } ?? "cannot be read"
            throw AuditFault("\(path) \(what): \(error.reason)")
        }
        try add(anchorLines: bytes, from: path)
    }
}
