import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Whatever a turn's commands destroy is back after `lockgate undo`, and what the user made after the turn stays.
@Suite(.timeLimit(.minutes(5))) struct DestructionRunTests {
    private static let groups = 3
    private static let cases = ["workspace-write", "danger-full-access"].flatMap { mode in
        (0..<groups).map { (mode, $0) }
    }

    /// What the destruction brake has to tell of, and what is ordinary work.
    private static let loud: Set<String> = ["rm -rf ./* ./.[!.]*", "git branch -D other"]
    private static let quiet: Set<String> = [
        "git add -A && git commit -q -m all && git gc -q --prune=now", "chmod -R 777 .", "cp /bin/true data.bin",
    ]

    private static func ways(_ all: [String], _ group: Int) -> [String] {
        all.enumerated().filter { $0.offset % groups == group }.map(\.element)
    }

    private static func steps(_ ways: [String]) -> [ScriptedStep] {
        ways.flatMap { [ExecFixture.shell($0), ScriptedStep.text("Tidied up.")] }
    }

    @Test(arguments: cases) func undoBringsBackWhatARunDestroyed(mode: String, group: Int) async throws {
        let ways = Self.ways(DestructionScripts.ways, group)
        try await ExecFixture.with(Self.steps(ways), files: [:]) { fixture in
            try fixture.run("rm -rf .git && \(DestructionScripts.repository)")
            for way in ways {
                try await Self.destroy(way, mode, in: fixture.repository.path, fixture) { try fixture.tree() }
            }
            try fixture.run("git fsck --full --strict >/dev/null")
        }
    }

    /// The session's worktree has its branches, stash and objects in the user's repository.
    @Test(arguments: cases) func undoBringsBackWhatARunInAWorktreeDestroyed(mode: String, group: Int) async throws {
        let ways = Self.ways(DestructionScripts.ways + DestructionScripts.sharedWays, group)
        let first = "git branch -D other; git stash drop -q; git gc -q --prune=now; rm -rf ./*"
        try await ExecFixture.with(Self.steps([first] + ways), files: [:]) { fixture in
            let root = fixture.repository.path
            try fixture.run("rm -rf .git && \(DestructionScripts.repository); cd ..; rm -rf nested")
            let kept = try fixture.run("git rev-parse other stash && git stash list")
            let run = try await fixture.exec(["--json", "-s", mode, "--worktree=w", "--carry", "tidy up"])
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let tree = try #require(run.events.first { $0["type"] == "worktree" }?["path"]?.string)
            #expect(PosixFile.list(tree) == [".git", ".gitignore"], "\(run.text)")
            let undone = try await fixture.lockgate("undo", "--yes", "-C", tree)
            #expect(undone.status == 0, "\(undone.text)\(undone.errorText)")
            #expect(try fixture.run("git rev-parse other stash && git stash list") == kept)
            #expect(try fixture.run("git diff HEAD", in: tree) == fixture.run("git diff HEAD"))
            // As `run` makes a folder that is gone.
            try fixture.run("\(DestructionScripts.linkedWorktree); chmod 700 .", in: tree)
            for way in ways {
                try await Self.destroy(way, mode, in: tree, fixture) {
                    try fixture.tree(of: tree) + fixture.tree(of: root + "/.git")
                }
            }
            try fixture.run("git fsck --full --strict >/dev/null", in: tree)
        }
    }

    /// One run that destroys, the user's edits after it, and its undo.
    private static func destroy(
        _ way: String, _ mode: String, in folder: String, _ fixture: ExecFixture, picture: () throws -> String
    ) async throws {
        let before = try picture()
        let run = try await fixture.exec(["--json", "-s", mode, "-C", folder, "tidy up"])
        // 4: the sandbox has kept some of it from happening.
        #expect(run.status == 0 || run.status == 4, "\(way): \(run.errorText)")
        let checkpoint = run.events.first { $0["type"] == "checkpoint" }
        // The comparison leaves git's objects out; a checkpoint does not.
        guard let checkpoint else { return #expect(try picture() == before, "\(way)") }
        if loud.contains(way) { #expect(checkpoint["losses"] != nil, "\(way)") }
        if quiet.contains(way) { #expect(checkpoint["losses"] == nil, "\(way)") }
        try fixture.run("mkdir -p later && echo mine > later/mine && echo mine > mine", in: folder)
        let undone = try await fixture.lockgate("undo", "--yes", "-C", folder)
        #expect(undone.status == 0, "\(way): \(undone.text)\(undone.errorText)")
        try fixture.run(
            "test \"$(cat later/mine mine)\" = \"$(printf 'mine\\nmine')\" && rm -r later mine", in: folder)
        let lines = Set(before.split(separator: "\n"))
        let after = Set(try picture().split(separator: "\n"))
        #expect(lines.symmetricDifference(after).sorted() == [], "\(way)")
    }
}
