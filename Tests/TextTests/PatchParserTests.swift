import TestSupport
import Testing
import Wire

@testable import Text

@Suite struct PatchParserTests {
    private func line(_ kind: DiffHunk.LineKind, _ text: String) -> PatchHunk.Line { .init(kind, Array(text.utf8)) }

    @Test func everySectionAndMarkerIsRead() throws {
        let patch = try PatchParser.parse(
            """
            *** Begin Patch
            *** Add File: new/file.txt
            +one
            +
            +*** End Patch
            *** Delete File: old.txt
            *** Update File: a.swift
            *** Move to: b.swift
            @@ struct A {
            @@     func f() {
                     x
            -        y
            +        z

            @@
             end
            *** End of File
            *** End Patch
            """)
        #expect(
            patch.sections == [
                .init(path: "new/file.txt", action: .add(Array("one\n\n*** End Patch\n".utf8)), line: 2),
                .init(path: "old.txt", action: .delete, line: 6),
                .init(
                    path: "a.swift",
                    action: .update(
                        moveTo: "b.swift",
                        [
                            .init(
                                anchors: [Array("struct A {".utf8), Array("    func f() {".utf8)],
                                lines: [
                                    line(.context, "        x"), line(.removed, "        y"), line(.added, "        z"),
                                    line(.context, ""),
                                ], endsFile: false, line: 9),
                            .init(anchors: [], lines: [line(.context, "end")], endsFile: true, line: 15),
                        ]), line: 7),
            ])
    }

    static let sameAsPlain = [
        "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch\n",
        "*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch",
        "\n \n *** Begin Patch  \n*** Update File:   f  \n@@\n-a\n+b\n\t*** End Patch \n\n",
        "*** Begin Patch\r\n*** Update File: f\r\n@@\r\n-a\r\n+b\r\n*** End Patch\r\n",
        "*** Begin Patch\n*** Update File: f\n-a\n+b\n*** End Patch\n",
        "<<'EOF'\n*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch\nEOF\n",
        "<<EOF\n*** Begin Patch\n*** Update File: f\n@@\n-a\n+b\n*** End Patch\nEOF",
        "*** Begin Patch\n\n  *** Update File: f\n\n@@ -1,3 +1 @@ heading\n-a\n+b\n*** End Patch\n",
    ]

    @Test(arguments: sameAsPlain)
    func carelessFormsMeanTheSame(text: String) throws {
        let sections = try PatchParser.parse(text).sections
        #expect(sections.map(\.path) == ["f"])
        let hunks = sections.compactMap { if case .update(nil, let hunks) = $0.action { hunks } else { nil } }
        #expect(hunks.map { $0.map(\.lines) } == [[[line(.removed, "a"), line(.added, "b")]]])
        #expect(hunks.map { $0.map(\.anchors) } == [[[]]])
    }

    static let invalid: [(String, String)] = [
        ("", "the first line of the patch must be '*** Begin Patch'"),
        ("hello", "the first line of the patch must be '*** Begin Patch'"),
        ("*** Begin Patch", "the last line of the patch must be '*** End Patch'"),
        ("*** Begin Patch\n*** Delete File: a\n", "the last line of the patch must be '*** End Patch'"),
        ("*** Begin Patch\n*** Delete File: a\n*** End Patch\nx", "the last line of the patch must be '*** End Patch'"),
        ("*** Begin Patch\n*** End Patch", "the patch names no file"),
        (
            "*** Begin Patch\n*** Frob\n*** End Patch",
            """
            line 2: '*** Frob' is not a valid hunk header. Valid hunk headers: '*** Add File: {path}', \
            '*** Delete File: {path}', '*** Update File: {path}'
            """
        ),
        ("*** Begin Patch\n*** Add File:  \n+a\n*** End Patch", "line 2: the header names no path"),
        ("*** Begin Patch\n*** Add File: a\0b\n+a\n*** End Patch", "line 2: the path holds a NUL or is not UTF-8"),
        ("\n*** Begin Patch\n*** Update File: a\n*** End Patch", "line 3: the update of 'a' has no hunk"),
        ("*** Begin Patch\n*** Update File: a\n@@ x\n*** End Patch", "line 3: the hunk has no lines"),
        (
            "*** Begin Patch\n*** Update File: a\n@@\n x\ny\n*** End Patch",
            """
            line 5: unexpected line in an update hunk: 'y'. Every line must start with ' ' (context line), \
            '+' (added line), or '-' (removed line)
            """
        ),
    ]

    @Test(arguments: invalid)
    func errorsNameTheLine(text: String, reason: String) {
        #expect(
            throws: LockgateError(
                "patch.invalid", "Invalid patch: \(reason)", remedy: "Send the whole patch again in this form.")
        ) { try PatchParser.parse(text) }
    }

    @Test func anyBytesParseOrThrow() {
        let pieces = [
            "*** Begin Patch", "*** End Patch", "*** Add File: a", "*** Update File: a", "*** Move to: b", "@@", "@@ x",
            "+a", "-a", " a", "", "***", "*** End of File", "<<'EOF'", "EOF", "\u{FEFF}", "*** Delete File: ", "\r",
        ]
        var parsed = 0
        for seed in 0..<4000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            var text = Array("*** Begin Patch\n".utf8)
            for _ in 0..<Int.random(in: 0..<12, using: &generator) {
                text += Array((generator.pick(pieces) + "\n").utf8)
                if generator.oneIn(12) { text.append(UInt8.random(in: 0...255, using: &generator)) }
            }
            if !generator.oneIn(4) { text += Array("*** End Patch".utf8) }
            if (try? PatchParser.parse(text)) != nil { parsed += 1 }
        }
        #expect(parsed > 10)
    }
}

@Suite struct PatchInvocationTests {
    static let patch = "*** Begin Patch\n*** Delete File: a\n*** End Patch\n"

    static let recognised: [(String, String?)] = [
        ("apply_patch <<'EOF'\n\(patch)EOF\n", nil),
        ("  applypatch <<\"END\"\n\(patch)END", nil),
        ("apply_patch<<EOF\n\(patch)EOF\n\n", nil),
        ("cd sub/dir && apply_patch <<'EOF'\n\(patch)EOF\n", "sub/dir"),
        ("cd 'with space' && apply_patch <<'EOF'\n\(patch)EOF\n", "with space"),
        ("cd \"with space\"&&apply_patch <<'EOF'\n\(patch)EOF\n", "with space"),
    ]

    @Test(arguments: recognised)
    func heredocsAreRecognised(script: String, folder: String?) {
        let found = PatchInvocation(script: script)
        #expect(found?.patch == Self.patch)
        #expect(found?.folder == folder)
        #expect(PatchInvocation(arguments: ["/bin/bash", "-lc", script]) == found)
    }

    @Test(arguments: [
        "", "apply_patch", "apply_patch <<", "apply_patch <<'EOF'\n\(patch)", "apply_patch <<'EOF'\n\(patch)EOF\nrm x",
        "apply_patch <<'EOF' && ls\n\(patch)EOF", "cd $HOME && apply_patch <<'EOF'\n\(patch)EOF",
        "cd \"$HOME\" && apply_patch <<'EOF'\n\(patch)EOF", "cd ~ && apply_patch <<'EOF'\n\(patch)EOF",
        "cd - && apply_patch <<'EOF'\n\(patch)EOF", "cd a b && apply_patch <<'EOF'\n\(patch)EOF",
        "cd a || apply_patch <<'EOF'\n\(patch)EOF", "cd a & apply_patch <<'EOF'\n\(patch)EOF",
        "cd 'a'$b && apply_patch <<'EOF'\n\(patch)EOF", "cd $(x) && apply_patch <<'EOF'\n\(patch)EOF",
        "ls; apply_patch <<'EOF'\n\(patch)EOF", "apply_patches <<'EOF'\n\(patch)EOF",
        "apply_patch <<'EOF'\n\(patch)EOF\n\(patch)EOF",
    ])
    func anythingElseIsAnOrdinaryCommand(script: String) {
        #expect(PatchInvocation(script: script) == nil)
    }

    @Test func anArgumentListNamesThePatchItself() {
        #expect(PatchInvocation(arguments: ["apply_patch", Self.patch])?.patch == Self.patch)
        #expect(PatchInvocation(arguments: ["apply_patch"]) == nil)
        #expect(PatchInvocation(arguments: ["python", "-c", "apply_patch <<'EOF'\n\(Self.patch)EOF"]) == nil)
    }
}
