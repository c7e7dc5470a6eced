import Basics
import TestSupport
import Testing
import Wire

@testable import Config

@Suite("TOML")
struct TOMLTests {
    static let documents: [String] = [
        "", "\u{FEFF}a = 1\n", "# only a comment", "a = 1\r\nb.c = 'x' # y\r\n[t]\r\nd = true\r\n",
        "\"quoted key\" = 1\n'literal.key'.sub = 2\n\"\\u00e9\\t\" = 3\n\"\" = 4\n",
        "a = [1, [2, 3], # comment ] with bracket\n  4,\n]\nb = { c = 1, d = [ {e = 2}, {e = 3} ], \"f g\".h = '}' }\n",
        "s = \"\"\"one\n\"two\" \\\"\\\"\\\" three\\\n   four\"\"\"\nt = '''a\n'b' '' c''''\nu = \"a # not a comment\"\n",
        "e = \"\"\"\"\"\"\nf = ''''''\ng = \"\"\nh = ''\ni = \"\"\"\"q\"\"\"\"\nj = \"\"\"\"\"q\"\"\"\"\"\n",
        "d = 1979-05-27T07:32:00 # date\nn = +1_000\nx = 0xDEAD\nf = 6.02e23\ng = -0.5\nz = 0o17\ny = 0b11\n",
        "[a]\nb = 1\n[a.c.d]\ne = 2\n[x]\n[x.y]\n[\"q.r\" . 's' ]\nt=1\n",
        "[[p]]\nn = 1\n[[p.q]]\nm = 1\n[[p.q]]\nm = 2\n[p.r]\nk = 3\n[[p]]\nn = 2\n[[p.q]]\nm = 3\n",
        "  [ spaced . name ]  # c\n\t  k\t =\t1\t\n", "a.b.c = 1\na.b.d = 2\na . e = 3\n",
        "u = \"\\U0001F600 \\b\\f\\r\\n\\\\ \\\"\"\ntab = \"\t\"\nemoji = \"\u{1F600}\" \nnext = 1\n",
        "a = [\n  # nothing\n]\nb = [[],[[]]]\nc = {}\n", "1234 = 1\n-_- = 2\n3.14 = 'pi'\n",
    ]

    /// Prints, for each file, all values by path as JSON lines, as Python's tomllib reads them.
    private static let oracle = """
        import json, sys, tomllib
        for name in sys.argv[1:]:
            with open(name, "rb") as file: text = file.read()
            document = tomllib.loads(text.decode("utf-8-sig").replace("\\r\\n", "\\n"))
            print(json.dumps(document, default=str))
        """

    @Test("Values and places agree with another reader")
    func oracle() throws {
        try TemporaryFolder.with { folder in
            let names = Self.documents.indices.map { "\($0).toml" }
            for (name, text) in zip(names, Self.documents) { try folder.write(name, text) }
            let output = try OracleCommand.run(["python3", "-c", Self.oracle] + names, in: folder).output
            let lines = output.split(separator: UInt8(ascii: "\n"))
            try #require(lines.count == Self.documents.count)
            for (text, line) in zip(Self.documents, lines) {
                let document = try TOMLDocument(SourceText(name: "x", bytes: Array(text.utf8)))
                let expected = try JSONValue(parsing: line)
                if document.foreign.isEmpty {
                    #expect(Self.plain(.object(document.root)) == Self.plain(expected), "\(text)")
                }
                // Every leaf has its own entry, whose bytes are a value again.
                let leaves = Self.leaves(expected, [])
                let pairs = document.entries.filter { $0.kind == .pair }
                #expect(
                    Set(pairs.map(\.path)).isSuperset(of: leaves.filter { !Self.isInList($0, expected) }), "\(text)")
                for pair in pairs {
                    let written = document.source.bytes[pair.value]
                    let again = try TOMLDocument(SourceText(name: "y", bytes: Array("v = ".utf8) + written))
                    #expect(again.entries.first?.path == ["v"])
                    let key = String(decoding: document.source.bytes[pair.key], as: UTF8.self)
                    let names = try #require(DottedKey.split(key))
                    #expect(pair.path.suffix(names.count) == names[...])
                }
            }
        }
    }

    /// Numbers by value: 6.02e23 has several spellings.
    private static func plain(_ value: JSONValue) -> JSONValue {
        switch value {
        case .number(let number): .double(number.double)
        case .array(let elements): .array(elements.map(plain))
        case .object(let object): .object(JSONObject(object.members.map { ($0.key, plain($0.value)) }))
        default: value
        }
    }

    private static func leaves(_ value: JSONValue, _ path: [String]) -> [[String]] {
        switch value {
        case .object(let object): object.members.flatMap { leaves($0.value, path + [$0.key]) }
        case .array(let elements) where elements.contains { $0.object != nil }:
            elements.enumerated().flatMap { leaves($1, path + [String($0)]) }
        default: [path]
        }
    }

    /// Whether a path ends in an element of a list rather than in a key.
    private static func isInList(_ path: [String], _ root: JSONValue) -> Bool {
        var value: JSONValue? = root
        for name in path.dropLast() { value = value?.object?[name] ?? Int(name).flatMap { value?[$0] } }
        return value?.array != nil
    }

    @Test("Lines and columns count from one, in scalars")
    func positions() throws {
        let text = "# \u{E9}\n[t]\n  \"\u{E9}\".k = { inner = 1 }\n"
        let document = try TOMLDocument(SourceText(name: "x", bytes: Array(text.utf8)))
        #expect(document.position(of: ["t"]) == SourcePosition(line: 2, column: 2))
        #expect(document.position(of: ["t", "\u{E9}", "k"]) == SourcePosition(line: 3, column: 3))
        #expect(document.position(of: ["t", "\u{E9}", "k", "inner"]) == SourcePosition(line: 3, column: 13))
        #expect(document.position(of: ["t", "\u{E9}"]) == SourcePosition(line: 3, column: 3))
        #expect(document.position(of: ["u"]) == nil)
    }

    @Test("No text makes the reader crash or hang", arguments: 0..<40)
    func mutations(seed: Int) throws {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let alphabet = Array("[]{}\"'\\=.,# \n\r\tau0_-+:x\u{E9}\u{A0}\u{2028}\u{B}".utf8) + [0, 0xFF]
        for _ in 0..<50 {
            var bytes = Array(Self.documents[next(Self.documents.count)].utf8)
            for _ in 0...next(6) {
                let at = next(bytes.count + 1)
                switch next(3) {
                case 0 where at < bytes.count: bytes.remove(at: at)
                case 1 where at < bytes.count: bytes[at] = alphabet[next(alphabet.count)]
                default: bytes.insert(alphabet[next(alphabet.count)], at: at)
                }
            }
            do throws(LockgateError) {
                _ = try TOMLDocument(SourceText(name: "x", bytes: bytes))
            } catch {
                #expect(error.code.name.hasPrefix("config."))
            }
        }
    }

    @Test(
        "Dotted keys split and join as TOML has them",
        arguments: [
            ("a", ["a"]), ("a.b-c.D_1", ["a", "b-c", "D_1"]), ("projects.\"/a b.c\".x", ["projects", "/a b.c", "x"]),
            ("'a\"b'", ["a\"b"]), ("\"\"", [""]), ("", nil), (".a", nil), ("a.", nil), ("a b", nil), ("a=", nil),
            ("\"a", nil), ("caf\u{E9}", nil),
        ] as [(String, [String]?)])
    func keys(text: String, path: [String]?) {
        #expect(DottedKey.split(text) == path)
        if let path { #expect(DottedKey.split(DottedKey.join(path)) == path) }
    }

    @Test(
        "Suggestions are near and only near",
        arguments: [
            ("modle", "model"), ("sandbox-mode", "sandbox_mode"), ("SANDBOX_MODE", "sandbox_mode"), ("xyz", nil),
            ("", nil), ("histroy", "history"),
        ] as [(String, String?)])
    func suggestions(word: String, expected: String?) {
        #expect(Suggestion.nearest(to: word, among: ["history", "model", "sandbox_mode"]) == expected)
    }
}
