import Audit
import Basics
import Journal
import TestSupport
import Testing

/// What docs/journal.md says suffices to write a verifier: one in Python, written from it, finds the same.
@Suite(.timeLimit(.minutes(2))) struct SecondVerifierTests {
    private static let script = PathText.absolute("../../../scripts/verify-journal.py", from: #filePath)

    @Test func bothVerifiersNameTheSameFirstRecord() throws {
        try SampleJournal.with { sample in
            let good = try sample.bytes()
            var random = SeededGenerator(seed: 8)
            var files = [good, []]
            for _ in 0..<400 {
                var bad = good
                let place = Int.random(in: bad.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bad.remove(at: place)
                case 2: bad.insert(UInt8.random(in: 0...255, using: &random), at: place)
                default: bad.removeSubrange(place...)
                }
                files.append(bad)
            }
            var lines = good.lines
            for record in lines.indices {
                files.append(lines.enumerated().filter { $0.offset != record }.flatMap(\.element))
                let other = Int.random(in: lines.indices, using: &random)
                lines.swapAt(record, other)
                files.append(lines.flatMap(\.self))
                lines.swapAt(record, other)
            }
            files += Self.oddities
            try TemporaryFolder.with { folder in
                var expected = ""
                var names: [String] = []
                for (number, bytes) in files.enumerated() {
                    let name = "\(number)"
                    try folder.write(name, bytes)
                    names.append(name)
                    let report = verify(bytes)
                    let chain = report.findings.first { $0.kind != .seal }
                    expected += "\(name): " + (chain.map { "broken \($0.record)" } ?? "whole \(report.records)") + "\n"
                }
                let run = try OracleCommand.run(["python3", Self.script] + names, in: folder)
                #expect(run.text == expected, "\(run.errorText)")
                #expect(run.status == 1)
            }
        }
    }

    @Test func anArchivedJournalIsReadAndADamagedOneIsBroken() throws {
        try SampleJournal.with { sample in
            try TemporaryFolder.with { folder in
                try folder.write("a.jsonl", try sample.bytes())
                _ = try OracleCommand.run(["gzip", "-k", "a.jsonl"], in: folder)
                let archive = try PosixFile.read(folder.at("a.jsonl.gz"), limit: 1 << 20)
                try folder.write("cut.jsonl.gz", Array(archive.dropLast(archive.count / 3)))
                var changed = archive
                changed[changed.count / 2] ^= 1
                try folder.write("changed.jsonl.gz", changed)
                try folder.write("none.jsonl.gz", [1, 2, 3])
                let names = ["a.jsonl", "a.jsonl.gz", "cut.jsonl.gz", "changed.jsonl.gz", "none.jsonl.gz"]
                let run = try OracleCommand.run(["python3", Self.script] + names, in: folder)
                let words = run.text.split(separator: "\n").map { $0.split(separator: " ").dropFirst().first ?? "" }
                #expect(words == ["whole", "whole", "broken", "broken", "broken"], "\(run.text)\(run.errorText)")
            }
        }
    }

    /// Records whose hash fits and whose form does not, and some that only look odd.
    private static var oddities: [[UInt8]] {
        let prev = "\"prev\":\"\(ContentHash.genesis)\""
        return [
            #"{"seq":0,"time":"t","type":"session","payload":{"id":"a/ é\u0001\t","n":[1.50,-0,1e5,{}]},"#,
            #"{"seq":0,"time":"t","type":"session","payload":{"n":NaN},"#,
            #"{"seq":0,"time":"t","type":"session","payload":{"n":01},"#,
            #"{"seq":0,"time":"t","type":"session","payload":{"a":1,"a":1},"#,
            #"{"seq":0,"time":"t","type":"session","payload":"\/","#,
            #"{"seq":0,"time":"t","type":"session","payload":"\u00e9","#,
            #"{"seq":0,"time":"t","type":"session","payload":"\u000A","#,
            #"{"seq":0,"time":"t","type":"session","payload":"\u007f","#,
            "{\"seq\":0,\"time\":\"t\",\"type\":\"session\",\"payload\":\"\u{7F}\u{2028}\",",
            // One name in two spellings of Unicode; then in the longer one alone.
            "{\"seq\":0,\"time\":\"t\",\"type\":\"session\",\"payload\":{\"\u{E9}\":1,\"e\u{301}\":2},",
            "{\"seq\":0,\"time\":\"t\",\"type\":\"session\",\"payload\":{\"e\u{301}\":2},",
            #"{"seq":0,"time":1,"type":"session","payload":null,"#,
            #"{"seq":00,"time":"t","type":"session","payload":null,"#,
            #"{"seq":0.0,"time":"t","type":"session","payload":null,"#,
            #"{"seq":0,"type":"session","time":"t","payload":null,"#,
            #"{"seq":0,"time":"t","type":"event","payload":null,"#,
            #" {"seq":0,"time":"t","type":"session","payload":null,"#,
        ].map { rehashed($0 + prev) }
    }
}
