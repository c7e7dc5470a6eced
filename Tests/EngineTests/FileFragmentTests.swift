import Testing

@testable import Engine

/// Blocks that show a part of a file: what they belong to, and when nobody can tell.
@Suite struct FileFragmentTests {
    static let file = """
        import os
        from stats import sqrt

        LIMIT = 3


        def mean(values):
            total = 0

            for value in values[1:]:
                total += value
            return total / len(values)


        @cached
        def largest(values):
            return max(values)


        if __name__ == "__main__":
            print(mean([1]))

        """

    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var block: String
        var task = "Mend it."
        var expected: FileFragment
    }

    static let mean = "def mean(values):\n    return sum(values) / len(values)\n"

    static let cases: [Case] = [
        Case(
            testDescription: "one function", block: mean,
            expected: .merged(
                file.replacing(
                    "    total = 0\n\n    for value in values[1:]:\n        total += value\n    return total / len(values)",
                    with: "    return sum(values) / len(values)"))),
        Case(
            testDescription: "a function with its decorator", block: "@plain\ndef largest(values):\n    return 1\n",
            expected: .merged(
                file.replacing("@cached\n", with: "@plain\n").replacing("return max(values)", with: "return 1"))),
        Case(
            testDescription: "a new function beside the one that it is for",
            block: "# stats.py\nimport os\nimport math\n\n\(mean)\n\ndef half(value):\n    return value / 2\n",
            expected: .merged(
                file.replacing("import sqrt\n", with: "import sqrt\nimport math\n")
                    .replacing(
                        "    total = 0\n\n    for value in values[1:]:\n        total += value\n    return total / len(values)",
                        with: "    return sum(values) / len(values)")
                    + "\n\ndef half(value):\n    return value / 2\n")),
        Case(
            testDescription: "a new name for a function that the task speaks of",
            block: "def average(values):\n    return 0\n", task: "Rename mean to average.",
            expected: .merged(
                file.replacing(
                    "def mean(values):\n    total = 0\n\n    for value in values[1:]:\n        total += value\n    return total / len(values)",
                    with: "def average(values):\n    return 0"))),
        Case(
            testDescription: "statements that nobody knows a place for", block: mean + "\nprint(mean([1, 2]))\n",
            expected: .incomplete("largest")),
        Case(
            testDescription: "a text that may end anywhere", block: "def mean(values):\n    \"\"\"Means.\nNo end.\n",
            expected: .incomplete("largest")),
        Case(
            testDescription: "the same name twice", block: mean + mean, expected: .incomplete("largest")),
        Case(testDescription: "the whole file", block: file, expected: .whole),
        Case(
            testDescription: "a function that the task wants away", block: mean, task: "largest is not needed.",
            expected: .whole),
        Case(
            testDescription: "a task that wants things away", block: mean, task: "Remove what nobody calls.",
            expected: .whole),
        Case(
            testDescription: "next to nothing", block: "LIMIT = 4\n", expected: .incomplete("most of its lines")),
        Case(
            testDescription: "next to nothing, as wanted", block: "LIMIT = 4\n", task: "Delete all functions.",
            expected: .whole),
    ]

    @Test(arguments: cases) func aBlockIsReadForWhatItIs(_ given: Case) {
        #expect(FileFragment(given.block, old: Array(Self.file.utf8), task: given.task) == given.expected)
    }

    @Test func aNewFileIsWholeWhateverIsInIt() {
        #expect(FileFragment(Self.mean, old: nil, task: "") == .whole)
    }

    @Test func aQuotationIsFoundWithOrWithoutItsIndentation() throws {
        let file = Array("def a():\n    if x:\n        y()\n\n    z()\n".utf8)
        for quotation in ["if x:\n    y()\n", "\n    if x:\n        y()\n\n"] {
            let lines = try #require(QuotedLines(quotation, in: file))
            #expect(lines.place == 1..<3)
            let new = quotation.contains("    if") ? "    w()\n" : "w()\n"
            #expect(lines.replaced(by: new, in: file) == "def a():\n    w()\n\n    z()\n")
        }
        #expect(QuotedLines("y()\nz()\n", in: file) == nil)
        #expect(QuotedLines(String(decoding: file, as: UTF8.self), in: file) == nil)
        #expect(QuotedLines("\n", in: file) == nil)
        let twice = try #require(QuotedLines("a\n", in: Array("a\nb\na\n".utf8)))
        #expect(twice.replaced(by: "c\n", in: Array("a\nb\na\n".utf8)) == nil)
    }

    @Test func otherLanguagesHaveOtherWords() {
        let file = "package main\n\nfunc a() {\n\tx()\n}\n\nfunc b() {\n\ty()\n}\n"
        #expect(
            FileFragment("func b() {\n\tz()\n}\n", old: Array(file.utf8), task: "")
                == .merged(file.replacing("y()", with: "z()")))
        let script = "export function a() {\n  return 1\n}\n\nexport default class B {\n}\n"
        #expect(
            FileFragment("export function a() {\n  return 2\n}\n", old: Array(script.utf8), task: "")
                == .merged(script.replacing("return 1", with: "return 2")))
    }
}
