import TestSupport
import Testing

@testable import Policy

/// Damaged and random scripts, with bash itself as the judge of what they run.
@Suite(.timeLimit(.minutes(3))) struct ShellOracleTests {
    /// Nothing here names a path, so whatever a damaged script does, it does in the test's own folder.
    private static let pieces = [
        "c1", "c2 a", "'q q'", "\"d $v\"", "$(c3)", "`c4`", "\\\n", "\\ ", "#", "{ ", "}", "(", ")", "&&", "||", "|",
        "&",
        ";", "\n", " <<E\nx$(c7)\nE\n", " <<'E'\n$(c8)'\nE\n", "<<<", " <(c5)", "$'x\\n\\x41'", "! ", "if ", " then ",
        "fi", "for x in a;", " do ", "done", "case a in a)", " esac", ";;", "[[ a ]]", " ", " ", "=", "A=1 ", "2>",
        "1 ",
        ">f", " <f", ">&2", "*", "~", "{a,b}", "$", "\"", "'", "\\", "time ", "x() ", "c6;}", "${v:-c}", "${v:-$(c9)}",
        "$((1+1))", "e", "-x", "eval ", "eval 'c1 b'", "command ", "\r", "\t", "&>f", "|&", "\u{E9}", "a=(1 2)", "in ",
    ]

    private static let wellFormed = [
        "c1", "c2 a", "'q q' b", "\"d\"x", "c3 $v", "c4 $(c5)", "! c1", "time c2", "(c1)", "{ c2; }", "eval 'c1 b'",
        "[[ a ]]", "if c1; then c2; fi", "case a in a) c4;; esac", "c6 <<E\nx$(c7)\nE\n", "A=1 c2", "c1 >f 2>&1",
        "for x in a; do c1 $x; done", "c1 <(c5)", "$'c\\x31' -x", "c1 `c2 \"c 3\"`", "c1 \\\n c2", "c2 # c3\n",
    ]

    private static func scripts(_ count: Int, seed: UInt64) -> [[UInt8]] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let parts = (0...Int.random(in: 0...8, using: &generator)).map { _ in generator.pick(pieces) }
            var bytes = Array(parts.joined(separator: generator.oneIn(2) ? " " : "").utf8)
            if !generator.oneIn(3) {
                let text = (0...2).map { _ in
                    generator.pick(wellFormed) + generator.pick(["; ", " && ", " | ", "\n", " & "])
                }
                bytes = Array((text.joined() + "c9").utf8)
            }
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: bytes.removeLast(Int.random(in: 0...min(4, bytes.count), using: &generator))
            case 1:
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] = generator.pick(Array(" \n\t'\"\\$`(){}<>&|;#=!*?[]~ac1".utf8))
            default: break
            }
            // The driver reads each script through a substitution, which drops newlines at the end.
            while bytes.last == 0x0A { bytes.removeLast() }
            return bytes
        }
    }

    @Test(arguments: UInt64(1)...2) func whatBashRunsIsListedWhereNothingIsDoubted(_ seed: UInt64) throws {
        let scripts = Self.scripts(400, seed: seed)
        try TemporaryFolder.with { folder in
            for (index, script) in scripts.enumerated() { try folder.write("s\(index)", script) }
            // Every command whose name is not found, which is every one but builtins, is printed instead of run.
            try folder.write(
                "driver",
                """
                command_not_found_handle() { printf '%s\\x1e' $'\\x1d' "$@" >&9; }
                export -f command_not_found_handle
                for ((i = 0; i < \(scripts.count); i++)); do
                    script=$(<s$i)
                    # Reads until nobody holds the descriptor, so commands in the background are waited for.
                    ran=$(PATH=/nonexistent /bin/bash -c "$script" 9>&1 </dev/null >/dev/null 2>&1)
                    printf '\\x1c%s' "$ran"
                done
                """)
            let result = try OracleCommand.run(["bash", "driver"], in: folder)
            let runs = result.output.split(separator: 0x1C, omittingEmptySubsequences: false).dropFirst()
            #expect(runs.count == scripts.count)
            var proved = 0
            for (script, run) in zip(scripts, runs) {
                let analysis = ShellAnalysis(argv: ["bash", "-c", String(decoding: script, as: UTF8.self)])
                guard analysis.doubts.isEmpty else { continue }
                for line in run.split(separator: 0x1D) {
                    let argv = line.split(separator: 0x1E, omittingEmptySubsequences: false).dropFirst().dropLast().map
                    {
                        String(decoding: $0, as: UTF8.self)
                    }
                    proved += 1
                    let isListed = analysis.commands.contains { Self.covers($0.words, argv) }
                    #expect(
                        isListed, "\(String(decoding: script, as: UTF8.self).debugDescription) ran \(argv): \(analysis)"
                    )
                }
            }
            #expect(proved > 100)
        }
    }

    /// Whether the words, as far as they are known, are these arguments.
    private static func covers(_ words: [ShellWord], _ argv: [String]) -> Bool {
        let known = words.prefix { $0.text != nil }.compactMap(\.text)
        return known.count == words.count ? known == argv : argv.starts(with: known)
    }

    @Test func noPrefixAndNoChangedByteCrashes() {
        let cases = [
            ShellCase.words, ShellCase.structure, ShellCase.substitutions, ShellCase.effects, ShellCase.wrappers,
            ShellCase.git, ShellCase.bypasses,
        ].joined()
        for item in cases {
            let bytes = Array(item.script.utf8)
            for end in bytes.indices { _ = ShellParser.parse(Array(bytes[..<end])) }
            for index in bytes.indices {
                for byte in "\n'\\$`(>&#".utf8 {
                    var changed = bytes
                    changed[index] = byte
                    _ = ShellAnalysis(argv: ["bash", "-c", String(decoding: changed, as: UTF8.self)])
                }
            }
        }
    }

    @Test func plainWordsAreSplitAsPythonSplitsThem() throws {
        var generator = SeededGenerator(seed: 7)
        let parts = ["a", "b c", " ", "'", "\"x\"", "\\\\", "'y z'", "=", "-"]
        var scripts: [String] = []
        for _ in 0..<300 {
            scripts.append("a" + (0..<6).map { _ in generator.pick(parts) }.joined())
        }
        try TemporaryFolder.with { folder in
            let program = """
                import shlex, sys
                for line in sys.stdin.read().split('\\0'):
                    try: print('\\1'.join(shlex.split(line)), end='\\0')
                    except ValueError: print('\\2', end='\\0')
                """
            let result = try OracleCommand.run(
                ["python3", "-c", program], in: folder, input: Array(scripts.joined(separator: "\0").utf8))
            let lines = result.output.split(separator: 0, omittingEmptySubsequences: false).dropLast()
            try #require(lines.count == scripts.count)
            for (script, line) in zip(scripts, lines) {
                let analysis = ShellParser.parse(Array(script.utf8))
                if line.elementsEqual([2]) {
                    #expect(!analysis.isExact, "\(script)")
                } else if analysis.isExact, let argv = analysis.commands.first?.argv {
                    let wanted = line.split(separator: 1, omittingEmptySubsequences: false).map {
                        String(decoding: $0, as: UTF8.self)
                    }
                    #expect(argv == wanted, "\(script)")
                }
            }
        }
    }
}
