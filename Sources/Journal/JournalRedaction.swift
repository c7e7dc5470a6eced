import Audit
import Basics
import Glibc
package import Wire

/// Takes texts out of records that are written already.
///
/// What is taken out is gone from the file; each record that changes is accounted for by a `redaction` record, sealed
/// before the change is made. A crash in between leaves a whole journal, and the same call can be made again.
package struct JournalRedaction {
    package enum Target: Sendable, Hashable {
        /// Every place where this text stands.
        case text(String)
        /// One member: `$.payload.item.text`, `$.payload.parts[0].text`.
        case path(String)
    }

    /// - Parameters:
    ///   - record: only this one; nil for all.
    ///   - reason: kept in the record that accounts for it, in clear text.
    /// - Returns: the numbers of the records that changed.
    /// - Throws: `session.in_use`, `journal.*`, `audit.redact`.
    package static func apply(
        _ target: Target, record number: Int?, reason: String, to session: SessionLocation, keyFile: SealKeyFile
    ) throws(LockgateError) -> [Int] {
        guard !JournalFile.isArchived(session.path) else {
            throw LockgateError(
                "audit.redact", "the session lies compressed",
                remedy: "bring it back first: lockgate sessions archive --undo \(session.id)")
        }
        let key = try keyFile.load()
        let (journal, records) = try SessionJournal.resume(id: session.id, path: session.path, keyFile: keyFile)
        if let problem = journal.prepareSeal() { throw problem }
        if let number, !records.indices.contains(number) {
            throw LockgateError("audit.redact", "the session has no record \(number)", exitCode: 2)
        }
        var lines: [Int: [UInt8]] = [:]
        for record in records where number == nil || number == record.sequence {
            var taken: [String] = []
            let payload = try replaced(record.payload, target, key: key, &taken)
            guard !taken.isEmpty else { continue }
            guard Redaction.isPossible(record.type, record: record.sequence) else {
                throw LockgateError(
                    "audit.redact", "record \(record.sequence) (\(record.type)) proves others and cannot be redacted")
            }
            let (line, actual) = record.line(with: payload)
            lines[record.sequence] = line
            try journal.append(
                Redaction.recordType,
                Redaction(
                    record: record.sequence, hash: record.hash, replaced: actual, reason: reason, commitments: taken
                ).json)
        }
        guard !lines.isEmpty else { return [] }
        try journal.seal()
        try journal.sync()
        do throws(SystemError) {
            let bytes = try PosixFile.read(session.path, limit: JournalReader.sizeLimit)
            var result: [UInt8] = []
            result.reserveCapacity(bytes.count)
            for (index, line) in bytes.split(separator: 0x0A).enumerated() {
                result += lines[index] ?? Array(line) + [0x0A]
            }
            // The writer's lock is held until the new file stands in the old one's place.
            try PosixFile.replace(session.path, with: result)
        } catch {
            throw LockgateError("journal.unwritable", "the session's journal cannot be rewritten: \(error)")
        }
        // It does not fit any more.
        unlink(session.resumePointPath)
        withExtendedLifetime(journal) {}
        return lines.keys.sorted()
    }

    private static func replaced(
        _ payload: JSONValue, _ target: Target, key: SealPrivateKey, _ taken: inout [String]
    ) throws(LockgateError) -> JSONValue {
        func mark(_ text: String) -> String {
            let commitment = key.commitment(to: Array(text.utf8))
            if !taken.contains(commitment) { taken.append(commitment) }
            return "[redacted later \(commitment)]"
        }
        switch target {
        case .text(let text):
            guard !text.isEmpty else { throw LockgateError("audit.redact", "the text is empty", exitCode: 2) }
            return strings(of: payload) { own in own.contains(text) ? own.replacing(text, with: mark(text)) : own }
        case .path(let path):
            return try member(of: payload, at: try steps(path)[...], path) { value in
                .string(mark(value.string ?? value.text))
            }
        }
    }

    /// Every text in it changed; names of members stay.
    private static func strings(of value: JSONValue, _ change: (String) -> String) -> JSONValue {
        switch value {
        case .string(let text): return .string(change(text))
        case .array(let elements): return .array(elements.map { strings(of: $0, change) })
        case .object(var object):
            for (name, member) in object.members { object[name] = strings(of: member, change) }
            return .object(object)
        default: return value
        }
    }

    // MARK: - Paths

    private enum Step {
        case name(String)
        case index(Int)
    }

    private static func steps(_ path: String) throws(LockgateError) -> [Step] {
        let fault = LockgateError(
            "audit.redact", "\(path) is not a path such as $.payload.parts[0].text", exitCode: 2)
        guard path.hasPrefix("$.payload") else { throw fault }
        var steps: [Step] = []
        for part in path.dropFirst("$.payload".count).split(separator: ".") {
            let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
            if let name = pieces.first, !name.isEmpty { steps.append(.name(String(name))) }
            for piece in pieces.dropFirst() {
                guard piece.hasSuffix("]"), let index = Int(piece.dropLast()) else { throw fault }
                steps.append(.index(index))
            }
        }
        guard !steps.isEmpty else { throw fault }
        return steps
    }

    private static func member(
        of value: JSONValue, at steps: ArraySlice<Step>, _ path: String, _ change: (JSONValue) -> JSONValue
    ) throws(LockgateError) -> JSONValue {
        guard let step = steps.first else { return change(value) }
        switch (step, value) {
        case (.name(let name), .object(var object)):
            guard let own = object[name] else { break }
            object[name] = try member(of: own, at: steps.dropFirst(), path, change)
            return .object(object)
        case (.index(let index), .array(var elements)):
            guard elements.indices.contains(index) else { break }
            elements[index] = try member(of: elements[index], at: steps.dropFirst(), path, change)
            return .array(elements)
        default: break
        }
        throw LockgateError("audit.redact", "the record has no \(path)", exitCode: 2)
    }
}

extension JournalRecord {
    /// The record's line with another payload and the hash that it had, and the hash of what stands there.
    fileprivate func line(with payload: JSONValue) -> (line: [UInt8], actual: String) {
        let (actual, line) = JournalRecord.make(
            sequence: sequence, time: time, type: type, payload: payload, previous: previous)
        // The hash has a place of its own at the end of every line.
        return (line.dropLast(64 + 3) + Array(hash.utf8) + Array("\"}\n".utf8), actual)
    }
}
