import TestSupport
import Testing
import Text

@Suite struct MarkdownTests {
    private func runs(_ text: String) -> [MarkdownRun] { MarkdownInline.runs(text) }

    @Test func inlineMarks() {
        #expect(runs("a **b** c") == [.init("a "), .init("b", .strong), .init(" c")])
        #expect(
            runs("*a* _b_ ~~c~~ `d*e*`") == [
                .init("a", .emphasis), .init(" "), .init("b", .emphasis), .init(" "), .init("c", .struck), .init(" "),
                .init("d*e*", .code),
            ])
        #expect(runs("***both***") == [.init("both", [.strong, .emphasis])])
        #expect(runs("snake_case_name 2 * 3 * 4") == [.init("snake_case_name 2 * 3 * 4")])
        #expect(runs("\\*not\\*") == [.init("*not*")])
        #expect(runs("``a`b``") == [.init("a`b", .code)])
        #expect(runs("an **open") == [.init("an **open")])
        #expect(runs("one\ntwo") == [.init("one two")])
    }

    @Test func links() {
        #expect(
            runs("[a *b*](https://x.y/z(1))") == [
                .init("a ", link: "https://x.y/z(1)"), .init("b", .emphasis, link: "https://x.y/z(1)"),
            ])
        #expect(
            runs("see https://x.yz/a?b=1, then") == [
                .init("see "), .init("https://x.yz/a?b=1", link: "https://x.yz/a?b=1"), .init(", then"),
            ])
        #expect(runs("<https://x.yz>") == [.init("https://x.yz", link: "https://x.yz")])
        #expect(runs("[a](b") == [.init("[a](b")])
    }

    @Test func blocks() {
        let text = "# Title #\r\ntext\nmore\n\n- a\n  b\n  1. c\n- d\n\n> q\n> r\n\n---\n```sh\nx\n\ny\n```\n    code\n"
        #expect(
            MarkdownDocument(text).blocks == [
                .heading(level: 1, [.init("Title")]), .paragraph([.init("text more")]),
                .list(
                    start: nil,
                    items: [
                        [.paragraph([.init("a b")]), .list(start: 1, items: [[.paragraph([.init("c")])]])],
                        [.paragraph([.init("d")])],
                    ]), .quote([.paragraph([.init("q r")])]), .rule,
                .code(language: "sh", lines: ["x", "", "y"], isClosed: true),
                .code(language: "", lines: ["code"], isClosed: true),
            ])
    }

    @Test func tables() {
        #expect(
            MarkdownDocument("| a | b |\n|:-:|--:|\n| 1 | x \\| y |\n| 2 |\nafter").blocks == [
                .table(
                    MarkdownTable(
                        header: [[.init("a")], [.init("b")]], alignments: [.centre, .right],
                        rows: [[[.init("1")], [.init("x | y")]], [[.init("2")], []]])), .paragraph([.init("after")]),
            ])
    }

    @Test func aFenceThatIsStillOpenIsCode() {
        #expect(MarkdownDocument("```py\nx = 1\n").blocks == [.code(language: "py", lines: ["x = 1"], isClosed: false)])
    }

    @Test func anyTextIsADocumentWithOrderedEnds() {
        var random = SeededGenerator(seed: 9)
        let pieces = [
            "# ", "- ", "1. ", "> ", "```", "\n", "\n\n", "    ", "|", "---", "**", "_", "`", "[a](b)", "x", "漢", "\\",
            "~~", "\r\n", "\t", "https://a.b",
        ]
        for _ in 0..<3000 {
            let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in random.pick(pieces) }.joined()
            let ends = MarkdownDocument(text).located.map(\.end)
            #expect(ends == ends.sorted())
            #expect(ends.last ?? 0 <= text.utf8.count)
        }
    }

    @Test func nestingFromOutsideIsBounded() {
        _ = MarkdownDocument(String(repeating: "> ", count: 20_000) + "x")
        _ = MarkdownDocument(String(repeating: "- ", count: 20_000) + "x")
        _ = MarkdownInline.runs(String(repeating: "**_", count: 20_000))
        _ = MarkdownInline.runs(String(repeating: "[", count: 20_000))
    }
}
