import ArgumentParser
import Basics
import TestSupport
import Testing

@testable import Commands

/// The fast reader of `exec` lines against the argument parser, which is the oracle.
struct ExecOptionsTests {
    static let plain: [[String]] = [
        ["do it"], ["--json", "do it"], ["-s", "read-only", "-m", "m", "x"], ["x", "-C", "/tmp"], ["-"],
        ["-c", "a=1", "-c", "b=2", "--config", "c=3", "x"], ["--add-dir=/a", "--add-dir", "/b", "x"],
        ["--budget", "usd=1,tokens=200k", "x"], ["--check", "make test", "--check-attempts", "4", "x"],
        ["resume", "--last", "go on"], ["--yolo", "x"], ["--color=never", "x"], ["two", "words"], [],
        ["-o", "out.txt", "--output-schema", "s.json", "--ephemeral", "--skip-git-repo-check", "x"],
    ]

    @Test(arguments: plain) func plainLinesMeanWhatTheParserSays(_ arguments: [String]) throws {
        let read = try #require(ExecOptions(plain: ["exec"] + arguments))
        #expect(try read == ExecCommand.parse(arguments).options)
    }

    /// Help, mistakes, and spellings whose meaning is the parser's to say.
    @Test(arguments: [
        ["--help"], ["-h"], ["--model"], ["-m"], ["-m", "--json"], ["--jsn"], ["--json=yes"],
        ["--check-attempts", "x"],
        ["-mfoo"], ["-s=read-only"], ["--", "x"], ["--model", "a", "-m", "b"], ["--json", "--json"], ["--model="],
        ["-c", "-x"], ["--generate-completion-script"],
    ])
    func everythingElseIsLeftToTheParser(_ arguments: [String]) {
        #expect(ExecOptions(plain: ["exec"] + arguments) == nil)
    }

    @Test func otherVerbsAreLeftToTheParser() {
        #expect(ExecOptions(plain: ["doctor"]) == nil)
        #expect(ExecOptions(plain: []) == nil)
        #expect(ExecOptions(plain: ["e", "x"]) == ExecOptions(plain: ["exec", "x"]))
    }

    @Test func everyNameOfTheParserIsKnown() throws {
        let help = try JSONValue(parsing: Array(ExecCommand._dumpHelp().utf8))
        var flags: Set<String> = []
        var options: Set<String> = []
        for argument in help["command"]?["arguments"]?.array ?? [] {
            let names = (argument["names"]?.array ?? []).compactMap { name -> String? in
                guard let text = name["name"]?.string else { return nil }
                return (name["kind"] == "long" ? "--" : "-") + text
            }
            if argument["kind"] == "flag" { flags.formUnion(names) }
            if argument["kind"] == "option" { options.formUnion(names) }
        }
        #expect(ExecOptions.flags == flags.subtracting(["--help", "-h"]))
        #expect(ExecOptions.valued == options)
    }

    /// Whatever it reads, the parser reads alike.
    @Test func randomLinesAreReadAlikeOrNotAtAll() throws {
        var random = SeededGenerator(seed: 7)
        let words =
            ExecOptions.flags.sorted() + ExecOptions.valued.sorted()
            + ["x", "two words", "-", "--", "3", "a=b", "--model=m", "--cd=", "-mz", "=", ""]
        var readable = 0
        for _ in 0..<600 {
            let count = Int.random(in: 0...5, using: &random)
            let arguments = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
            guard let read = ExecOptions(plain: ["exec"] + arguments) else { continue }
            readable += 1
            #expect(try read == ExecCommand.parse(arguments).options, "\(arguments)")
        }
        #expect(readable > 60)
    }
}
