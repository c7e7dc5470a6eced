import TestSupport
import Testing
import Text

@Suite struct CodeAndFuzzyTests {
    private func kinds(_ language: String, _ lines: String...) -> [[String]] {
        var lexer = CodeLexer(language: language)
        return lines.map { line in lexer.tokens(line).filter { $0.kind != .plain }.map { "\($0.kind):\($0.text)" } }
    }

    @Test func knowsWhatToColour() {
        #expect(
            kinds("swift", "let x = Foo(\"a\\\"b\") // c") == [
                ["keyword:let", "type:Foo", "string:\"a\\\"b\"", "comment:// c"]
            ])
        #expect(
            kinds("py", "\"\"\"doc", "more\"\"\" # c", "def f(x): return 0x1F") == [
                ["string:\"\"\"doc"], ["string:more\"\"\"", "comment:# c"],
                ["keyword:def", "function:f", "keyword:return", "number:0x1F"],
            ])
        #expect(kinds("c", "/* a", "b */ int x;") == [["comment:/* a"], ["comment:b */", "keyword:int"]])
        #expect(kinds("sql", "SELECT 1 -- c") == [["keyword:SELECT", "number:1", "comment:-- c"]])
        #expect(kinds("diff", "+a", "-b", "@@ c") == [["added:+a"], ["removed:-b"], ["keyword:@@ c"]])
        #expect(kinds("unknown", "let x = 1") == [[]])
    }

    @Test func nothingOfALineIsLost() {
        var random = SeededGenerator(seed: 4)
        let pieces = [
            "\"", "'", "/*", "*/", "//", "#", "let", "x1", " ", "\\", "`", "\"\"\"", "漢", "0x", "<!--", "-->", "--",
            "{-", "f(",
        ]
        for language in [
            "swift", "python", "go", "html", "shell", "sql", "haskell", "lua", "json", "yaml", "toml", "css", "php",
        ] {
            var lexer = CodeLexer(language: language)
            for _ in 0..<200 {
                let line = (0..<Int.random(in: 0...20, using: &random)).map { _ in random.pick(pieces) }.joined()
                #expect(lexer.tokens(line).map(\.text).joined() == line, "\(language)")
            }
        }
    }

    @Test func namesBeatFoldersAndShortBeatsLong() {
        let index = PathIndex(
            ["screen/view/other.txt", "Sources/TUI/ScreenView.swift", "a/sv.md", "docs/some-very-long-view.md"].map {
                Array($0.utf8)
            })
        #expect(index.best("sv", limit: 1).map(\.path) == ["a/sv.md"])
        #expect(index.best("screenview", limit: 9).map(\.path).first == "Sources/TUI/ScreenView.swift")
        #expect(index.best("zz", limit: 9).isEmpty)
        #expect(index.best("", limit: 2).count == 2)
    }

    @Test func matchesAreWhereTheLettersAre() {
        var random = SeededGenerator(seed: 6)
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...20, using: &random)).map { _ in random.pick(Array("abA/_-".utf8)) }
            let pattern = (0..<Int.random(in: 0...4, using: &random)).map { _ in random.pick(Array("ab/".utf8)) }
            var rest = pattern[...]
            for byte in text where byte == rest.first || byte + 0x20 == rest.first { rest = rest.dropFirst() }
            let match = FuzzyMatch(pattern, in: text)
            #expect((match != nil) == rest.isEmpty)
            if let match {
                #expect(match.positions == match.positions.sorted() && Set(match.positions).count == pattern.count)
                #expect(match.positions.map { text[$0] | (text[$0] == 0x41 ? 0x20 : 0) } == pattern)
            }
        }
    }
}
