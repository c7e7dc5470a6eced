import Basics
import TestSupport
import Testing

/// `filesystem.deny_read` in a whole session, for commands and for the product's own tools.
@Suite(.timeLimit(.minutes(2))) struct DeniedReadTests {
    private static let files = [
        "README.md": "seen\n", "secrets/a": "hidden-1\n", "conf/x.pem": "hidden-2\n", "conf/x.txt": "seen\n",
        "[id]/key": "hidden-3\n", "[id]/conf/y.pem": "hidden-4\n",
    ]
    private static let settings = "filesystem.deny_read = [\"secrets\", \"conf/*.pem\", \"key\"]"

    @Test(arguments: ["", "/[id]"]) func relativeEntriesStartAtTheWorkspaceWhereverTheRunWasStarted(_ folder: String)
        async throws
    {
        let hidden = folder.isEmpty ? ["secrets/a", "conf/x.pem"] : ["key", "conf/y.pem"]
        let steps = hidden.map { ScriptedStep.call("read_file", ["path": .string($0)]) }
        try await ExecFixture.with(
            [ExecFixture.shell("cat \(hidden.joined(separator: " ")); echo end")] + steps + [.text("Done.")],
            files: Self.files, settings: Self.settings
        ) { fixture in
            let run = try await fixture.exec(
                ["--json", "-C", fixture.repository.path + folder, "go"], in: fixture.home.path)
            let command = try #require(run.items("command_execution").first)
            #expect(command["aggregated_output"]?.string?.hasSuffix("end\n") == true)
            let journal = try #require(fixture.journals.last.flatMap { PosixFile.head($0, limit: 1 << 20) })
            for text in [run.text, String(decoding: journal, as: UTF8.self)] { #expect(!text.contains("hidden-")) }
        }
    }
}
