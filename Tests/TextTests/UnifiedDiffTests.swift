import TestSupport
import Testing

@testable import Text

@Suite struct UnifiedDiffTests {
    private func version(_ text: String, path: String = "f", mode: UInt32 = 0o100644) -> UnifiedDiff.Version {
        .init(path: path, bytes: Array(text.utf8), mode: mode)
    }

    private func rendered(_ old: UnifiedDiff.Version?, _ new: UnifiedDiff.Version?, context: Int = 3) -> String {
        String(decoding: UnifiedDiff(old: old, new: new).rendered(context: context), as: UTF8.self)
    }

    @Test func aChangeReadsLikeGits() {
        let old = "func a() {\n  1\n  2\n  3\n  4\n  5\n}\n"
        let new = "func a() {\n  1\n  2\n  3\n  4\n  five\n}\n"
        #expect(
            rendered(version(old), version(new), context: 1) == """
                diff --git a/f b/f
                --- a/f
                +++ b/f
                @@ -5,3 +5,3 @@ func a() {
                   4
                -  5
                +  five
                 }

                """)
    }

    @Test func aMissingFinalNewlineIsSaid() {
        #expect(
            rendered(version("a"), version("a\n")) == """
                diff --git a/f b/f
                --- a/f
                +++ b/f
                @@ -1 +1 @@
                -a
                \\ No newline at end of file
                +a

                """)
    }

    @Test func headersNameWhatHappenedToTheFile() {
        #expect(
            rendered(nil, version("a\n", mode: 0o100755)) == """
                diff --git a/f b/f
                new file mode 100755
                --- /dev/null
                +++ b/f
                @@ -0,0 +1 @@
                +a

                """)
        #expect(
            rendered(version("a\n"), nil) == """
                diff --git a/f b/f
                deleted file mode 100644
                --- a/f
                +++ /dev/null
                @@ -1 +0,0 @@
                -a

                """)
        #expect(
            rendered(version("a\n"), version("a\n", path: "dir/ü x", mode: 0o100755)) == """
                diff --git a/f "b/dir/\\303\\274 x"
                old mode 100644
                new mode 100755
                similarity index 100%
                rename from f
                rename to "dir/\\303\\274 x"

                """)
        #expect(rendered(nil, version("")) == "diff --git a/f b/f\nnew file mode 100644\n")
        #expect(rendered(version("a"), version("a")).isEmpty)
        #expect(rendered(nil, nil).isEmpty)
    }

    @Test func binaryFilesAreNamedAndNotShown() {
        #expect(rendered(version("a\0"), version("b")) == "diff --git a/f b/f\nBinary files a/f and b/f differ\n")
        #expect(!BinaryDetection.isBinary([UInt8](repeating: 65, count: 8000) + [0]))
    }

    @Test(arguments: [0, 1, 3, 7])
    func anyContextWidthCoversEveryChangeOnce(context: Int) {
        for seed in 0..<100 {
            var random = RandomText(seed: UInt64(seed) + 9000)
            let base = random.lines(upTo: 40)
            let diff = LineDiff(old: random.joined(base), new: random.joined(random.edited(base)))
            let hunks = diff.hunks(context: context)
            #expect(hunks.flatMap(\.changes) == diff.changes)
            for (first, second) in zip(hunks, hunks.dropFirst()) {
                #expect(first.old.upperBound <= second.old.lowerBound)
            }
        }
    }

    /// git and patch rebuild the new files from our text, and git finds no shorter script.
    @Test(arguments: ["\n", "\r\n"])
    func gitAndPatchApplyRandomDiffs(ending: String) throws {
        try TemporaryFolder.with { folder in
            var diffs: [UInt8] = []
            var expected: [String: [UInt8]] = [:]
            var counts: [String] = []
            for seed in 0..<300 {
                var random = RandomText(seed: UInt64(seed) + (ending == "\n" ? 0 : 5000))
                random.ending = ending
                let base = random.lines(upTo: 30)
                let (old, new) = (random.joined(base), random.joined(random.edited(base)))
                let name = "f\(seed)"
                for (side, bytes) in [("old", old), ("new", new), ("git", old), ("patch", old)] {
                    try folder.write("\(side)/\(name)", bytes)
                }
                expected[name] = new
                let diff = UnifiedDiff(old: .init(path: name, bytes: old), new: .init(path: name, bytes: new))
                diffs += diff.rendered(context: 1 + seed % 4)
                if let lines = diff.lines, old != new {
                    counts.append("\(lines.addedCount)\t\(lines.removedCount)\t\(name)")
                }
            }
            try folder.write("all.diff", diffs)
            let applied = try OracleCommand.run(
                ["git", "apply", "--whitespace=nowarn", "--directory=git", "all.diff"], in: folder)
            #expect(applied.status == 0, "\(applied.errorText)")
            let patched = try OracleCommand.run(
                ["patch", "-p1", "--binary", "-s", "--no-backup-if-mismatch", "-d", "patch"], in: folder, input: diffs)
            #expect(patched.status == 0, "\(patched.text)")
            for (name, bytes) in expected {
                #expect(try folder.read("git/\(name)") == bytes, "git \(name)")
                #expect(try folder.read("patch/\(name)") ?? [] == bytes, "patch \(name)")
            }
            let numstat = try OracleCommand.run(
                ["git", "diff", "--no-index", "--minimal", "--numstat", "old", "new"], in: folder)
            let theirs = numstat.text.split(separator: "\n").map { $0.split(separator: "\t") }.map { fields in
                "\(fields[0])\t\(fields[1])\t\(fields[2].split(separator: "/").last ?? "")"
            }
            #expect(counts.sorted() == theirs.sorted())
        }
    }

    @Test func gitAppliesCreationDeletionAndRename() throws {
        try TemporaryFolder.with { folder in
            try folder.write("gone", "a\n")
            try folder.write("moved \"é\" file", "1\n2\n3\n4\n")
            try folder.write("script", "s")
            let diffs = [
                UnifiedDiff(old: version("a\n", path: "gone"), new: nil),
                UnifiedDiff(
                    old: version("1\n2\n3\n4\n", path: "moved \"é\" file"),
                    new: version("1\n2\n3\nfour\n", path: "to/a b")),
                UnifiedDiff(old: nil, new: version("", path: "empty")),
                UnifiedDiff(old: nil, new: version("x", path: "tab\tin name")),
                UnifiedDiff(old: version("s", path: "script"), new: version("s", path: "script", mode: 0o100755)),
            ]
            try folder.write("all.diff", diffs.flatMap { $0.rendered() })
            let applied = try OracleCommand.run(["git", "apply", "all.diff"], in: folder)
            #expect(applied.status == 0, "\(applied.errorText)")
            #expect(try folder.names() == ["all.diff", "empty", "script", "tab\tin name", "to"])
            #expect(try folder.text("to/a b") == "1\n2\n3\nfour\n")
            #expect(try folder.text("tab\tin name") == "x")
        }
    }
}
