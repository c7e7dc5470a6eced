import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Whatever a turn's commands destroy is back after `lockgate undo`, and what the user made after the turn stays.
@Suite(.timeLimit(.minutes(4))) struct DestructionRunTests {
    private static let groups = 3
    private static let cases = ["workspace-write", "danger-full-access"].flatMap { mode in
        (0..<groups).map { (mode, $0) }
    }

    /// What the destruction brake has to tell of, and what is ordinary work.
    private static let loud: Set<String> = ["rm -rf ./* ./.[!.]*", "git branch -D other", "git clean -ffdx"]
    private static let quiet: Set<String> = [
        "git add -A && git commit -q -m all && git gc -q --prune=now", "chmod -R 777 .", "cp /bin/true data.bin",
    ]

    /// Everything but git's objects, which undo brings back but does not take away, as text to compare.
    private static func tree(_ fixture: ExecFixture) throws -> String {
        let list = "find . -path '*/.git/objects' -prune -o -printf '%y %m %P %l\\0' | sort -z"
        let sums = "find . -path '*/.git/objects' -prune -o -type f -print0 | sort -z | xargs -0r sha256sum"
        let run = try OracleCommand.run(
            ["sh", "-c", "cd '\(fixture.repository.path)' && \(list) | tr '\\0' '\\n'; \(sums)"], in: fixture.home)
        guard run.status == 0 else { throw TestFailure(run.errorText) }
        return run.text
    }

    private static func shell(_ script: String, _ fixture: ExecFixture) throws {
        let path = fixture.repository.path
        let run = try OracleCommand.run(
            ["sh", "-c", "mkdir -p -m 700 '\(path)' && cd '\(path)' && \(script)"], in: fixture.home)
        guard run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
    }

    @Test(arguments: cases) func undoBringsBackWhatARunDestroyed(mode: String, group: Int) async throws {
        let ways = DestructionScripts.ways.enumerated().filter { $0.offset % Self.groups == group }.map(\.element)
        let steps = ways.flatMap { [ExecFixture.shell($0), ScriptedStep.text("Tidied up.")] }
        try await ExecFixture.with(steps, files: [:]) { fixture in
            try Self.shell("rm -rf .git && \(DestructionScripts.repository)", fixture)
            let before = try Self.tree(fixture)
            let lines = Set(before.split(separator: "\n"))
            for way in ways {
                let run = try await fixture.exec(["--json", "-s", mode, "tidy up"])
                // 4: the sandbox has kept some of it from happening.
                #expect(run.status == 0 || run.status == 4, "\(way): \(run.errorText)")
                let hasChanged = run.events.contains { $0["type"] == "checkpoint" }
                // The comparison leaves git's objects out; a checkpoint does not.
                #expect(try hasChanged || Self.tree(fixture) == before, "\(way)")
                guard hasChanged else { continue }
                let losses = run.events.first { $0["type"] == "checkpoint" }?["losses"]
                if Self.loud.contains(way) { #expect(losses != nil, "\(way)") }
                if Self.quiet.contains(way) { #expect(losses == nil, "\(way)") }
                try Self.shell("mkdir -p later && echo mine > later/mine && echo mine > mine", fixture)
                let undone = try await ProgramRun.run(
                    "lockgate", ["undo", "--yes", "-C", fixture.repository.path], in: fixture.home.path,
                    environment: fixture.environment, scratch: fixture.home)
                #expect(undone.status == 0, "\(way): \(undone.text)\(undone.errorText)")
                try Self.shell(
                    "test \"$(cat later/mine mine)\" = \"$(printf 'mine\\nmine')\" && rm -r later mine", fixture)
                let after = Set(try Self.tree(fixture).split(separator: "\n"))
                #expect(lines.symmetricDifference(after).sorted() == [], "\(way)")
            }
            try Self.shell("git fsck --full --strict >/dev/null", fixture)
        }
    }
}
