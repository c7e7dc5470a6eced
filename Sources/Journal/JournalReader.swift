import Audit
import Basics
import Glibc
package import Wire

/// Reads a journal and checks its chain as it goes.
package struct JournalReader {
    /// A journal larger than this is refused, so that a planted file cannot exhaust memory. 4 GiB.
    static let sizeLimit = 4 << 30

    package let records: [JournalRecord]
    /// The length of the file up to the end of the last complete record.
    package let validLength: Int
    /// Bytes after `validLength`: what a crash left of a record that was never finished.
    package let tornBytes: Int

    /// Reads the whole file.
    ///
    /// - Throws: `journal.unreadable`, or `journal.broken` naming the first record that does not verify.
    package init(path: String) throws(LockgateError) {
        let bytes: [UInt8]
        do {
            bytes = try JournalFile.isArchived(path) ? JournalFile.content(path) : Self.content(path)
        } catch {
            throw LockgateError("journal.unreadable", "cannot read the session's journal: \(error)")
        }
        var records: [JournalRecord] = []
        records.reserveCapacity(bytes.count / 512)
        var previous = Array(JournalRecord.genesis.utf8)[...]
        var start = 0
        var fault: (start: Int, reason: JournalFault)?
        while let end = Self.lineEnd(bytes, from: start) {
            let line = bytes[start..<end]
            guard let scan = RecordScan(line), scan.sequence == records.count, scan.follows(previous) else {
                fault = (start, Self.fault(line, number: records.count))
                break
            }
            records.append(JournalRecord(scan))
            previous = line.dropLast(2).suffix(64)
            start = end + 1
        }
        let faults = HashCheck.faults(in: records)
        if let number = Self.firstUnexplained(faults, in: records) {
            throw Self.broken(
                path, number, at: records[number].start, JournalFault("the record's content does not match its hash"))
        }
        if let fault { throw Self.broken(path, records.count, at: fault.start, fault.reason) }
        self.records = records
        validLength = start
        tornBytes = bytes.count - start
    }

    /// The first of the records with another content than their hash says that no redaction accounts for. Whether the
    /// redaction is sealed is the verifier's to say.
    private static func firstUnexplained(_ faults: [Int], in records: [JournalRecord]) -> Int? {
        guard !faults.isEmpty else { return nil }
        let redactions = records.filter { $0.type == Redaction.recordType }.compactMap { Redaction(json: $0.payload) }
        return faults.first { number in
            let record = records[number]
            guard Redaction.isPossible(record.type, record: number) else { return true }
            return !redactions.contains {
                $0.record == number && $0.hash == record.hash && $0.replaced == record.contentHash
            }
        }
    }

    private static func broken(
        _ path: String, _ record: Int, at byte: Int, _ reason: JournalFault
    ) -> LockgateError {
        LockgateError(
            "journal.broken", "\(path): record \(record) (byte \(byte)) does not verify: \(reason)",
            remedy: "the journal was changed after it was written; start a new session")
    }

    /// What is wrong with a line that has not its place here.
    private static func fault(_ line: ArraySlice<UInt8>, number: Int) -> JournalFault {
        do throws(JournalFault) {
            let record = try JournalRecord.read(line)
            guard record.sequence == number else {
                return JournalFault("its sequence number is \(record.sequence), expected \(number)")
            }
            return JournalFault("it does not follow from the record before it")
        } catch {
            return error
        }
    }

    private static func lineEnd(_ bytes: [UInt8], from start: Int) -> Int? {
        bytes.withUnsafeBytes { buffer in
            guard start < buffer.count, let base = buffer.baseAddress,
                let found = memchr(base + start, 0x0A, buffer.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The whole file, in one piece of memory that is as large as it.
    private static func content(_ path: String) throws(SystemError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read", path, errno: EINVAL) }
        guard status.st_size <= sizeLimit else { throw SystemError("read", path, errno: EFBIG) }
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            Self.adviseLargePages(buffer)
            while count < buffer.count {
                let got = read(descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { return }
                count += got
            }
        }
        guard failure == 0 else { throw SystemError("read", path, errno: failure) }
        return bytes
    }

    /// Asks for pages of 2 MiB: taking tens of megabytes in pages of 4 KiB costs as much as reading them.
    private static func adviseLargePages(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        let size = 2 << 20
        guard buffer.count >= 2 * size, let base = buffer.baseAddress else { return }
        let start = UnsafeMutableRawPointer(base).alignedUp(toMultipleOf: size)
        let length = (base + buffer.count - start.assumingMemoryBound(to: UInt8.self)) / size * size
        // Where the kernel does not want to, nothing changes.
        if length > 0 { madvise(start, length, MADV_HUGEPAGE) }
    }
}
