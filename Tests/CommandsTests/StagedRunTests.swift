import Basics
import Glibc
import TestSupport
import Testing
import Wire

/// Staged sessions through the whole program: nothing of the workspace changes before an apply.
@Suite(.timeLimit(.minutes(4))) struct StagedRunTests {
    private static let methods = ["overlay", "copy"]

    private static let patch = """
        *** Begin Patch
        *** Update File: README.md
        @@
        -# Test
        +# Patched
        *** Add File: made/by-patch
        +text
        *** End Patch
        """

    @Test(arguments: methods) func commandsAndPatchesAreStagedShownAppliedAndTakenBack(method: String) async throws {
        try await ExecFixture.with(
            [
                ExecFixture.shell(
                    "echo 'by command' > made-by-command; git add -A; git commit -qm staged; chmod 700 src/a.c"),
                .call("apply_patch", ["input": .string(Self.patch)]),
                ExecFixture.shell("cat made/by-patch README.md"), .text("Done."),
            ],
            files: ["README.md": "# Test\n", "src/a.c": "int a;\n"]
        ) { fixture in
            let before = try fixture.tree(isWhole: true)
            let run = try await fixture.exec(["--json", "--stage", "-c", "staged.method=\"\(method)\"", "go"])
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            #expect(try fixture.tree(isWhole: true) == before)
            // The tools and the commands see one tree.
            let shown = run.items("command_execution").last?["aggregated_output"]?.string ?? ""
            #expect(shown.contains("text\n# Patched"), "\(run.text)")
            #expect(!run.events.contains { $0["type"] == "checkpoint" })
            let event = try #require(run.events.first { $0["type"] == "staged" })
            let changes = (event["changes"]?.array ?? []).map {
                "\($0["kind"]?.string ?? "") \($0["path"]?.string ?? "")"
            }
            #expect(
                changes.sorted() == ["add made-by-command", "add made/by-patch", "update README.md", "update src/a.c"])
            #expect(event["repository_changed"] == true)
            #expect(event["method"]?.string == method)
            #expect(run.events.last?["type"] == "turn.completed")
            let session = try #require(event["session"]?.string)
            #expect(event["apply_command"]?.string == "lockgate apply \(session)")

            let diff = try await fixture.lockgate("diff", "--staged")
            #expect(
                diff.text.contains("+# Patched") && diff.text.contains("refs/heads/"), "\(diff.text)\(diff.errorText)")
            let json = try await fixture.lockgate("diff", "--staged", session, "--json")
            #expect(try JSONValue(parsing: json.output)["session"]?.string == session)
            let list = try await fixture.lockgate("apply", "--list")
            #expect(list.text.contains(session))
            #expect(try await fixture.lockgate("apply").status == 1)
            #expect(try fixture.tree(isWhole: true) == before)

            let part = try await fixture.lockgate("apply", session, "README.md", "--yes")
            #expect(part.status == 0, "\(part.text)\(part.errorText)")
            let rest = try await fixture.lockgate("apply", "--yes", "--json")
            #expect(rest.status == 0, "\(rest.text)\(rest.errorText)")
            #expect(try JSONValue(parsing: rest.output)["complete"] == true)
            #expect(try fixture.repository.git("log", "-1", "--format=%s") == "staged\n")
            #expect(try fixture.repository.git("status", "--porcelain") == " M README.md\n M src/a.c\n?? made/\n")
            #expect(try await fixture.lockgate("diff", "--staged").status == 1)
            #expect(try await fixture.lockgate("undo", "2", "--yes").status == 0)
            let after = try fixture.tree()
            #expect(after.split(separator: "\n").filter { !before.contains($0) } == [])
        }
    }

    @Test func aStageIsResumedAndDropped() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo one > one"), .text("One."), ExecFixture.shell("cat one; echo two > two"),
            .text("Two."),
            .text("Three."),
        ]) { fixture in
            let before = try fixture.tree()
            #expect(try await fixture.exec(["--stage", "-s", "workspace-write", "go"]).status == 0)
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "resume", "--last", "go on"])
            #expect(run.items("command_execution").last?["aggregated_output"] == "one\n")
            let event = try #require(run.events.last { $0["type"] == "staged" })
            #expect(event["changed"] == 2)
            #expect(try fixture.tree() == before)
            let session = try #require(event["session"]?.string)
            #expect(try await fixture.lockgate("apply", "--drop", "--yes").status == 0)
            #expect(try await fixture.lockgate("apply", "--yes").status == 1)
            #expect(try fixture.tree() == before)
            // By its id it can still be had.
            #expect(try await fixture.lockgate("apply", session, "two", "--yes").status == 0)
            #expect(PosixFile.exists(fixture.repository.path + "/two"))
        }
    }

    @Test(arguments: methods) func turnsAreTakenBackWithinTheStage(method: String) async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo one > one; rm README.md; mkdir d; echo x > d/x"), .text("One."),
            ExecFixture.shell("echo two > one; rm -r d; echo d > d; git add -A; git commit -qm two"), .text("Two."),
            ExecFixture.shell("cat one d/x; ls README.md; git log --format=%s"), .text("Three."),
        ]) { fixture in
            let before = try fixture.tree(isWhole: true)
            let place = ["-s", "workspace-write", "-c", "staged.method=\"\(method)\""]
            #expect(try await fixture.exec(["--stage"] + place + ["go"]).status == 0)
            let first = try await fixture.lockgate("diff", "--staged")
            #expect(try await fixture.exec(place + ["resume", "--last", "go on"]).status == 0)
            let preview = try await fixture.lockgate("undo", "--staged")
            #expect(preview.status == 1 && preview.text.contains("change one"), "\(preview.text)\(preview.errorText)")
            let undone = try await fixture.lockgate("undo", "--staged", "--yes")
            #expect(undone.status == 0, "\(undone.text)\(undone.errorText)")
            let after = try await fixture.lockgate("diff", "--staged")
            #expect(
                after.text.split(separator: "\n").filter { !$0.contains("objects and packs") }
                    == first.text.split(separator: "\n"))
            // The session goes on in the stage as it is now.
            let third = try await fixture.exec(["--json"] + place + ["resume", "--last", "look"])
            let shown = third.items("command_execution").last?["aggregated_output"]?.string ?? ""
            #expect(shown.hasPrefix("one\nx\n") && !shown.contains("two"), "\(shown)")
            #expect(try await fixture.lockgate("undo", "--staged", "5", "--yes").status == 0)
            let rest = try await fixture.lockgate("diff", "--staged", "--name-only")
            #expect(rest.text.split(separator: "\n").filter { !$0.contains(".git/objects") } == [], "\(rest.text)")
            #expect(try fixture.tree(isWhole: true) == before)
        }
    }

    @Test func aProjectThatIsNotTrustedIsStagedByItself() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo x > made; git add made; git commit -qm x"), .text("Done."),
            ExecFixture.shell("echo x > made"), .text("Done."), .text("Nothing."),
        ]) { fixture in
            let before = try fixture.tree(isWhole: true)
            let run = try await fixture.exec(["--json", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(run.events.contains { $0["type"] == "staged" })
            // Who asks for read-only gets that.
            let readOnly = try await fixture.exec(["--json", "-s", "read-only", "go"])
            #expect(!readOnly.events.contains { $0["type"] == "staged" })
            #expect(readOnly.items("command_execution").last?["exit_code"] != 0)
            #expect(try fixture.tree(isWhole: true) == before)
            // A session that changes nothing leaves no stage.
            #expect(try await fixture.exec(["--json", "go"]).status == 0)
            #expect(PosixFile.list(fixture.home.path + "/staged").count == 1)
        }
    }

    @Test func whatAKilledRunHasStagedIsFound() async throws {
        try await ExecFixture.with([ExecFixture.shell("rm README.md; echo x > made"), ExecFixture.longCommand]) {
            fixture in
            let before = try fixture.tree(isWhole: true)
            let run = try fixture.start("--json", "--stage", "go")
            await fixture.server.waitForRequests(2)
            let busy = try await fixture.lockgate("apply", "--yes")
            #expect(busy.status == 1 && busy.errorText.contains("at work"), "\(busy.errorText)")
            run.signal(SIGKILL)
            _ = try await run.result()
            #expect(try fixture.tree(isWhole: true) == before)
            let applied = try await fixture.lockgate("apply", "--yes")
            #expect(applied.status == 0, "\(applied.text)\(applied.errorText)")
            #expect(!PosixFile.exists(fixture.repository.path + "/README.md"))
            #expect(try await fixture.lockgate("undo", "--yes").status == 0)
            #expect(try fixture.tree(isWhole: true) == before)
        }
    }

    /// A home on an overlay cannot hold another one's layer.
    @Test func whereAnOverlayIsRefusedTheSessionWorksOnACopy() async throws {
        let change = ExecFixture.shell("echo x > made; rm README.md")
        try await ExecFixture.with([change, .text("Done."), change, .text("Done.")]) { fixture in
            try await TemporaryFolder.with { layers in
                for name in ["upper", "work"] { try layers.makeFolder(name) }
                let mount =
                    "userxattr,lowerdir=\(fixture.home.path),upperdir=\(layers.path)/upper,workdir=\(layers.path)/work"
                let wrapper = [
                    "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                    "mount -t overlay -o '\(mount)' overlay '\(fixture.home.path)' && exec \"$@\"", "sh",
                ]
                let before = try fixture.tree(isWhole: true)
                let run = try await fixture.exec(["--json", "--stage", "go"], wrapper: wrapper)
                #expect(run.status == 0, "\(run.errorText)")
                #expect(run.errorText.contains("The session works on a copy."), "\(run.errorText)")
                let event = try #require(run.events.first { $0["type"] == "staged" })
                #expect(event["method"] == "copy")
                #expect(event["changed"] == 2, "\(run.text)")
                // Nobody asked for a stage: nothing is copied, and nothing can be changed.
                let other = try await fixture.exec(["--json", "go"], wrapper: wrapper)
                #expect(other.errorText.contains("this session is read-only"), "\(other.errorText)")
                #expect(!other.events.contains { $0["type"] == "staged" })
                #expect(try fixture.tree(isWhole: true) == before)
            }
        }
    }

    @Test func contradictionsAreRefused() async throws {
        try await ExecFixture.with([.text("Never.")]) { fixture in
            for arguments in [
                ["--stage", "--ephemeral"], ["--stage", "--yolo"], ["--stage", "-s", "read-only"],
                ["--stage", "--add-dir", "/tmp"],
            ] {
                let run = try await fixture.exec(arguments + ["go"])
                #expect(run.status == 2, "\(arguments): \(run.errorText)")
            }
            #expect(PosixFile.list(fixture.home.path + "/staged").isEmpty)
        }
    }

    @Test func attacksOnTheRealTreeChangeNothing() async throws {
        let attacks = [
            "ln -s \"$PWD\" up; echo x > up/README.md; chmod 777 up", "rm README.md; ln -s /etc/passwd README.md",
            "ln -s \"$PWD/README.md\" absolute; echo y > absolute",
            "chmod -R 700 . ; touch -d 2001-01-01 README.md .git",
            "git gc -q --prune=now; git update-ref -d HEAD", "mount --bind /tmp . ; umount .; echo done",
            "cd /proc/1/root$PWD 2>/dev/null && echo z > README.md",
            "for f in /proc/*/root$PWD/README.md /proc/*/cwd/README.md; do echo q > $f; done 2>/dev/null; true",
        ]
        let patch = """
            *** Begin Patch
            *** Add File: up/through-link
            +text
            *** End Patch
            """
        let steps =
            attacks.map(ExecFixture.shell) + [.call("apply_patch", ["input": .string(patch)]), .text("Done.")]
        try await ExecFixture.with(steps) { fixture in
            let before = try fixture.tree(isWhole: true)
            let run = try await fixture.exec(["--json", "--stage", "go"])
            #expect(run.status == 0 || run.status == 4, "\(run.errorText)")
            #expect(try fixture.tree(isWhole: true) == before)
            #expect(!PosixFile.exists(fixture.repository.path + "/.lockgate"))
        }
    }

    /// As `DestructionRunTests`, in a stage: nothing is destroyed before the apply, and all is back after its undo.
    @Test(arguments: 0..<3) func whatARunDestroysIsNotDestroyedBeforeItIsApplied(group: Int) async throws {
        let ways = DestructionScripts.ways.enumerated().filter { $0.offset % 3 == group }.map(\.element)
        let steps = ways.flatMap { [ExecFixture.shell($0), ScriptedStep.text("Tidied up.")] }
        try await ExecFixture.with(steps, files: [:]) { fixture in
            try fixture.run("rm -rf .git && \(DestructionScripts.repository)")
            let (before, whole) = (try fixture.tree(), try fixture.tree(isWhole: true))
            let lines = Set(before.split(separator: "\n"))
            var applied = 0
            for way in ways {
                let run = try await fixture.exec(["--json", "--stage", "tidy up"])
                #expect(run.status == 0 || run.status == 4, "\(way): \(run.errorText)")
                #expect(
                    try fixture.tree(isWhole: true).split(separator: "\n").count
                        >= whole.split(separator: "\n").count)
                #expect(try Set(fixture.tree().split(separator: "\n")) == lines, "\(way)")
                guard let event = run.events.last(where: { $0["type"] == "staged" }) else { continue }
                try fixture.run("mkdir -p later && echo mine > later/mine && echo mine > mine")
                let session = event["session"]?.string ?? ""
                let done = try await fixture.lockgate("apply", session, "--yes", "--json")
                #expect(done.status == 0 || done.status == 4, "\(way): \(done.text)\(done.errorText)")
                let isChanged =
                    try Set(
                        fixture.tree().split(separator: "\n").filter {
                            !$0.contains("mine") && !$0.contains("later")
                        }) != lines
                // An apply takes no objects away, so what was staged may come to nothing.
                guard try JSONValue(parsing: done.output)["applied"] == true, isChanged else {
                    try fixture.run("rm -r later mine")
                    continue
                }
                applied += 1
                _ = try await fixture.lockgate("apply", session, "--drop", "--yes")
                let undone = try await ProgramRun.run(
                    "lockgate", ["undo", "--yes", "-C", fixture.repository.path], in: fixture.home.path,
                    environment: fixture.environment, scratch: fixture.home)
                #expect(undone.status == 0, "\(way): \(undone.text)\(undone.errorText)")
                try fixture.run(
                    "test \"$(cat later/mine mine)\" = \"$(printf 'mine\\nmine')\" && rm -r later mine")
                let after = Set(try fixture.tree().split(separator: "\n"))
                #expect(lines.symmetricDifference(after).sorted() == [], "\(way)")
            }
            #expect(applied > 5)
            try fixture.run("git fsck --full --strict >/dev/null")
        }
    }
}
