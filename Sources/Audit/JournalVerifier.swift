import Basics

/// Verifies one journal from a stream of its bytes, holding one line at a time.
///
/// A value without input or output of its own: feed it chunks, then ask for the report.
package struct JournalVerifier: Sendable {
    /// A longer record is not read. The largest that are written hold a conversation with its images. 256 MiB.
    package static let recordLimit = 256 << 20
    /// Faults that are kept; more are counted.
    package static let findingLimit = 1000
    /// The newest format this program knows, by the first record's `format`.
    package static let format = 1

    private let expectation: Expectation
    /// The id in the file's name; nil where it has none.
    private let name: String?
    private var splitter: LineSplitter
    private var chain = ChainState()
    private var report = JournalReport()
    private var anchors: [Seal] = []
    private var missingHeads: Set<String>
    private var foreignKeys: Set<SealPublicKey> = []
    private var hasAcceptedSeal = false
    private var redactions = OpenRedactions()

    /// - Parameter name: the session's id by the file's name, if it has that form.
    package init(
        expecting expectation: Expectation = Expectation(), name: String? = nil, recordLimit: Int = recordLimit
    ) {
        self.expectation = expectation
        self.name = name
        splitter = LineSplitter(limit: recordLimit)
        missingHeads = expectation.heads
    }

    package mutating func consume(_ chunk: ArraySlice<UInt8>) {
        // Moved out for the time being, since the lines are taken by the rest of this value.
        var splitter = splitter
        splitter.consume(chunk) { take($0) }
        self.splitter = splitter
    }

    /// Says what was found. Nothing may be consumed after it.
    package mutating func finish() -> JournalReport {
        let end = splitter.restOffset
        if splitter.rest > 0 {
            report.tornBytes = splitter.rest
            add(
                .torn, record: chain.expected, at: end,
                "the file ends within a record, \(splitter.rest) bytes after its beginning")
        }
        if report.records == 0, report.findings.isEmpty { add(.empty, record: 0, at: 0, "the file holds no record") }
        settle(redactions)
        let last = chain.head?.sequence ?? -1
        for anchor in anchors where anchor.sequence > last {
            add(
                .truncated, record: last + 1, at: end,
                "an anchor of \(anchor.time) covers record \(anchor.sequence); the file ends before it")
        }
        for head in missingHeads.sorted() {
            add(.truncated, record: last + 1, at: end, "no record has the expected hash \(head)")
        }
        // Who asks for a key must not be satisfied by a file from which all seals were taken.
        if expectation.requiresKeys, !hasAcceptedSeal {
            add(.seal, record: last + 1, at: end, "no seal is by the key that was asked for")
        }
        report.head = chain.head?.hash
        report.lastRecord = chain.head?.sequence
        warn()
        return report
    }

    /// What redactions account for is told; the rest is what it looks like.
    private mutating func settle(_ redactions: OpenRedactions) {
        for entry in redactions.entries {
            let number = entry.record.sequence
            guard entry.isLinked, entry.isSealed, let account = entry.account else {
                let why = entry.account == nil ? "" : ", and its redaction is not sealed"
                add(.altered, record: number, at: entry.offset, entry.fault + why)
                continue
            }
            report.redacted.append(number)
            missingHeads.remove(entry.record.hash)
            for anchor in anchors where anchor.sequence == number && anchor.head != entry.record.hash {
                add(
                    .replaced, record: number, at: entry.offset, "an anchor of \(anchor.time) names another record here"
                )
            }
            report.warnings.append(
                "record \(number) was redacted later, by record \(account.record): its content is not proved"
                    + (account.reason.isEmpty ? "" : "; reason: \(account.reason)"))
        }
        if !redactions.entries.isEmpty { report.findings.sort { $0.offset < $1.offset } }
    }

    // MARK: - Lines

    private mutating func take(_ line: LineSplitter.Line) {
        guard !line.isCut else {
            let number = chain.takeUnreadable(line.bytes, [])
            return add(.malformed, record: number, at: line.offset, "the line is longer than \(splitter.limit) bytes")
        }
        let reading = RecordLine.read(line.bytes)
        guard let record = reading.record else {
            let number = chain.takeUnreadable(line.bytes, reading.hashes)
            if let (other, actual) = reading.other, let fault = reading.fault, other.sequence == number,
                Redaction.isPossible(other.type, record: number)
            {
                return redactions.take(other, actual: actual, offset: line.offset, fault: fault.text)
            }
            if let fault = reading.fault { add(fault.kind, record: number, at: line.offset, fault.text) }
            return
        }
        report.records += 1
        redactions.follow(record)
        let isFirst = chain.head == nil
        if let fault = chain.take(record) {
            add(fault.kind, record: fault.record, at: line.offset, fault.text)
            guard fault.kind != .duplicate, fault.kind != .order else { return }
        }
        if isFirst { begin(record, at: line.offset) }
        missingHeads.remove(record.hash)
        for anchor in anchors where anchor.sequence == record.sequence && anchor.head != record.hash {
            add(
                .replaced, record: record.sequence, at: line.offset,
                "an anchor of \(anchor.time) names another record here")
        }
        if record.type == Redaction.recordType { redactions.account(record) }
        if record.type == Seal.recordType { check(record, at: line.offset) }
    }

    private mutating func begin(_ record: RecordLine, at offset: Int) {
        guard record.sequence == 0 else { return }
        report.session = record.payload["id"]?.string
        report.format = record.payload["format"]?.int ?? 1
        if let session = report.session {
            anchors = expectation.anchors[session] ?? []
            report.anchors = anchors.count
            if let name, name != session {
                add(.identity, record: 0, at: offset, "the file's name is that of session \(name), not of \(session)")
            }
        }
        if record.type != "session" {
            add(.malformed, record: 0, at: offset, "the first record is not that of a session's beginning")
        }
    }

    // MARK: - Seals

    private mutating func check(_ record: RecordLine, at offset: Int) {
        guard let seal = Seal(json: record.payload) else {
            return add(.seal, record: record.sequence, at: offset, "the seal lacks a member")
        }
        guard seal.sequence == record.sequence - 1, seal.head == record.previous, seal.time == record.time,
            seal.session == report.session ?? seal.session
        else {
            return add(.seal, record: record.sequence, at: offset, "the seal is of another record or session")
        }
        guard seal.isGenuine else {
            return add(.seal, record: record.sequence, at: offset, "the seal's signature is wrong")
        }
        report.seals += 1
        report.lastSeal = record.sequence
        if !report.keys.contains(seal.key) { report.keys.append(seal.key) }
        guard expectation.keys.isEmpty || expectation.keys.contains(seal.key) else {
            if expectation.requiresKeys {
                add(.seal, record: record.sequence, at: offset, "the seal is by another key, \(seal.key)")
            }
            foreignKeys.insert(seal.key)
            if !expectation.requiresKeys { redactions.seal(upTo: seal.sequence) }
            return
        }
        hasAcceptedSeal = true
        redactions.seal(upTo: seal.sequence)
    }

    private mutating func warn() {
        if report.format > Self.format {
            report.warnings.append(
                "format \(report.format) is newer than this program knows (\(Self.format)); only its chain was checked")
        }
        if let last = chain.head?.sequence, report.records > 0 {
            if let seal = report.lastSeal {
                let count = last - seal
                if count > 0 {
                    report.warnings.append(
                        "\(count) record\(count == 1 ? "" : "s") after the last seal (record \(seal)) "
                            + "\(count == 1 ? "is" : "are") not signed: an end may be missing")
                }
            } else {
                report.warnings.append("no seal: whoever owns the file could have written all of it anew")
            }
        }
        if !expectation.requiresKeys {
            for key in foreignKeys.sorted(by: { $0.description < $1.description }) {
                report.warnings.append("sealed by a key that is not this machine's: \(key)")
            }
        }
    }

    private mutating func add(_ kind: JournalFinding.Kind, record: Int, at offset: Int, _ text: String) {
        guard report.findings.count < Self.findingLimit else {
            report.unlisted += 1
            return
        }
        report.findings.append(JournalFinding(kind, record: record, offset: offset, text))
    }
}
