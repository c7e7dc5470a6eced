import Audit
import Basics
import Journal
import TestSupport
import Testing

/// Every single change to a real journal is found, and the record is named.
@Suite(.timeLimit(.minutes(4))) struct JournalMutationTests {
    /// A journal with what is known at each record's beginning, so that a change there need not read it all again.
    private struct Prepared {
        let bytes: [UInt8]
        /// The record that each byte is in.
        let owners: [Int]
        private let starts: [Int]
        private let states: [JournalVerifier]

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            var owners: [Int] = []
            var starts: [Int] = []
            var states: [JournalVerifier] = []
            var verifier = JournalVerifier()
            for (number, line) in bytes.lines.enumerated() {
                starts.append(owners.count)
                states.append(verifier)
                owners += Array(repeating: number, count: line.count)
                verifier.consume(line[...])
            }
            self.owners = owners
            self.starts = starts
            self.states = states
        }

        /// The report on the bytes with those in `range` replaced.
        func report(replacing range: Range<Int>, by new: [UInt8]) -> JournalReport {
            let record = owners[range.lowerBound]
            var verifier = states[record]
            verifier.consume(bytes[starts[record]..<range.lowerBound])
            verifier.consume(new[...])
            verifier.consume(bytes[range.upperBound...])
            return verifier.finish()
        }
    }

    @Test func anUntouchedJournalIsWholeHoweverItIsRead() throws {
        try SampleJournal.with { sample in
            let bytes = try sample.bytes()
            let whole = verify(bytes)
            #expect(whole.findings == [])
            #expect(whole.warnings == [])
            #expect(whole.records == 15)
            #expect(whole.seals == 2)
            #expect(whole.keys == [try sample.key().publicKey])
            #expect(whole.session == sample.journal.id.text)
            for size in [1, 7, 63, 1 << 20] { #expect(verify(bytes, pieces: size) == whole) }
        }
    }

    @Test func everyChangedByteIsFoundAndItsRecordNamed() throws {
        try SampleJournal.with { sample in
            let good = Prepared(try sample.bytes())
            #expect(good.report(replacing: 0..<0, by: []) == verify(good.bytes))
            var random = SeededGenerator(seed: 6)
            for (place, byte) in good.bytes.enumerated() {
                var changes: Set<UInt8> = [byte ^ 1 << UInt8.random(in: 0..<8, using: &random)]
                // A line end in the middle of a record makes two lines of one.
                if byte != 0x0A, random.oneIn(4) { changes.insert(0x0A) }
                for change in changes {
                    let report = good.report(replacing: place..<(place + 1), by: [change])
                    #expect(report.findings.first?.record == good.owners[place], "byte \(place) as \(change)")
                    // The record after is named only where the line end between them is gone.
                    let last = byte == 0x0A ? good.owners[place] + 1 : good.owners[place]
                    #expect(report.findings.allSatisfy { $0.record <= last }, "byte \(place) as \(change)")
                }
            }
        }
    }

    @Test func insertedAndRemovedBytesAreFoundAndTheirRecordNamed() throws {
        try SampleJournal.with { sample in
            let good = Prepared(try sample.bytes())
            var random = SeededGenerator(seed: 7)
            for place in good.bytes.indices where random.oneIn(4) {
                let removed = good.report(replacing: place..<(place + 1), by: [])
                #expect(removed.findings.first?.record == good.owners[place], "removed byte \(place)")
                let byte = UInt8.random(in: 0...255, using: &random)
                let inserted = good.report(replacing: place..<place, by: [byte])
                #expect(inserted.findings.first?.record == good.owners[place], "inserted \(byte) at \(place)")
            }
        }
    }

    @Test func everyCutIsFoundByTheChainOrByAnAnchor() throws {
        try SampleJournal.with { sample in
            let good = Prepared(try sample.bytes())
            var anchored = Expectation()
            anchored.heads = [try #require(verify(good.bytes).head)]
            var (verifier, knowing) = (JournalVerifier(), JournalVerifier(expecting: anchored))
            var border = 0
            for (length, byte) in good.bytes.enumerated() {
                var (end, knowingEnd) = (verifier, knowing)
                let report = end.finish()
                let record = good.owners[length]
                if length == 0 {
                    #expect(report.findings.map(\.kind) == [.empty])
                } else if length == border {
                    // What the chain cannot know: here the seals warn, but at the end of a turn only an anchor tells.
                    #expect(report.findings == [])
                    #expect(report.warnings.isEmpty == (record == 8))
                } else {
                    #expect(report.findings.map(\.kind) == [.torn])
                    #expect(report.findings.first?.record == record)
                    #expect(report.findings.first?.offset == border)
                }
                #expect(knowingEnd.finish().findings.last?.kind == .truncated, "cut at \(length)")
                verifier.consume([byte])
                knowing.consume([byte])
                if byte == 0x0A { border = length + 1 }
            }
        }
    }

    @Test func everyRemovedRepeatedAndMovedRecordIsFoundAndNamed() throws {
        try SampleJournal.with { sample in
            let lines = try sample.bytes().lines
            for record in lines.indices {
                var removed = lines
                removed.remove(at: record)
                let report = verify(removed.flatMap(\.self))
                if record < lines.count - 1 {
                    #expect(report.findings.map(\.kind) == [.gap])
                    #expect(report.findings.first?.record == record)
                } else {
                    #expect(report.warnings.count == 1)
                }
                for place in 0...lines.count where place != record && place != record + 1 {
                    var repeated = lines
                    repeated.insert(lines[record], at: place)
                    let report = verify(repeated.flatMap(\.self))
                    #expect(!report.isWhole)
                    if place > record { #expect(report.findings.map(\.record) == [record]) }
                }
                var twice = lines
                twice.insert(lines[record], at: record)
                #expect(
                    verify(twice.flatMap(\.self)).findings.map { [$0.kind.rawValue, "\($0.record)"] } == [
                        ["duplicate", "\(record)"]
                    ])
                for other in lines.indices.dropFirst(record + 1) {
                    var swapped = lines
                    swapped.swapAt(record, other)
                    let report = verify(swapped.flatMap(\.self))
                    #expect(report.findings.first?.kind == .gap)
                    #expect(report.findings.first?.record == record)
                    #expect(report.findings.contains { $0.kind == .order && $0.record == record })
                }
            }
        }
    }

    @Test func whatFollowsAFaultIsStillChecked() throws {
        try SampleJournal.with { sample in
            var lines = try sample.bytes().lines
            lines[3][40] ^= 1
            lines[9][40] ^= 1
            lines.remove(at: 12)
            #expect(
                verify(lines.flatMap(\.self)).findings.map { "\($0.kind) \($0.record)" } == [
                    "altered 3", "altered 9", "gap 12",
                ])
        }
    }
}
