import TestSupport
import Testing

@testable import Text

@Suite struct GlobTests {
    static let cases: [(String, [String], [String])] = [
        ("*.swift", ["a.swift", "x/y/a.swift", ".swift"], ["a.swift/b", "a.swiftx"]),
        ("/a", ["a"], ["b/a"]),
        ("src/*.c", ["src/a.c"], ["src/x/a.c", "a.c", "y/src/a.c"]),
        ("src/**/*.c", ["src/a.c", "src/x/a.c", "src/x/y/a.c"], ["a.c", "src"]),
        ("**/test", ["test", "a/test", "a/b/test"], ["test/a", "atest"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b/a"]),
        ("a/**/**/b", ["a/b", "a/x/y/b"], ["a/xb"]),
        ("a**b", ["ab", "axxb", "z/axb"], ["a/b"]),
        ("?x", ["ax"], ["x", "aax"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
        ("[!a-c]x", ["dx"], ["ax"]),
        ("[^]a]x", ["bx"], ["]x", "ax"]),
        ("[]-]x", ["]x", "-x"], ["ax"]),
        ("[[:digit:][:upper:]_]x", ["1x", "Ax", "_x"], ["ax"]),
        ("[\\]]x", ["]x"], ["\\x"]),
        ("\\*x", ["*x"], ["ax"]),
        ("*.{c,h}", ["a.c", "x/a.h"], ["a.cc", "a.{c,h}"]),
        ("{a,b/{c,d}}/x", ["a/x", "b/c/x", "b/d/x"], ["b/x", "c/x"]),
        ("{a}{,b}", ["{a}", "{a}b"], ["a"]),
        ("x{,y}", ["x", "xy"], ["x,"]),
        ("a\\{b,c}", ["a{b,c}"], ["ab"]),
        ("[{,]x", ["{x", ",x"], ["x"]),
        ("{a,b", ["{a,b"], ["a"]),
        ("é?", ["éa"], ["é"]),
    ]

    @Test(arguments: cases)
    func patternsMatchWholePaths(pattern: String, matching: [String], other: [String]) throws {
        let glob = try #require(Glob(pattern))
        #expect(matching.filter { glob.matches($0) } == matching)
        #expect(other.filter { glob.matches($0) } == [])
    }

    @Test(arguments: ["[a", "a\\", "[[:nope:]]", "[a-", "[!", String(repeating: "{a,b}", count: 11)])
    func whatCanNeverMatchIsRefused(pattern: String) {
        #expect(Glob(pattern) == nil)
    }

    @Test func hostilePatternsEndSoon() throws {
        let glob = try #require(Glob(String(repeating: "*a", count: 200) + "b"))
        let deep = try #require(Glob(String(repeating: "**/a/", count: 100) + "b"))
        let time = ContinuousClock().measure {
            #expect(!glob.matches(String(repeating: "a", count: 4000)))
            #expect(!deep.matches(String(repeating: "a/", count: 2000) + "c"))
        }
        #expect(time < .seconds(10), "\(time)")
    }

    @Test func anyBytesCompileOrNot() {
        let pieces = Array("ab/*?[]!^-\\{},:.".utf8) + [0xC3, 0x00, 0x20]
        var compiled = 0
        for seed in 0..<5000 {
            var generator = SeededGenerator(seed: UInt64(seed))
            let pattern = (0..<Int.random(in: 0..<14, using: &generator)).map { _ in generator.pick(pieces) }
            let path = (0..<Int.random(in: 0..<10, using: &generator)).map { _ in generator.pick(pieces) }
            guard let glob = Glob(String(decoding: pattern, as: UTF8.self)) else { continue }
            compiled += 1
            _ = glob.matches(path)
            _ = IgnoreRules(pattern).verdict([path[...]], isFolder: true)
        }
        #expect(compiled > 1000)
    }
}

@Suite struct IgnoreMatcherTests {
    private func ignored(_ files: [String: String], _ paths: [String]) -> [String] {
        var matcher = IgnoreMatcher { folder in
            let path = String(decoding: folder, as: UTF8.self)
            return files[path.isEmpty ? ".gitignore" : "\(path)/.gitignore"].map { Array($0.utf8) }
        }
        return paths.filter { path in
            path.hasSuffix("/")
                ? matcher.isIgnored(String(path.dropLast()), isFolder: true) : matcher.isIgnored(path, isFolder: false)
        }
    }

    @Test func rulesCombineAsGitSays() {
        let files = [
            ".gitignore": "# comment\n\n*.o\n!keep.o\nbuild/\n/root-only\n\\#hash\n\\!bang\nspace\\ \ntrail   \n",
            "sub/.gitignore": "!*.o\nlocal\n",
            "build/.gitignore": "!*\n",
        ]
        let paths = [
            "a.o", "x/a.o", "keep.o", "sub/a.o", "build/", "build/x", "build", "x/build/", "root-only", "x/root-only",
            "#hash", "!bang", "space ", "space", "trail", "local", "sub/local", "sub/x/local",
        ]
        #expect(
            ignored(files, paths) == [
                "a.o", "x/a.o", "build/", "build/x", "x/build/", "root-only", "#hash", "!bang", "space ", "trail",
                "sub/local", "sub/x/local",
            ])
    }

    @Test func baseRulesGiveWayToEveryFile() {
        var matcher = IgnoreMatcher(
            baseRules: [IgnoreRules(Array("a\nb\n".utf8)), IgnoreRules(Array("!b\nc\n".utf8))]
        ) {
            $0.isEmpty ? Array("!c\n".utf8) : nil
        }
        #expect(["a", "b", "c"].filter { matcher.isIgnored($0, isFolder: false) } == ["a"])
    }

    /// Random rules over a random tree give git's own answer.
    @Test func randomRulesAgreeWithGit() throws {
        try TemporaryFolder.with { folder in
            try OracleCommand.run(["git", "init", "-q"], in: folder).expectSuccess()
            let counts = try (0..<40).map { try compare(seed: UInt64($0), in: folder, round: "r\($0)") }
            #expect(counts.reduce(0, +) > 30)
        }
    }

    private func compare(seed: UInt64, in folder: TemporaryFolder, round: String) throws -> Int {
        var generator = SeededGenerator(seed: seed)
        let names = ["a", "b", "ab", "a.o", "b.o", ".x", "é", "a b", "[a]", "*", "#a", "!a", "A1"]
        let atoms = [
            "a", "b", "ab", "*", "*.o", "?", "a*", "*b", "[ab]", "[!a]", "[[:upper:]]?", "**", "é", "a b", "\\*",
            "\\[a\\]", "[a-b]*", ".*", "a?o", "*a*", "[]a]", "[a/b]", "[a",
        ]
        var files: Set<String> = []
        var folders: Set<String> = [""]
        for _ in 0..<30 {
            var path = ""
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                let next = path + generator.pick(names) + "/"
                if files.contains(String(next.dropLast())) { break }
                path = next
                folders.insert(path)
            }
            let file = path + generator.pick(names)
            if !folders.contains(file + "/") { files.insert(file) }
        }
        var rules: [String: String] = [:]
        for place in folders.sorted() where place.isEmpty || generator.oneIn(3) {
            var text = ""
            for _ in 0..<Int.random(in: 1..<7, using: &generator) {
                var pattern = (0..<Int.random(in: 1...3, using: &generator)).map { _ in generator.pick(atoms) }
                    .joined(separator: "/")
                if generator.oneIn(4) { pattern = "/" + pattern }
                if generator.oneIn(4) { pattern += "/" }
                if generator.oneIn(4) { pattern = "!" + pattern }
                if generator.oneIn(9) { pattern += generator.pick(["  ", "\\ ", "\r", "\t"]) }
                text += pattern + "\n"
            }
            rules[place] = text
        }
        for file in files { try folder.write("\(round)/\(file)", "") }
        for (place, text) in rules { try folder.write("\(round)/\(place).gitignore", text) }
        let paths = files.sorted() + folders.filter { !$0.isEmpty }.map { String($0.dropLast()) }.sorted()
        let input = paths.map { "\(round)/\($0)\0" }.joined()
        let answer = try OracleCommand.run(
            ["git", "check-ignore", "--no-index", "-z", "--stdin"], in: folder, input: Array(input.utf8))
        #expect(answer.status <= 1, "\(answer.errorText)")
        let theirs = Set(answer.text.split(separator: "\0").map { String($0.dropFirst(round.count + 1)) })
        var matcher = IgnoreMatcher { place in
            let key = place.isEmpty ? "" : String(decoding: place, as: UTF8.self) + "/"
            return rules[key].map { Array($0.utf8) }
        }
        let ours = Set(paths.filter { matcher.isIgnored($0, isFolder: folders.contains($0 + "/")) })
        #expect(ours == theirs, "seed \(seed), rules \(rules)")
        return theirs.count
    }
}

extension OracleCommand.Result {
    /// Fails the test if the program did.
    func expectSuccess() throws {
        if status != 0 { throw TestFailure("status \(status): \(errorText)") }
    }
}
