import TestSupport
import Testing
import Wire
import Workspace

@Suite(.timeLimit(.minutes(2))) struct UndoCommandTests {
    private func lockgate(_ arguments: String..., in folder: TemporaryFolder) async throws -> ProgramRun.Result {
        let environment = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.at("home"), "LOCKGATE_HOME": folder.at("state"),
        ]
        return try await ProgramRun.run(
            "lockgate", arguments, in: folder.at("project"), environment: environment, scratch: folder)
    }

    /// A project in which a turn has changed one file, deleted another and made a third.
    private func prepare(_ folder: TemporaryFolder) throws {
        for name in ["project", "home", "state"] { try folder.makeFolder(name) }
        try folder.write("project/changed", "old\n")
        try folder.write("project/sub/deleted", "precious\n")
        let store = try CheckpointStore(home: folder.at("state"), workspace: folder.at("project"))
        let turn = try store.begin("make it better\u{1B}[2J")
        try folder.write("project/changed", "new\n")
        try folder.write("project/made", "made\n")
        let run = try OracleCommand.run(["rm", "-r", "project/sub"], in: folder)
        #expect(run.status == 0)
        _ = try store.end(turn)
    }

    @Test func aPreviewChangesNothing() async throws {
        try await TemporaryFolder.with { folder in
            try prepare(folder)
            let run = try await lockgate("undo", in: folder)
            #expect(run.status == 1)
            let preview = "undo of t1:\n  change changed\n  delete made\n  create sub\n  create sub/deleted\n"
            #expect(run.text == preview)
            #expect(run.errorText.contains("--yes"))
            #expect(try folder.names("project") == ["changed", "made"])
        }
    }

    @Test func undoAndRedoGoBackAndForth() async throws {
        try await TemporaryFolder.with { folder in
            try prepare(folder)
            #expect(try await lockgate("undo", "--yes", in: folder).status == 0)
            #expect(try folder.names("project") == ["changed", "sub"])
            #expect(try folder.text("project/sub/deleted") == "precious\n")
            #expect(try await lockgate("undo", "--yes", in: folder).status == 1)
            #expect(try await lockgate("redo", "--yes", in: folder).status == 0)
            #expect(try folder.names("project") == ["changed", "made"])
            let list = try await lockgate("undo", "--list", in: folder)
            #expect(list.text.split(separator: "\n").count == 4)
            #expect(list.text.hasSuffix("checkpoints of this workspace: 3 turns, 1 MB\n"))
            #expect(!list.text.contains("\u{1B}"))
        }
    }

    @Test func whatWasEditedSinceStaysAndIsSaid() async throws {
        try await TemporaryFolder.with { folder in
            try prepare(folder)
            try folder.write("project/changed", "mine\n")
            let run = try await lockgate("undo", "-y", in: folder)
            #expect(run.status == 4)
            #expect(run.text.contains("keep changed: edited since; the earlier one goes to changed.lockgate-undo"))
            #expect(try folder.text("project/changed") == "mine\n")
            #expect(try folder.text("project/changed.lockgate-undo") == "old\n")
        }
    }

    @Test func aDiffIsWhatGitApplies() async throws {
        try await TemporaryFolder.with { folder in
            try prepare(folder)
            let diff = try await lockgate("diff", in: folder)
            #expect(diff.status == 0)
            try folder.write("patch", diff.output)
            let applied = try OracleCommand.run(
                ["git", "-C", "project", "apply", "-R", "--unsafe-paths", "../patch"], in: folder)
            #expect(applied.status == 0, "\(applied.errorText)")
            #expect(try folder.text("project/sub/deleted") == "precious\n")
            #expect(try folder.text("project/changed") == "old\n")
        }
    }

    @Test func aDeletedWorkspaceComesBackFromOutside() async throws {
        try await TemporaryFolder.with { folder in
            try prepare(folder)
            let store = try CheckpointStore(home: folder.at("state"), workspace: folder.at("project"))
            let turn = try store.begin("gone")
            _ = try OracleCommand.run(["rm", "-rf", "project"], in: folder)
            _ = try store.end(turn)
            try folder.makeFolder("elsewhere")
            let run = try await ProgramRun.run(
                "lockgate", ["undo", "-y", "-C", folder.at("project")], in: folder.at("elsewhere"),
                environment: ["HOME": folder.at("home"), "LOCKGATE_HOME": folder.at("state"), "PATH": "/usr/bin:/bin"],
                scratch: folder)
            #expect(run.status == 0, "\(run.errorText)")
            #expect(try folder.text("project/changed") == "new\n")
        }
    }
}
