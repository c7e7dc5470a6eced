import Engine
import Testing

/// What the harness reads in answers of many shapes.
@Suite struct MarkdownActionsTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        var name: String
        var answer: String
        var actions: [MarkdownActions.Action] = []
        var complaints: [MarkdownActions.Complaint] = []
        var prose: String?

        var testDescription: String { name }
    }

    static func file(_ path: String, _ text: String) -> MarkdownActions.Action {
        .write(candidates: [path], content: text)
    }

    static let shapes: [Shape] = [
        Shape(name: "plain words", answer: "All is well.\n\nBye.", prose: "All is well.\n\nBye."),
        Shape(name: "nothing", answer: "", prose: ""),
        Shape(
            name: "a path above a block", answer: "The minus is wrong.\n\ncalc.py\n```python\na + b\n```\n",
            actions: [file("calc.py", "a + b\n")], prose: "The minus is wrong."),
        Shape(
            name: "a path in marks, a blank line between", answer: "### **`src/calc.py`**:\n\n```python\nx\n\ny\n```",
            actions: [file("src/calc.py", "x\n\ny\n")]),
        Shape(name: "a path that starts with ./", answer: "./a.py\n```\nx\n```", actions: [file("a.py", "x\n")]),
        Shape(
            name: "a known name without a dot", answer: "Makefile\n```\nall:\n\ttrue\n```",
            actions: [file("Makefile", "all:\n\ttrue\n")]),
        Shape(
            name: "a path behind the language", answer: "```python:calc.py\nx\n```", actions: [file("calc.py", "x\n")]),
        Shape(
            name: "a path in the first line's comment", answer: "Do this:\n```python\n# lib/calc.py\n\nx = 1\n```",
            actions: [file("lib/calc.py", "x = 1\n")]),
        Shape(
            name: "several files in one block",
            answer: "a.py\n```python\n# a.py\nx\n\n# b.py\ny\n```", actions: [file("a.py", "x\n"), file("b.py", "y\n")]),
        Shape(
            name: "a comment that is part of the file", answer: "a.py\n```python\n# a.py\nx\n```",
            actions: [file("a.py", "# a.py\nx\n")]),
        Shape(
            name: "comments that name files within a file", answer: "a.py\n```python\nx\n# a.py\n# b.py\n```",
            actions: [file("a.py", "x\n# a.py\n# b.py\n")]),
        Shape(
            name: "a comment that is no path", answer: "`a.py`:\n```python\n# v1.0\nx\n```",
            actions: [file("a.py", "# v1.0\nx\n")]),
        Shape(name: "a path's comment alone", answer: "```python\n# a.py\n```", complaints: [.noPath]),
        Shape(
            name: "a path above a shell block", answer: "run.sh\n```bash\necho hi\n```",
            actions: [file("run.sh", "echo hi\n")]),
        Shape(
            name: "the one quoted path of the language",
            answer: "In `test_calc.md` I saw that `calc.py` is wrong. `add` must add.\n```python\nx\n```",
            actions: [file("calc.py", "x\n")],
            prose: "In `test_calc.md` I saw that `calc.py` is wrong. `add` must add."),
        Shape(
            name: "paths in plain words",
            answer: "The test in tests/test_b.py fails. To mend it, change (shop/b.py) as follows:\n```python\nx\n```",
            actions: [.write(candidates: ["tests/test_b.py", "shop/b.py"], content: "x\n")]),
        Shape(
            name: "several quoted paths", answer: "`a.py` uses `b.py` and `a.py`:\n```python\nx\n```",
            actions: [.write(candidates: ["a.py", "b.py"], content: "x\n")]),
        Shape(name: "code without a path", answer: "Do this:\n```python\nx\n```", complaints: [.noPath]),
        Shape(
            name: "a quoted path before an earlier block does not count",
            answer: "`a.py`\n```\nx\n```\nthen\n```python\ny\n```",
            actions: [file("a.py", "x\n"), .write(candidates: [], content: "y\n")]),
        Shape(
            name: "sample output", answer: "It prints\n```\nhello\n```\nand stops.",
            prose: "It prints\n```\nhello\n```\nand stops."),
        Shape(name: "sample output by name", answer: "```text\nhello\n```"),
        Shape(name: "an empty block", answer: "a.py\n```python\n\n```"),
        Shape(name: "a block without an end", answer: "a.py\n```python\nx = 1\n", complaints: [.cutOff]),
        Shape(
            name: "a whole block, then one without an end", answer: "a.py\n```\nx\n```\nb.py\n```\ny",
            actions: [file("a.py", "x\n")], complaints: [.cutOff]),
        Shape(
            name: "a command", answer: "Now:\n```bash\npython3 a.py\n```", actions: [.run("python3 a.py")],
            prose: "Now:"),
        Shape(
            name: "a prompt sign, a comment and imagined output",
            answer: "```console\n# run it\n$ python3 a.py\nhello\n$ ls\n```", actions: [.run("python3 a.py")]),
        Shape(name: "only comments", answer: "```bash\n# nothing\n```"),
        Shape(
            name: "a here-document", answer: "```bash\ncat > a.txt << 'EOF'\none\nEOF\necho done\n```",
            actions: [.run("cat > a.txt << 'EOF'\none\nEOF")]),
        Shape(name: "a here-string", answer: "```bash\ncat <<< EOF\nEOF\n```", actions: [.run("cat <<< EOF")]),
        Shape(
            name: "a quote over lines", answer: "```sh\npython3 -c \"\nprint(1)\n\"\nls\n```",
            actions: [.run("python3 -c \"\nprint(1)\n\"")]),
        Shape(name: "an escaped line end", answer: "```sh\nls \\\n -l\npwd\n```", actions: [.run("ls \\\n -l")]),
        Shape(name: "an operator at the end", answer: "```sh\nmake &&\n./a\npwd\n```", actions: [.run("make &&\n./a")]),
        Shape(
            name: "several actions in order",
            answer: "a.py\n```python\nx\n```\nb.py\n```python\ny\n```\n```bash\nmake\n```",
            actions: [file("a.py", "x\n"), file("b.py", "y\n"), .run("make")]),
        Shape(
            name: "Markdown with a block within",
            answer: "README.md\n```markdown\n# A\n```bash\nls\n```\nend\n```\nDone.",
            actions: [file("README.md", "# A\n```bash\nls\n```\nend\n")], prose: "Done."),
        Shape(
            name: "a longer fence", answer: "a.md\n````\n```\nx\n```\n````", actions: [file("a.md", "```\nx\n```\n")]),
        Shape(
            name: "an indented block in a list", answer: "1. Write `a.py`:\n   ```python\n   if x:\n       y\n   ```",
            actions: [file("a.py", "if x:\n    y\n")]),
        Shape(name: "carriage returns", answer: "a.py\r\n```python\r\nx\r\n```\r\n", actions: [file("a.py", "x\n")]),
        Shape(name: "code within a line", answer: "Use ```ls``` there.", prose: "Use ```ls``` there."),
        Shape(name: "a sentence is no path", answer: "See a.py here.\n```python\nx\n```", complaints: [.noPath]),
        Shape(name: "a number is no path", answer: "1.5\n```python\nx\n```", complaints: [.noPath]),
        Shape(
            name: "text that is not ASCII", answer: "ü.py\n```\nä\n```\n`b.py`\n```python\nö\n```",
            actions: [file("b.py", "ö\n")]),
    ]

    @Test(arguments: shapes) func isReadAs(_ shape: Shape) {
        let read = MarkdownActions(shape.answer)
        #expect(read.actions == shape.actions)
        #expect(read.complaints == shape.complaints)
        if let prose = shape.prose { #expect(read.prose == prose) }
    }

    @Test func everyPrefixOfEveryShapeIsRead() {
        for shape in Self.shapes {
            for end in shape.answer.indices {
                let read = MarkdownActions(String(shape.answer[..<end]))
                #expect(read.actions.count <= shape.actions.count + 1)
            }
        }
    }

    @Test func arbitraryTextIsRead() {
        var random = SystemRandomNumberGenerator()
        let pieces = [
            "```", "`", "\n", "\r\n", "bash", " ", "a.py", "<<", "'", "\"", "\\", "$ ", "#", "…", "\u{0}", ":", "/",
            ".",
        ]
        for _ in 0..<3000 {
            let count = Int.random(in: 0..<40, using: &random)
            let answer = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            for (number, action) in MarkdownActions(answer).actions.enumerated() {
                guard case .write(let candidates, let content) = action else { continue }
                #expect((number > 0 || !candidates.isEmpty) && !content.isEmpty, "\(answer)")
            }
        }
    }
}
