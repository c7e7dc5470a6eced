import ArgumentParser
import TestSupport
import Testing

@testable import Commands

/// The fast reader of `sandbox` lines against the argument parser, which is the oracle.
struct SandboxOptionsTests {
    @Test(arguments: [
        ["--", "true"], ["-s", "workspace-write", "--", "ls", "-la", "--", "x"], ["--network=on", "--", "curl", "-s"],
        ["--allow-device", "gpu", "--allow-device=kvm", "--", "make"],
        ["-C", "/tmp", "--allow-write", "/a", "--allow-write=/b", "--", "make"], ["--measure", "20", "--", "true"],
    ])
    func plainLinesMeanWhatTheParserSays(_ arguments: [String]) throws {
        let read = try #require(SandboxOptions(plain: ["sandbox"] + arguments))
        #expect(try read == SandboxCommandLine.parse(arguments).options)
    }

    @Test(arguments: [
        [], ["true"], ["--"], ["--help"], ["check", "--", "make"], ["check"], ["-s", "loose", "--", "true"],
        ["-s", "--", "true"], ["--network", "ask", "--", "true"],
        ["-s", "read-only", "--sandbox=read-only", "--", "x"],
        ["--allow-device", "disk", "--", "true"], ["--measure", "many", "--", "true"], ["x", "--", "true"],
    ])
    func everythingElseIsLeftToTheParser(_ arguments: [String]) {
        #expect(SandboxOptions(plain: ["sandbox"] + arguments) == nil)
    }

    @Test func randomLinesAreReadAlikeOrNotAtAll() throws {
        var random = SeededGenerator(seed: 11)
        let words =
            SandboxOptions.valued.sorted()
            + ["--", "--", "true", "-x", "read-only", "on", "3", "--cd=/tmp", "check", ""]
        var readable = 0
        for _ in 0..<600 {
            let count = Int.random(in: 0...5, using: &random)
            let arguments = (0..<count).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
            guard let read = SandboxOptions(plain: ["sandbox"] + arguments) else { continue }
            readable += 1
            #expect(try read == SandboxCommandLine.parse(arguments).options, "\(arguments)")
        }
        #expect(readable > 20)
    }
}
