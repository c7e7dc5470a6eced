import Basics
import Glibc
import TestSupport
import Testing

/// Sessions in worktrees, and the verbs for them, through the whole program.
@Suite(.timeLimit(.minutes(2))) struct WorktreeRunTests {
    @Test func aSessionInAWorktreeGoesOnThereAndItsChangesComeOver() async throws {
        try await ExecFixture.with(
            [
                ExecFixture.shell("echo one >> README.md; cat .env; echo $LOCKGATE_PORT_BASE; git commit -qam One"),
                .text("First."), ExecFixture.shell("echo two >> README.md; pwd"), .text("Second."),
                ExecFixture.shell("pwd"), .text("Third."),
            ],
            files: ["README.md": "# Test\n", ".gitignore": ".env\n"],
            settings: "worktree.copy = [\".env\"]\nworktree.setup = \"echo setup > made; echo SETUP-RAN\""
        ) { fixture in
            let root = fixture.repository.path
            try fixture.repository.folder.write(".env", "KEY=1\n")
            try fixture.repository.folder.write("draft", "draft\n")
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--carry", "--worktree=fix", "go"])
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let place = try #require(run.events.first { $0["type"] == "worktree" })
            let path = try #require(place["path"]?.string)
            #expect(place["branch"] == "lockgate/fix")
            #expect(path.hasPrefix("\(fixture.home.path)/worktrees/"))
            let outputs = run.items("command_execution").map { $0["aggregated_output"]?.string ?? "" }
            #expect(outputs.first == "SETUP-RAN\n")
            #expect(outputs.last?.hasPrefix("KEY=1\n\(place["port_base"]?.int ?? 0)\n") == true, "\(outputs)")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\n")
            #expect(try fixture.repository.git("log", "-1", "--format=%s", "lockgate/fix") == "One\n")
            // Resumed from the local tree it goes on in the worktree.
            let second = try await fixture.exec(["--json", "-s", "workspace-write", "resume", "--last", "more"])
            #expect(second.items("command_execution").first?["aggregated_output"]?.string == "\(path)\n")
            let diff = try await fixture.lockgate("worktree", "diff", "fix", "--name-only")
            #expect(diff.text == "M\tREADME.md\nA\tmade\n", "\(diff.errorText)")
            let merged = try await fixture.lockgate("worktree", "merge", "fix", "--yes")
            #expect(merged.status == 0, "\(merged.text)\(merged.errorText)")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\none\ntwo\n")
            let undone = try await ProgramRun.run(
                "lockgate", ["undo", "--yes"], in: root, environment: fixture.environment, scratch: fixture.home)
            #expect(undone.status == 0, "\(undone.errorText)")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\n")
            // Handed over, it goes on in the local tree, and is told so.
            let session = try #require(run.events.first?["thread_id"]?.string)
            let handed = try await fixture.lockgate("worktree", "handoff", session, "--json")
            #expect(handed.status == 0, "\(handed.text)\(handed.errorText)")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\none\ntwo\n")
            let third = try await fixture.exec(["--json", "-s", "workspace-write", "resume", session, "where"])
            #expect(third.items("command_execution").first?["aggregated_output"]?.string == "\(root)\n")
            #expect(String(decoding: fixture.server.requests[4].bytes, as: UTF8.self).contains("<cwd>\(root)</cwd>"))
        }
    }

    @Test func anyWorkThatIsOnlyInAWorktreeSurvivesItsRemoval() async throws {
        try await ExecFixture.with([ExecFixture.shell("echo only > here"), .text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "--worktree=w", "go"])
            #expect(run.status == 0, "\(run.text)\(run.errorText)")
            let listed = try await fixture.lockgate("worktree", "list", "--json")
            let all = try JSONValue(parsing: listed.output).array ?? []
            #expect(all.map { $0["name"] } == ["w"])
            #expect(all.first?["changed"] == 1)
            let removed = try await fixture.lockgate("worktree", "remove", "w", "--json")
            let archive = try #require(try JSONValue(parsing: removed.output)["archive"]?["id"]?.string)
            let lost = try await fixture.exec(["resume", "--last", "more"])
            #expect(lost.status == 1 && lost.errorText.contains("lockgate worktree restore w"), "\(lost.errorText)")
            let restored = try await fixture.lockgate("worktree", "restore", archive)
            #expect(restored.status == 0, "\(restored.errorText)")
            let path = try #require(all.first?["path"]?.string)
            #expect(try PosixFile.read("\(path)/here", limit: 100) == Array("only\n".utf8))
            let kept = try await fixture.lockgate("worktree", "gc", "--json")
            #expect(try JSONValue(parsing: kept.output)["removed"] == [])
        }
    }

    @Test func aSetupOfAProjectRunsOnlyWhenItWasReviewed() async throws {
        let files = ["README.md": "# Test\n", ".lockgate/config.toml": "worktree.setup = \"touch setup-ran\"\n"]
        try await ExecFixture.with([.text("Done."), .text("Done.")], files: files) { fixture in
            let untrusted = try await fixture.exec(["--json", "-s", "workspace-write", "--worktree", "hello there"])
            #expect(untrusted.status == 0, "\(untrusted.text)\(untrusted.errorText)")
            #expect(untrusted.items("command_execution") == [])
            let trust = try await ProgramRun.run(
                "lockgate", ["trust", "--yes"], in: fixture.repository.path, environment: fixture.environment,
                scratch: fixture.home)
            #expect(trust.status == 0, "\(trust.errorText)")
            let trusted = try await fixture.exec(["--json", "--worktree", "hello there"])
            #expect(trusted.items("command_execution").map { $0["exit_code"] } == [0], "\(trusted.text)")
        }
    }
}

/// A session that moves, with its changes.
@Suite(.timeLimit(.minutes(2))) struct WorktreeHandoffTests {
    @Test func aLocalSessionGoesToAWorktreeAndTheTreeIsAsCommitted() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo agent >> README.md; echo new > made"), .text("Begun."),
            ExecFixture.shell("pwd; cat made; echo more >> README.md"), .text("Ended."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "begin"])
            let session = try #require(run.events.first?["thread_id"]?.string)
            let out = try await fixture.lockgate("worktree", "handoff", session, "--to", "apart", "--json")
            #expect(out.status == 0, "\(out.text)\(out.errorText)")
            #expect(try fixture.repository.git("status", "--porcelain") == "")
            let path = try #require(try JSONValue(parsing: out.output)["to"]?.string)
            let second = try await fixture.exec(["--json", "-s", "workspace-write", "resume", session, "go on"])
            #expect(second.items("command_execution").first?["aggregated_output"] == .string("\(path)\nnew\n"))
            #expect(try fixture.repository.git("status", "--porcelain") == "")
            // And back, where something was edited meanwhile.
            try fixture.repository.folder.write("mine", "mine\n")
            let back = try await fixture.lockgate("worktree", "handoff", session)
            #expect(back.status == 0, "\(back.text)\(back.errorText)")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\nagent\nmore\n")
            #expect(try fixture.repository.git("status", "--porcelain") == " M README.md\n?? made\n?? mine\n")
            // Both moves are turns.
            for _ in 0..<2 { #expect(try await fixture.lockgate("undo", "--yes").status == 0) }
            #expect(try fixture.repository.git("status", "--porcelain") == " M README.md\n?? made\n?? mine\n")
            #expect(try fixture.repository.folder.text("README.md") == "# Test\nagent\n")
            #expect(try await fixture.lockgate("audit", "verify", session).status == 0)
        }
    }
}
