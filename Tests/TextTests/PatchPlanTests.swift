import TestSupport
import Testing
import Wire

@testable import Text

@Suite struct PatchPlanTests {
    private func plan(_ body: String, _ files: [String: String]) throws -> [FileChange] {
        let patch = try PatchParser.parse("*** Begin Patch\n\(body)\n*** End Patch\n")
        return try PatchPlan.make(patch) { files[$0].map { Array($0.utf8) } }
    }

    /// The text of `f` after an update.
    private func updated(_ text: String, _ hunks: String) throws -> String? {
        try plan("*** Update File: f\n\(hunks)", ["f": text]).first?.new.map { String(decoding: $0, as: UTF8.self) }
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    // MARK: Files

    @Test func eachActionBecomesOneChange() throws {
        let files = ["up": "a\nb\n", "gone": "x\n", "from": "1\n2\n", "over": "old\n"]
        let changes = try plan(
            """
            *** Add File: new
            +n
            *** Add File: empty
            *** Update File: up
            @@
            -b
            +c
            *** Delete File: gone
            *** Update File: from
            *** Move to: dir/to
            @@
            -2
            +two
            *** Add File: over
            +fresh
            """, files)
        #expect(
            changes == [
                .add("new", bytes("n\n")), .add("empty", []), .update("up", from: bytes("a\nb\n"), to: bytes("a\nc\n")),
                .delete("gone", bytes("x\n")),
                .move("from", to: "dir/to", from: bytes("1\n2\n"), to: bytes("1\ntwo\n")),
                .update("over", from: bytes("old\n"), to: bytes("fresh\n")),
            ])
        #expect(
            changes.patchSummary
                == "Success. Updated the following files:\nA new\nA empty\nM up\nD gone\nM dir/to\nM over\n")
    }

    @Test func sectionsOfOneFileAddUp() throws {
        let files = ["f": "a\nb\n", "g": "g\n"]
        let twice = "*** Update File: f\n@@\n-a\n+A\n*** Update File: ./f\n@@\n-A\n+AA"
        #expect(try plan(twice, files) == [.update("f", from: bytes("a\nb\n"), to: bytes("AA\nb\n"))])
        let again = "*** Delete File: f\n*** Add File: f\n+n"
        #expect(try plan(again, files) == [.update("f", from: bytes("a\nb\n"), to: bytes("n\n"))])
        #expect(try plan("*** Add File: n\n+1\n*** Update File: n\n@@\n-1\n+2", files) == [.add("n", bytes("2\n"))])
        #expect(try plan("*** Add File: n\n+1\n*** Delete File: n", files) == [])
        #expect(try plan("*** Update File: f\n@@\n a", files).patchSummary == "No files were modified.")
        let chain = "*** Update File: f\n*** Move to: x\n*** Update File: x\n*** Move to: y"
        #expect(try plan(chain, files) == [.move("f", to: "y", from: bytes("a\nb\n"), to: bytes("a\nb\n"))])
        let back = "*** Update File: f\n*** Move to: x\n@@\n-a\n+A\n*** Update File: x\n*** Move to: f"
        #expect(try plan(back, files) == [.update("f", from: bytes("a\nb\n"), to: bytes("A\nb\n"))])
        let onto = "*** Delete File: g\n*** Update File: f\n*** Move to: g"
        #expect(
            try plan(onto, files) == [
                .update("g", from: bytes("g\n"), to: bytes("a\nb\n")), .delete("f", bytes("a\nb\n")),
            ])
        let swap = [("f", "t"), ("g", "f"), ("t", "g")]
            .map { "*** Update File: \($0)\n*** Move to: \($1)" }.joined(separator: "\n")
        #expect(
            try plan(swap, files) == [
                .update("f", from: bytes("a\nb\n"), to: bytes("g\n")),
                .update("g", from: bytes("g\n"), to: bytes("a\nb\n")),
            ])
    }

    static let refused: [(String, LockgateError.Code, String)] = [
        (
            "*** Delete File: nope", "patch.file_missing",
            "Cannot delete nope (line 2 of the patch): there is no such file"
        ),
        (
            "*** Update File: nope\n@@\n-a\n+b", "patch.file_missing",
            "Cannot update nope (line 2 of the patch): there is no such file"
        ),
        (
            "*** Delete File: f\n*** Delete File: f", "patch.file_missing",
            "Cannot delete f (line 3 of the patch): there is no such file"
        ),
        (
            "*** Update File: f\n*** Move to: g", "patch.target_exists",
            "Cannot move f to g (line 2 of the patch): that file exists"
        ),
        (
            "*** Update File: f\n@@\n a\n-b\n+x\n@@\n c\n-zz", "patch.lines_not_found",
            """
            Failed to find expected lines in f (hunk 2, line 7 of the patch):\nc\nzz\n\
            Line 3 matches; line 4 reads: d
            """
        ),
        (
            "*** Update File: f\n@@\n d\n-zz", "patch.lines_not_found",
            """
            Failed to find expected lines in f (hunk 1, line 3 of the patch):\nd\nzz\n\
            Line 4 matches; then the file ends.
            """
        ),
        (
            "*** Update File: f\n@@\n-c\n@@\n-a", "patch.lines_not_found",
            """
            Failed to find expected lines in f (hunk 2, line 5 of the patch):\na\n\
            They stand at line 1, before the previous hunk or its context.
            """
        ),
        (
            "*** Update File: f\n@@\n-a\n*** End of File", "patch.lines_not_found",
            """
            Failed to find expected lines in f (hunk 1, line 3 of the patch):\na\n\
            They stand at line 1, which is not the end of the file.
            """
        ),
        (
            "*** Update File: f\n@@ c\n@@ a\n-d", "patch.context_not_found",
            """
            Failed to find context 'a' in f (hunk 1, line 3 of the patch); it stands at line 1, \
            before the previous hunk
            """
        ),
        (
            "*** Update File: f\n@@ q\n-d", "patch.context_not_found",
            "Failed to find context 'q' in f (hunk 1, line 3 of the patch)"
        ),
    ]

    @Test(arguments: refused)
    func aPatchThatDoesNotFitNamesThePlace(body: String, code: LockgateError.Code, message: String) {
        let error = #expect(throws: LockgateError.self) { try plan(body, ["f": "a\nb\nc\nd\n", "g": "g"]) }
        #expect(error?.code == code)
        #expect(error?.message == message)
        #expect(error?.remedy?.contains("Nothing was changed.") == true || error?.remedy?.contains("order") == true)
    }

    @Test func readersRefusalsPassThrough() throws {
        let patch = try PatchParser.parse("*** Begin Patch\n*** Add File: ../out\n+x\n*** End Patch")
        let refusal = LockgateError("files.outside", "no")
        #expect(throws: refusal) { try PatchPlan.make(patch) { _ in throw refusal } }
    }

    // MARK: Places

    @Test(arguments: [
        // A later exact match wins over an earlier loose one.
        ("  x\nx\n", "@@\n-x\n+y", "  x\ny\n"),
        // Loose matches keep the file's bytes in shown lines.
        ("a  \n\tb\nc\n", "@@\n a\n b\n-c\n+C", "a  \n\tb\nC\n"),
        ("it’s – “so”\u{A0}x\nb\n", "@@\n it's - \"so\" x\n-b\n+B", "it’s – “so”\u{A0}x\nB\n"),
        // Anchors, one and several, and one that the hunk repeats.
        ("f\nx\ng\nx\n", "@@ g\n-x\n+y", "f\nx\ng\ny\n"),
        ("class A\n f\n x\nclass B\n f\n x\n", "@@ class B\n@@  f\n- x\n+ y", "class A\n f\n x\nclass B\n f\n y\n"),
        ("f\nx\nf\nx\n", "@@ f\n f\n-x\n+y", "f\ny\nf\nx\n"),
        ("f\nx\n", "@@ f\n-f\n+g", "g\nx\n"),
        // Additions without context: after the anchor, else at the end.
        ("a\nb\n", "@@ a\n+x", "a\nx\nb\n"),
        ("a\nb\n", "@@\n+x\n@@\n-a\n+A", "A\nb\nx\n"),
        ("", "@@\n+x", "x\n"),
        ("a\nb\na\n", "@@\n-a\n+x\n*** End of File", "a\nb\nx\n"),
        // Blank lines at a hunk's end may be spacing; within it they are context.
        ("a\nb\n", "@@\n-a\n+A\n\n", "A\nb\n"),
        ("a\n\nc\n", "@@\n a\n\n-c\n+C", "a\n\nC\n"),
        ("a\nb\n", "@@\n a\n-b\n-\n+B\n+", "a\nB\n"),
        // Line ends.
        ("a\nb", "@@\n-a\n+A", "A\nb"),
        ("a\nb", "@@\n-b\n+B", "a\nB\n"),
        ("a\nb", "@@\n b\n+c", "a\nb\nc\n"),
        ("a\nb", "@@\n-b", "a\n"),
        ("a\r\nb\r\nc\r\n", "@@\n a\n-b\n+B\n+BB\n c", "a\r\nB\r\nBB\r\nc\r\n"),
        ("a\r\nb", "@@\n b\n+c", "a\r\nb\r\nc\r\n"),
        ("a\nb\n", "@@\n-a\n+A\r", "A\r\nb\n"),
    ])
    func hunksFindTheirPlace(text: String, hunks: String, expected: String) throws {
        #expect(try updated(text, hunks) == expected)
    }

    @Test func aFileThatIsNotUTF8KeepsItsBytes() throws {
        let old: [UInt8] = [0xFF, 0x0A, 0x61, 0x0A, 0xC3, 0x0A]
        let patch = try PatchParser.parse("*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch")
        let changes = try PatchPlan.make(patch) { _ in old }
        #expect(changes == [.update("f", from: old, to: [0xFF, 0x0A, 0x62, 0x0A, 0xC3, 0x0A])])
    }

    // MARK: Properties

    /// Random edits, written as a patch with enough context to be unambiguous, give the edited text.
    @Test(arguments: ["\n", "\r\n"])
    func renderedEditsApplyToTheSameText(ending: String) throws {
        for seed in 0..<500 {
            var random = RandomText(seed: UInt64(seed) + 777)
            random.ending = ending
            let base = random.lines(upTo: 40)
            let edited = random.edited(base)
            let join = { (lines: [String]) in lines.map { Array(($0 + ending).utf8) }.flatMap { $0 } }
            let (old, new) = (join(base), join(edited))
            let diff = LineDiff(old: old, new: new)
            // An empty file says nothing of its line ends.
            if diff.changes.isEmpty || old.isEmpty { continue }
            // All lines around every change: then even repeated lines leave only one place.
            let text = PatchText.update("f", diff, context: base.count)
            let changes = try PatchPlan.make(PatchParser.parse(text)) { _ in old }
            #expect(changes == [.update("f", from: old, to: new)], "seed \(seed)")
        }
    }

    /// With three lines of context a hunk may fit elsewhere; it must still apply, and only where its lines stand.
    @Test func distinctLinesNeedLittleContext() throws {
        for seed in 0..<300 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let base = (0..<80).map { "line \($0)" }
            var edited = base
            for at in stride(from: 75, to: 0, by: -9) where generator.oneIn(2) {
                let replacement = (0..<Int.random(in: 0..<3, using: &generator)).map { "new \(at) \($0)" }
                edited.replaceSubrange(at..<at + Int.random(in: 0..<3, using: &generator), with: replacement)
            }
            let (old, new) = (base.map { $0 + "\n" }.joined(), edited.map { $0 + "\n" }.joined())
            let diff = LineDiff(old: bytes(old), new: bytes(new))
            if diff.changes.isEmpty { continue }
            let text = PatchText.update("f", diff, context: 3)
            let changes = try PatchPlan.make(PatchParser.parse(text)) { _ in bytes(old) }
            #expect(changes == [.update("f", from: bytes(old), to: bytes(new))], "seed \(seed)")
        }
    }

    @Test func anyHunkOnAnyFilePlansOrThrows() {
        var planned = 0
        for seed in 0..<3000 {
            var random = RandomText(seed: UInt64(seed))
            let file = random.joined(random.lines(upTo: 12))
            var body = "*** Begin Patch\n*** Update File: f\n"
            for _ in 0..<Int.random(in: 1...4, using: &random.generator) {
                body += random.generator.pick(["@@\n", "@@ {\n", "@@ alpha\n@@ beta\n", ""])
                for _ in 0..<Int.random(in: 0...4, using: &random.generator) {
                    body += random.generator.pick([" ", "-", "+", "+"]) + random.line() + "\n"
                }
                if random.generator.oneIn(6) { body += "*** End of File\n" }
            }
            let changes = try? PatchPlan.make(PatchParser.parse(body + "*** End Patch")) { _ in file }
            if changes != nil { planned += 1 }
        }
        #expect(planned > 100)
    }

    @Test func aRepetitiveFileCostsLinearTime() throws {
        let file = [UInt8](repeating: 0x0A, count: 30_000)
        let hunk = String(repeating: " \n", count: 10_000) + "-x\n+y"
        let time = ContinuousClock().measure {
            #expect(throws: LockgateError.self) { try updatedBytes(file, hunk) }
        }
        #expect(time < .seconds(20), "\(time)")
    }

    private func updatedBytes(_ file: [UInt8], _ hunks: String) throws -> [FileChange] {
        let text = "*** Begin Patch\n*** Update File: f\n@@\n\(hunks)\n*** End Patch"
        return try PatchPlan.make(PatchParser.parse(text)) { _ in file }
    }
}

/// Writes a diff in the patch form.
enum PatchText {
    static func update(_ path: String, _ diff: LineDiff, context: Int) -> String {
        var text = "*** Begin Patch\n*** Update File: \(path)\n"
        for hunk in diff.hunks(context: context) {
            text += "@@\n"
            hunk.forEachLine { kind, index in
                let line = kind == .added ? diff.new.content(index) : diff.old.content(index)
                text += String(decoding: [kind.rawValue], as: UTF8.self) + String(decoding: line, as: UTF8.self) + "\n"
            }
        }
        return text + "*** End Patch\n"
    }
}
