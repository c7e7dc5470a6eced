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

    /// Prints, for each document of a JSON list, its values as Python's tomllib reads them, or null.
    private static let oracle = """
        import json, sys, tomllib
        for text in json.load(open(sys.argv[1], encoding="utf-8")):
            try: document = tomllib.loads(text.removeprefix("\\ufeff"))
            except (tomllib.TOMLDecodeError, RecursionError): document = None
            print(json.dumps(document, default=lambda moment: {"moment": type(moment).__name__}))
        """

    private static func askOracle(_ documents: [String]) throws -> [JSONValue] {
        try TemporaryFolder.with { folder in
            try folder.write("documents", JSONValue.array(documents.map(JSONValue.string)).bytes)
            let output = try OracleCommand.run(["python3", "-c", oracle, "documents"], in: folder)
            let lines = output.output.split(separator: UInt8(ascii: "\n"))
            try #require(lines.count == documents.count, "\(output.errorText)")
            // Python writes what JSON lacks by name.
            return try lines.map { line in
                var text = String(decoding: line, as: UTF8.self)
                for name in ["-Infinity", "Infinity", "NaN"] { text = text.replacing(name, with: "\"not finite\"") }
                return try JSONValue(parsing: text)
            }
        }
    }

    /// The document as the oracle prints it.
    private static func printed(_ document: TOMLDocument) -> JSONValue {
        func walk(_ value: JSONValue, _ path: [String]) -> JSONValue {
            switch document.foreign[path] {
            case "a date": return ["moment": "date"]
            case "a time": return ["moment": "time"]
            case "a date and time": return ["moment": "datetime"]
            case nil: break
            default: return "not finite"
            }
            switch value {
            case .number(let number): return .double(number.double)
            case .array(let elements): return .array(elements.enumerated().map { walk($1, path + [String($0)]) })
            case .object(let object):
                return .object(JSONObject(object.members.map { ($0.key, walk($0.value, path + [$0.key])) }))
            default: return value
            }
        }
        return walk(.object(document.root), [])
    }

    @Test("Values and places agree with another reader")
    func oracle() throws {
        for (text, expected) in zip(Self.documents, try Self.askOracle(Self.documents)) {
            let document = try TOMLDocument(SourceText(name: "x", bytes: Array(text.utf8)))
            #expect(Self.printed(document) == Self.plain(expected), "\(text)")
            // Every leaf has its own entry, whose bytes are a value again.
            let leaves = Self.leaves(expected, [])
            let pairs = document.entries.filter { $0.kind == .pair }
            #expect(Set(pairs.map(\.path)).isSuperset(of: leaves.filter { !Self.isInList($0, expected) }), "\(text)")
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
        case .object(let object) where object["moment"] == nil:
            object.members.flatMap { leaves($0.value, path + [$0.key]) }
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

    @Test("What a text means, or that it means nothing, is what another reader says", arguments: 0..<4)
    func mutations(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let insertions: [String] =
            "[ ] { } \" ' \\ = . , # \n \r\n \t a b 0 1 _ - + : e x T Z \u{E9} \u{A0} \u{B} \"\"\" ''' [[ ]] 0x true inf nan"
            .split(separator: " ").map(String.init)
            + [" ", "2024-02-29", " 10:00:00", "[a]\n", "a.b = 1\n", "[a.b]\n", "\\u00e9", "\u{0}"]
        var documents: [String] = []
        while documents.count < Self.mutationCount {
            let base = generator.pick(Self.documents)
            var text = Array((generator.oneIn(2) ? base : base + "\n" + generator.pick(Self.documents)).unicodeScalars)
            for _ in 0...Int.random(in: 0..<4, using: &generator) {
                let at = Int.random(in: 0...text.count, using: &generator)
                if generator.oneIn(2), at < text.count {
                    text.remove(at: at)
                } else {
                    text.insert(contentsOf: generator.pick(insertions).unicodeScalars, at: at)
                }
            }
            var string = ""
            string.unicodeScalars.append(contentsOf: text)
            documents.append(string)
        }
        for (text, expected) in zip(documents, try Self.askOracle(documents)) {
            do throws(LockgateError) {
                let document = try TOMLDocument(SourceText(name: "x", bytes: Array(text.utf8)))
                #expect(Self.printed(document) == Self.plain(expected), "\(text.debugDescription)")
            } catch {
                // NUL and depth are bounds of ours; all else has to be an error for both.
                #expect(error.code != "config.syntax" || expected.isNull, "\(text.debugDescription): \(error)")
            }
        }
    }

    /// Documents for each seed.
    private static let mutationCount = 400

    @Test("Every prefix and every changed byte gives a document or an error", arguments: documents.indices)
    func prefixesAndBytes(index: Int) {
        let bytes = Array(Self.documents[index].utf8)
        var texts = bytes.indices.map { Array(bytes[..<$0]) }
        for at in bytes.indices {
            for byte: UInt8 in [0, 0x0A, 0x22, 0x27, 0x5B, 0x7B, 0x80, 0xFF] {
                var changed = bytes
                changed[at] = byte
                texts.append(changed)
            }
        }
        for text in texts {
            do throws(LockgateError) {
                _ = try TOMLDocument(SourceText(name: "x", bytes: text))
            } catch {
                #expect(error.code.name.hasPrefix("config."))
            }
        }
    }

    @Test("Bytes without any sense are refused without a crash", arguments: 0..<8)
    func noise(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var bytes = Array(generator.pick(Self.documents).utf8)
            for _ in 0..<3 {
                let at = Int.random(in: 0...bytes.count, using: &generator)
                bytes.replaceSubrange(
                    at..<min(at + 1, bytes.count), with: [UInt8.random(in: 0...255, using: &generator)])
                if generator.oneIn(4) { bytes.removeSubrange(min(at, bytes.count)...) }
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
