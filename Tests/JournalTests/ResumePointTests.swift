import Audit
import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

/// Going on by a resume point finds what reading the whole journal finds, and a point that does not fit is never believed.
@Suite(.timeLimit(.minutes(4))) struct ResumePointTests {
    private typealias Found = Result<RestoredRecords, LockgateError>

    private static func wholly(_ path: String) -> Found {
        Found { () throws(LockgateError) in RestoredRecords(try JournalReader(path: path)) }
    }

    private static func byPoint(_ sample: SampleJournal) -> Found {
        Found { () throws(LockgateError) in
            try RestoredRecords.read(path: sample.path, id: sample.journal.id, keyFile: sample.store.keyFile)
        }
    }

    /// What the point alone stands for; nil where it is not believed.
    private static func believed(_ sample: SampleJournal) throws -> RestoredRecords? {
        try ResumePoint.read(path: sample.path, id: sample.journal.id, key: sample.key())?.restored(path: sample.path)
    }

    private static func keepPoint(of sample: SampleJournal) throws {
        let key = try sample.key()
        let point = try #require(ResumePoint.make(path: sample.path, id: sample.journal.id, key: key))
        point.write(path: sample.path, id: sample.journal.id, key: key)
    }

    private static func place(_ sample: SampleJournal) -> String {
        SessionLocation(id: sample.journal.id, path: sample.path).resumePointPath
    }

    /// A sample with grants, a list in the middle, an unknown price and a line longer than what is read at once.
    private static func with(lists: Int, _ body: (SampleJournal) throws -> Void) throws {
        try SampleJournal.with { sample in
            let text = String(repeating: "long ", count: 120_000)
            try sample.journal.append("conversation", ["kind": "assistant", "text": .string(text)])
            for number in 0..<40 {
                try sample.journal.append("grant", ["scope": "session", "number": .int(number)])
                if number % 20 == 11, number / 20 < lists {
                    try sample.journal.append("compaction", ["items": [["kind": "developer", "text": "summary"]]])
                }
                try sample.journal.append(
                    number % 3 == 0 ? "review.response" : "model.response",
                    ["usage": ["input_tokens": .int(number)], "cost_usd": number == 30 ? nil : 0.5])
                try sample.turn("turn \(number)")
            }
            try body(sample)
        }
    }

    @Test(arguments: [0, 1, 2]) func findsWhatTheWholeJournalHolds(lists: Int) throws {
        try Self.with(lists: lists) { sample in
            try Self.keepPoint(of: sample)
            let whole = try Self.wholly(sample.path).get()
            #expect(try Self.believed(sample) == whole)
            #expect(try Self.byPoint(sample).get() == whole)
        }
    }

    @Test func whatFollowsThePointIsReadAfterIt() throws {
        try Self.with(lists: 1) { sample in
            // Many times gone on with, once with a list that replaces what the point knows.
            for round in 0..<70 {
                try Self.keepPoint(of: sample)
                if round == 20 {
                    try sample.journal.append("compaction", ["items": [["kind": "developer", "text": "newer"]]])
                }
                try sample.turn("later \(round)")
                if round % 10 == 0 { #expect(try Self.byPoint(sample).get() == Self.wholly(sample.path).get()) }
            }
            // What a crash leaves of a record is dropped, as without a point.
            try PosixFile.replace(sample.path, with: try sample.bytes() + Array("{\"seq\":9".utf8))
            #expect(try Self.byPoint(sample).get() == Self.wholly(sample.path).get())
        }
    }

    @Test func noChangedByteOfThePointIsBelieved() throws {
        try SampleJournal.with { sample in
            try Self.keepPoint(of: sample)
            let whole = try Self.wholly(sample.path).get()
            let good = try PosixFile.read(Self.place(sample), limit: 1 << 20)
            #expect(try Self.believed(sample) == whole)
            for place in good.indices {
                var bytes = good
                bytes[place] ^= 1 << (place % 8)
                try PosixFile.replace(Self.place(sample), with: bytes, isDurable: false)
                #expect(try Self.believed(sample) == nil, "byte \(place)")
            }
            for length in good.indices where length % 7 == 0 {
                try PosixFile.replace(Self.place(sample), with: Array(good[..<length]), isDurable: false)
                #expect(try Self.byPoint(sample).get() == whole, "cut at \(length)")
                #expect(try Self.believed(sample) == nil, "cut at \(length)")
            }
        }
    }

    @Test func aPointByAnotherKeyOrOfAnotherSessionIsNotBelieved() throws {
        try SampleJournal.with { sample in
            let stranger = SealPrivateKey()
            let point = try #require(ResumePoint.make(path: sample.path, id: sample.journal.id, key: stranger))
            point.write(path: sample.path, id: sample.journal.id, key: stranger)
            #expect(try Self.believed(sample) == nil)
            // A genuine one of another session, whose journal is the same byte for byte.
            let other = SessionID()
            point.write(path: sample.path, id: other, key: try sample.key())
            let moved = SessionLocation(id: other, path: sample.path).resumePointPath
            try #require(rename(moved, Self.place(sample)) == 0)
            #expect(try Self.believed(sample) == nil)
            #expect(try Self.byPoint(sample).get() == Self.wholly(sample.path).get())
        }
    }

    /// A journal that was changed, cut or replaced is found broken or read whole, whatever the point says of it.
    @Test func noChangedByteOfTheJournalPasses() throws {
        try SampleJournal.with { sample in
            try Self.keepPoint(of: sample)
            let good = try sample.bytes()
            var random = SeededGenerator(seed: 5)
            for (place, byte) in good.enumerated() where random.oneIn(3) || place > good.count - 80 {
                var bytes = good
                bytes[place] = byte ^ 1 << UInt8.random(in: 0..<8, using: &random)
                try PosixFile.replace(sample.path, with: bytes, isDurable: false)
                #expect(try Self.believed(sample) == nil, "byte \(place)")
                #expect(Self.byPoint(sample) == Self.wholly(sample.path), "byte \(place)")
            }
            for length in good.indices where length % 11 == 0 {
                try PosixFile.replace(sample.path, with: Array(good[..<length]), isDurable: false)
                #expect(Self.byPoint(sample) == Self.wholly(sample.path), "cut at \(length)")
            }
        }
    }

    @Test func aRecordThatDoesNotFollowIsRefusedAfterAPoint() throws {
        try SampleJournal.with { sample in
            try Self.keepPoint(of: sample)
            let lines = try sample.bytes().lines
            try PosixFile.replace(sample.path, with: try sample.bytes() + lines[3])
            let found = Self.byPoint(sample)
            #expect(throws: LockgateError.self) { try found.get() }
            #expect(found == Self.wholly(sample.path))
        }
    }

    @Test func onlyLongSessionsKeepOneAndItGoesWithThem() throws {
        try SampleJournal.with { sample in
            sample.journal.keepResumePoint()
            #expect(!PosixFile.exists(Self.place(sample)))
            let text = String(repeating: "x", count: 3 << 20)
            try sample.journal.append("conversation", ["kind": "assistant", "text": .string(text)])
            sample.journal.keepResumePoint()
            #expect(try Self.believed(sample) == Self.wholly(sample.path).get())
            let before = try PosixFile.read(Self.place(sample), limit: 1 << 20)
            try sample.turn("little more")
            sample.journal.keepResumePoint()
            #expect(try PosixFile.read(Self.place(sample), limit: 1 << 20) == before)
            // It holds none of the texts.
            #expect(before.count < 4096)
        }
    }

    @Test func deletedAndArchivedSessionsHaveNone() throws {
        for deletes in [true, false] {
            try TemporaryFolder.with { folder in
                let store = SessionStore(home: folder.path)
                var location: SessionLocation?
                do {
                    let journal = try SessionJournal.create(in: store)
                    let path = try #require(journal.path)
                    try journal.append("session", ["id": .string(journal.id.text), "format": 1])
                    let key = try store.keyFile.load()
                    try #require(ResumePoint.make(path: path, id: journal.id, key: key)).write(
                        path: path, id: journal.id, key: key)
                    location = SessionLocation(id: journal.id, path: path)
                }
                let session = try #require(location)
                #expect(PosixFile.exists(session.resumePointPath))
                if deletes { try session.delete() } else { try SessionArchive.pack(session) }
                #expect(!PosixFile.exists(session.resumePointPath))
            }
        }
    }
}
