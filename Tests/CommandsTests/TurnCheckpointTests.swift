import Basics
import Glibc
import TestSupport
import Testing
import Wire
import Workspace

/// Sessions record the workspace around their turns, and `undo` takes a turn back.
@Suite(.timeLimit(.minutes(2))) struct TurnCheckpointTests {
    /// Everything that a checkpoint covers, as text to compare.
    private static func tree(_ fixture: ExecFixture) throws -> String {
        let list = "find . -path ./.git/index -prune -o -printf '%y %m %p %l\\n' | sort"
        let sums = "find . -type f ! -path ./.git/index -exec sha256sum {} + | sort"
        let run = try OracleCommand.run(
            ["sh", "-c", "cd '\(fixture.repository.path)' && \(list); \(sums)"], in: fixture.home)
        #expect(run.status == 0)
        return run.text
    }

    private static func undo(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate", ["undo", "--yes"] + arguments, in: fixture.repository.path, environment: fixture.environment,
            scratch: fixture.home)
    }

    @Test(arguments: ["workspace-write", "danger-full-access"])
    func whatATurnDestroyedIsBackAfterUndo(_ mode: String) async throws {
        try await ExecFixture.with(
            [
                ExecFixture.shell(
                    "git rm -rqf . ; git commit -qm gone ; rm -rf .env notes ; chmod 755 kept ; echo x > made"),
                .text("Tidied up."),
            ],
            files: ["README.md": "# Test\n", "src/a.c": "int a;\n", ".gitignore": ".env\n"]
        ) { fixture in
            for (name, text) in [(".env", "KEY=1\n"), ("notes", "untracked\n"), ("kept", "kept\n")] {
                try PosixFile.replace("\(fixture.repository.path)/\(name)", with: Array(text.utf8), mode: 0o644)
            }
            let before = try Self.tree(fixture)
            let history = try fixture.repository.git("log", "--format=%s")
            let run = try await fixture.exec(["--json", "-s", mode, "tidy up\nplease"])
            #expect(run.status == 0, "\(run.errorText)")
            let event = try #require(run.events.first { $0["type"] == "checkpoint" })
            #expect(event["turn"] == 1)
            #expect(event["repository_changed"] == true)
            let changes =
                event["changes"]?.array?.map { "\($0["kind"]?.string ?? "") \($0["path"]?.string ?? "")" } ?? []
            #expect(
                changes.sorted() == [
                    "add made", "delete .env", "delete .gitignore", "delete README.md", "delete notes",
                    "delete src/a.c", "update kept",
                ])
            #expect(event["changed"]?.int == changes.count)
            #expect(run.events.last?["type"] == "turn.completed")
            #expect(try Self.tree(fixture) != before)
            let undone = try await Self.undo(fixture)
            #expect(undone.status == 0, "\(undone.text)\(undone.errorText)")
            // New objects and the reflog's lines stay: nothing in .git is ever taken away but what is put back.
            let kept = Set(try Self.tree(fixture).split(separator: "\n"))
            let lost = before.split(separator: "\n").filter { !kept.contains($0) && !$0.contains("./.git/") }
            #expect(lost == [])
            #expect(try fixture.repository.git("status", "--porcelain") == "?? kept\n?? notes\n")
            #expect(try fixture.repository.git("log", "--format=%s") == history)
        }
    }

    @Test func aTurnThatChangesNothingHasNoCheckpoint() async throws {
        try await ExecFixture.with([ExecFixture.shell("cat README.md"), .text("Read.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "read"])
            #expect(run.status == 0)
            #expect(!run.events.contains { $0["type"] == "checkpoint" })
            #expect(try await Self.undo(fixture).status == 1)
        }
    }

    @Test func whatNoCheckpointKeepsIsTold() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("rm big; echo more >> grown; rm README.md"), .text("Tidied up."),
        ]) { fixture in
            try fixture.run("truncate -s 200M big grown still")
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            let event = try #require(run.events.first { $0["type"] == "checkpoint" })
            #expect(event["not_kept"] == ["big", "grown"], "\(event.text)")
            let preview = try await fixture.lockgate("undo")
            #expect(
                preview.text
                    == "undo of t1:\n  create README.md\n  lost big: checkpoints do not cover it\n"
                    + "  lost grown: checkpoints do not cover it\n", "\(preview.errorText)")
        }
    }

    @Test func whatAnInterruptedTurnDidCanBeTakenBack() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("rm README.md"), ExecFixture.longCommand,
        ]) { fixture in
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            await fixture.server.waitForRequests(2)
            try await run.waitForOutput { $0.contains("sleep 600") }
            run.signal(SIGINT)
            let result = try await run.result()
            #expect(result.status == 130)
            #expect(result.events.contains { $0["type"] == "checkpoint" })
            #expect(try await Self.undo(fixture).status == 0)
            #expect(PosixFile.exists("\(fixture.repository.path)/README.md"))
        }
    }

    @Test func whatAKilledTurnDidCanBeTakenBack() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("rm README.md"), ExecFixture.longCommand,
        ]) { fixture in
            let run = try fixture.start("--json", "-s", "workspace-write", "go")
            await fixture.server.waitForRequests(2)
            run.signal(SIGKILL)
            _ = try await run.result()
            #expect(!PosixFile.exists("\(fixture.repository.path)/README.md"))
            #expect(try await Self.undo(fixture).status == 0)
            #expect(PosixFile.exists("\(fixture.repository.path)/README.md"))
        }
    }

    @Test func whereTheWorkspaceCannotBeRecordedNothingRuns() async throws {
        try await ExecFixture.with([ExecFixture.shell("rm README.md"), .text("Done.")]) { fixture in
            // The place of the stores is taken by a file.
            try fixture.home.write("workspaces", "")
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 4)
            let denial = try #require(run.events.first { $0["type"] == "effect.denied" })
            #expect(denial["verdict"]?["rule"] == "checkpoints.enabled = true")
            #expect(run.items("command_execution").map { $0["status"] } == ["declined"])
            #expect(PosixFile.exists("\(fixture.repository.path)/README.md"))
            let off = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c", "checkpoints.enabled=false", "go",
            ])
            #expect(off.status == 0)
        }
    }

    @Test func aRunFreesWhatOldTurnsTook() async throws {
        try await ExecFixture.with([ExecFixture.shell("rm README.md"), .text("Done.")]) { fixture in
            // Twelve turns that replace a file, the first by something large.
            let path = fixture.repository.path
            let store = try CheckpointStore(home: fixture.home.path, workspace: path)
            for number in 1...12 {
                let turn = try store.begin("\(number)")
                let bytes = [UInt8](repeating: UInt8(number), count: number == 1 ? 3_000_000 : 1000)
                try PosixFile.replace(path + "/data", with: bytes)
                _ = try store.end(turn)
            }
            #expect(store.size > 3_000_000)
            let run = try await fixture.exec([
                "--json", "-s", "workspace-write", "-c", "checkpoints.max_bytes=1048576", "go",
            ])
            #expect(run.status == 0)
            #expect(store.size < 1_000_000)
            // The turn under way may have ended first.
            #expect([2, 3].contains(12 - store.turns().count { $0.id < 13 }))
            let refused = try await Self.undo(fixture, "t2")
            #expect(refused.status == 1)
            #expect(refused.errorText.contains("forgotten to free space"))
            let shown = try await ProgramRun.run(
                "lockgate", ["diff", "t1"], in: path, environment: fixture.environment, scratch: fixture.home)
            #expect(shown.errorText.contains("forgotten to free space"))
            #expect(try await Self.undo(fixture).status == 0)
            #expect(PosixFile.exists(path + "/README.md"))
            #expect(try await Self.undo(fixture, "t4").status == 0)
            #expect(try PosixFile.read(path + "/data", limit: 10_000) == [UInt8](repeating: 3, count: 1000))
        }
    }

    @Test func anEphemeralRunRecordsNothing() async throws {
        try await ExecFixture.with([ExecFixture.shell("rm README.md"), .text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "--ephemeral", "-s", "workspace-write", "go"])
            #expect(run.status == 0)
            #expect(!PosixFile.exists("\(fixture.home.path)/workspaces"))
        }
    }
}
