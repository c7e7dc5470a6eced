import Basics
import TestSupport
import Testing
import Wire

/// Commands on a terminal and on pipes, in the sandbox, as a model drives them over several calls.
@Suite(.timeLimit(.minutes(2))) struct TerminalSessionTests {
    /// What the model was told by its calls, in order, and the items of the commands.
    private func drive(_ steps: [ScriptedStep]) async throws -> (told: [String], items: [JSONValue]) {
        try await ExecFixture.with(steps + [.text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.status == 0, "\(run.errorText)")
            let input = fixture.server.requests.last?.body["input"]?.array ?? []
            let told = input.filter { $0["type"] == "function_call_output" }.compactMap { $0["output"]?.string }
            return (told, run.items("command_execution"))
        }
    }

    private func start(_ command: String, tty: Bool = false, yield: Int = 250) -> ScriptedStep {
        .call("exec_command", ["cmd": .string(command), "tty": .bool(tty), "yield_time_ms": .int(yield)])
    }

    private func send(_ chars: String, yield: Int = 60_000) -> ScriptedStep {
        .call("write_stdin", ["session_id": 1, "chars": .string(chars), "yield_time_ms": .int(yield)])
    }

    @Test func aTerminalIsOneWithItsSizeAndItsInput() async throws {
        let (told, items) = try await drive([
            start("test -t 0 && test -t 1 && stty size; read -r line; echo \"got: $line\"", tty: true),
            send("hello there\n"),
        ])
        #expect(told[0].contains("Process running with session ID 1\n"))
        #expect(told[1].contains("Process exited with code 0\n"))
        let whole = try #require(items.last?["aggregated_output"]?.string)
        #expect(whole.contains("40 120"))
        #expect(whole.contains("got: hello there"))
        #expect(items.last?["exit_code"] == 0)
    }

    @Test func anInterruptReachesWhatRunsOnTheTerminal() async throws {
        let (told, items) = try await drive([
            start("trap 'echo caught; exit 7' INT; echo ready; while :; do sleep 0.05; done", tty: true), send("\u{3}"),
        ])
        #expect(told[1].contains("Process exited with code 7\n"), "\(told)")
        #expect(items.last?["aggregated_output"]?.string?.contains("caught") == true)
    }

    @Test func pipesAreNoTerminalAndHaveNoInput() async throws {
        let (told, items) = try await drive([
            start("test -t 1 || echo no terminal; read -r line || echo no input; exec sleep 600"), send("hello\n"),
            send("\u{3}"),
        ])
        #expect(told[0].contains("no terminal\nno input\n"), "\(told)")
        #expect(told[1].hasPrefix("Not sent. the command does not read input"), "\(told)")
        #expect(told[2].contains("Process ended by signal 2"), "\(told)")
        #expect(items.map { $0["status"] } == ["completed", "failed", "failed"])
    }

    @Test func severalTerminalsGoOnBesideEachOther() async throws {
        let (told, _) = try await drive([
            start("read -r a; echo \"first $a\"", tty: true), start("read -r a; echo \"second $a\"", tty: true),
            .call("write_stdin", ["session_id": 2, "chars": "two\n", "yield_time_ms": 60_000]), send("one\n"),
        ])
        #expect(told[2].contains("second two"), "\(told)")
        #expect(told[3].contains("first one"), "\(told)")
    }
}
