import Basics
import Glibc
import Journal
import TestSupport
import Testing
import Wire

/// A disk that fills up in the middle of a turn: a small file system of its own under the sessions' folder.
@Suite(.timeLimit(.minutes(2))) struct FullDiskTests {
    /// Runs the program given as arguments with `$LOCKGATE_HOME/sessions` on 64 KiB, and keeps what was written.
    static let smallDisk = [
        "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
        """
        mkdir -p "$LOCKGATE_HOME/sessions" && mount -t tmpfs -o size=64k none "$LOCKGATE_HOME/sessions" || exit 99
        "$0" "$@"
        status=$?
        cp -R "$LOCKGATE_HOME/sessions" "$LOCKGATE_HOME/kept"
        exit $status
        """,
    ]

    @Test func aDiskThatFillsUpEndsTheTurnWithAReasonAndAWholeJournal() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("seq 100000"), ExecFixture.shell("touch never"), .text("Done."), .text("Resumed."),
        ]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"], wrapper: Self.smallDisk)
            #expect(run.status == 1, "\(run.errorText)")
            #expect(!run.events.contains { $0["type"] == "turn.completed" })
            #expect(run.errorText.contains("No space left on device") || run.text.contains("No space left on device"))
            #expect(run.text.contains("free space on that disk"))
            #expect(!PosixFile.exists("\(fixture.repository.path)/never"))

            let kept = try #require(
                fixture.journals(in: "\(fixture.home.path)/kept").first, "the session's file is there")
            let reader = try JournalReader(path: kept)
            #expect(reader.tornBytes == 0)
            #expect(reader.records.contains { $0.type == "effect.requested" })
            // Everything that was shown had been recorded before.
            let shown = run.events.filter { $0["type"] == "item.started" || $0["type"] == "item.completed" }.count
            let recorded = reader.records.filter { record in
                record.type == "event" && ["item.started", "item.completed"].contains(record.payload["type"]?.string)
            }.count
            #expect(recorded >= shown)

            // With space again the session goes on.
            try #require(rmdir("\(fixture.home.path)/sessions") == 0)
            try #require(rename("\(fixture.home.path)/kept", "\(fixture.home.path)/sessions") == 0)
            let resumed = try await fixture.exec(["--json", "-s", "workspace-write", "resume", "--last", "go on"])
            #expect(resumed.status == 0, "\(resumed.errorText)")
        }
    }

    /// `/dev/full` refuses every byte with ENOSPC.
    static let fullOutput = ["sh", "-c", #""$0" "$@" >/dev/full"#]

    @Test(arguments: [["--json"], []])
    func outputThatCannotBeWrittenIsNoSuccess(_ flags: [String]) async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            let run = try await fixture.exec(flags + ["go"], wrapper: Self.fullOutput)
            #expect(run.status == 1)
            #expect(run.errorText.contains("standard output"), "\(run.errorText)")
            #expect(run.errorText.contains("resume --last"), "\(run.errorText)")
        }
    }
}
