import Basics
import TestSupport
import Testing

/// The question that `lockgate import` puts on a terminal.
@Suite(.timeLimit(.minutes(2))) struct ImportTerminalTests {
    /// Runs a program on a terminal of its own, answers the question, and prints what the terminal showed.
    private static let typist = """
        import os, pty, sys
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvp(sys.argv[2], sys.argv[2:])
        shown, answered = b"", False
        while True:
            try:
                chunk = os.read(terminal, 4096)
            except OSError:
                break
            if not chunk:
                break
            shown += chunk
            if not answered and b"[y/N]" in shown:
                os.write(terminal, sys.argv[1].encode() + b"\\n")
                answered = True
        sys.stdout.buffer.write(shown)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
        """

    @Test(arguments: [("y", true), ("n", false), ("", false)])
    func onlyAYesWrites(_ sample: (answer: String, writes: Bool)) async throws {
        try await ProjectFixture.with(["home/.codex/config.toml": "model = \"m\"\n"]) { fixture in
            let run = try await ProgramRun.run(
                "lockgate", ["import", "codex"], in: fixture.project, environment: fixture.environment,
                scratch: fixture.folder,
                wrapper: ["/usr/bin/env", "python3", "-c", Self.typist, sample.answer])
            #expect(run.status == (sample.writes ? 0 : 1))
            #expect(run.text.contains("+model = \"m\"") && run.text.contains("Write this file? [y/N]"))
            let written = try fixture.folder.read("home/.lockgate/config.toml")
            #expect(written.map { String(decoding: $0, as: UTF8.self) } == (sample.writes ? "model = \"m\"\n" : nil))
        }
    }
}
