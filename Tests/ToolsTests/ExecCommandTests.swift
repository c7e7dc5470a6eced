import Basics
import Glibc
import Synchronization
import TestSupport
import Testing
import Tools
import Wire

/// `exec_command`: what a model is told of a command, and what the item says of it.
@Suite struct ExecCommandTests {
    /// How a command ends, and what is said of it.
    struct End: Sendable, CustomTestStringConvertible {
        var exit: CommandExit
        var line: String
        var code: Int
        var status: ThreadItem.Status
        var signal: String?

        var testDescription: String { line }
    }

    static let ends: [End] = [
        End(exit: .exited(0), line: "Process exited with code 0", code: 0, status: .completed),
        End(exit: .exited(3), line: "Process exited with code 3", code: 3, status: .failed),
        End(
            exit: .signaled(Int(SIGKILL)), line: "Process ended by signal 9", code: 137, status: .failed,
            signal: "Killed"),
    ]

    @Test(arguments: ends) func aCommandThatEndsIsOneItem(_ end: End) async throws {
        let bench = try CommandBench { command in
            command.print("some\noutput\n")
            command.end(end.exit)
        }
        let result = try await bench.exec.call(["cmd": "make test"], bench.host)
        #expect(result.text.contains("\n\(end.line)\nOutput:\nsome\noutput\n"))
        #expect(!result.isError)
        var item = ThreadItem.CommandExecution(command: "make test", cwd: "/w")
        guard case .began(.commandExecution(item))? = bench.host.steps.first else {
            Issue.record("\(bench.host.steps)")
            return
        }
        item = try #require(bench.host.commands.first)
        #expect(bench.host.steps.count == 2)
        #expect(item.exitCode == end.code)
        #expect(item.status == end.status)
        #expect(item.signal == end.signal)
        #expect(item.aggregatedOutput == "some\noutput\n")
        #expect(item.terminal == nil)
        #expect(
            bench.host.effects == [
                .runCommand(argv: ["/bin/bash", "-c", "make test"], display: "make test", cwd: "/w")
            ])
    }

    @Test func theEndOfTheSandboxIsTheReasonAndIsJournaled() async throws {
        let lost = LockgateError("sandbox.session_lost", "the helper was killed", remedy: "run it again")
        let bench = try CommandBench { command in
            command.print("half")
            command.lose(lost)
        }
        bench.launcher.incidents.withLock { $0 = ["helper_lost"] }
        let result = try await bench.exec.call(["cmd": "make"], bench.host)
        #expect(result.text.contains("the helper was killed run it again"))
        let item = try #require(bench.host.commands.first)
        #expect(item.reason == "the helper was killed")
        #expect(item.reasonCode == "sandbox.session_lost")
        #expect(item.status == .failed)
        let outcome = try #require(bench.host.outcomes.first)
        #expect(outcome["loss"] == ["code": "sandbox.session_lost", "message": "the helper was killed"])
        #expect(outcome["sandbox_incidents"] == ["helper_lost"])
        _ = try await bench.exec.call(["cmd": "make"], bench.host)
        #expect(bench.host.outcomes.last?["sandbox_incidents"] == nil, "told once")
    }

    @Test(arguments: ["", "[]", "{}", "{\"cmd\": 3}", "{\"cmd\"", "null"])
    func wrongArgumentsStartNothing(text: String) async throws {
        let bench = try CommandBench { $0.end(.exited(0)) }
        let result = try await bench.exec.call(text: text, bench.host)
        #expect(result.isError)
        #expect(result.text == "The arguments must be a JSON object with a string \"cmd\".")
        #expect(bench.host.steps == [])
        #expect(bench.launcher.commands.isEmpty)
    }

    @Test func theArgumentsDecideHowItIsStarted() async throws {
        let cases: [(arguments: JSONValue, allowsLogin: Bool, request: CommandRequest)] = [
            (["cmd": "ls"], true, CommandRequest(argv: ["/bin/bash", "-c", "ls"], cwd: "/w")),
            (
                ["cmd": "ls", "workdir": "sub/../x"], true,
                CommandRequest(argv: ["/bin/bash", "-c", "ls"], cwd: "/w/x")
            ),
            (["cmd": "ls", "workdir": "/etc"], true, CommandRequest(argv: ["/bin/bash", "-c", "ls"], cwd: "/etc")),
            (["cmd": "ls", "login": true], true, CommandRequest(argv: ["/bin/bash", "-lc", "ls"], cwd: "/w")),
            (["cmd": "ls", "login": true], false, CommandRequest(argv: ["/bin/bash", "-c", "ls"], cwd: "/w")),
            (
                ["cmd": "top", "tty": true], true,
                CommandRequest(
                    argv: ["/bin/bash", "-c", "top"], cwd: "/w",
                    terminal: CommandRequest.TerminalSize(rows: 40, columns: 120))
            ),
        ]
        for (arguments, allowsLogin, request) in cases {
            let bench = try CommandBench(adjust: { $0.allowsLoginShell = allowsLogin }) { $0.end(.exited(0)) }
            _ = try await bench.exec.call(arguments, bench.host)
            #expect(try bench.command.request == request)
        }
    }

    @Test func longOutputKeepsItsHeadAndItsTail() async throws {
        let lines = (0..<100_000).map { "line \($0)\n" }.joined()
        let bench = try CommandBench { command in
            DetachedThread {
                command.print(lines)
                command.end(.exited(0))
            }.start()
        }
        let result = try await bench.exec.call(["cmd": "flood", "max_output_tokens": 250], bench.host)
        let output = try #require(result.output)
        #expect(output.utf8.count <= 1100)
        #expect(output.hasPrefix("line 0\nline 1\n"))
        #expect(output.contains("left out …]\n"))
        #expect(output.hasSuffix("line 99999\n"))
        #expect(result.text.contains("\nTotal output: \(lines.utf8.count) bytes, shortened below\n"))
        let item = try #require(bench.host.commands.first)
        #expect(item.aggregatedOutput.hasPrefix("line 0\n"))
        #expect(item.aggregatedOutput.hasSuffix("line 99999\n"))
        #expect(item.aggregatedOutput.utf8.count < 300_000)
        #expect(item.omittedBytes > 0)
    }

    @Test func noAskingBringsMoreThanTheSessionAllows() async throws {
        let text = String(repeating: "x", count: 100_000)
        for (tokens, most) in [(1_000_000, 40_000), (-5, 400), (2_500, 10_000)] {
            let bench = try CommandBench { command in
                DetachedThread {
                    command.print(text)
                    command.end(.exited(0))
                }.start()
            }
            let result = try await bench.exec.call(["cmd": "x", "max_output_tokens": .int(tokens)], bench.host)
            let count = try #require(result.output?.utf8.count)
            #expect(count <= most + 100)
            #expect(count > most / 2)
        }
    }

    @Test func whatTheSandboxCannotDoIsARefusalWithItsRule() async throws {
        let bench = try CommandBench { _ throws(LockgateError) in
            throw LockgateError("sandbox.no_user_namespaces", "no user namespaces", remedy: "allow them")
        }
        let result = try await bench.exec.call(["cmd": "ls"], bench.host)
        #expect(result.isError)
        #expect(result.text == "The command was not run: no user namespaces")
        let item = try #require(bench.host.commands.first)
        #expect(item.status == .failed)
        #expect(item.reason == "no user namespaces")
        #expect(bench.host.steps.last == .refused(rule: "sandbox.no_user_namespaces"))
    }

    @Test func whatTheGateDeniesIsNotStarted() async throws {
        let verdict = Verdict(.deny, rule: "r = 1", origin: Origin(.builtIn), reason: "No.")
        let bench = try CommandBench(host: RecordingHost(denying: verdict)) { $0.end(.exited(0)) }
        let result = try await bench.exec.call(["cmd": "ls"], bench.host)
        #expect(result.isError)
        #expect(result.text == "The command was not run. No. (rule: r = 1)")
        #expect(bench.host.commands.map(\.status) == [.declined])
        #expect(bench.launcher.commands.isEmpty)
    }

    @Test func anInterruptEndsTheCommandAndKeepsItsOutput() async throws {
        let (launches, launch) = AsyncStream<Void>.makeStream()
        let bench = try CommandBench { command in
            command.print("begun\n")
            launch.yield()
        }
        let turn = Task { try await bench.exec.call(["cmd": "server", "yield_time_ms": 300_000], bench.host) }
        for await _ in launches { break }
        turn.cancel()
        await #expect(throws: CancellationError.self) { try await turn.value }
        let command = try bench.command
        #expect(command.interrupts == 1)
        #expect(command.terminations == 1)
        let item = try #require(bench.host.commands.first)
        #expect(item.aggregatedOutput == "begun\n")
        #expect(item.signal == "Terminated")
        #expect(item.status == .failed)
    }

    @Test func aCommandOverItsLimitIsStoppedAndSaysSo() async throws {
        let bench = try CommandBench { $0.print("waiting\n") }
        let outcome = try await bench.commands.run(
            "sleep 600", limit: .milliseconds(1), outputBytes: 1000, host: bench.host)
        #expect(outcome == .stopped(output: "waiting\n"))
        #expect(try bench.command.terminations == 1)
    }

    @Test func commandsOverlap() async throws {
        let both = Mutex<[ScriptedCommand]>([])
        // The first ends only when the second has begun.
        let bench = try CommandBench { command in
            let all = both.withLock { commands in
                commands.append(command)
                return commands
            }
            if all.count == 2 { for command in all { command.end(.exited(0)) } }
        }
        async let one = bench.exec.call(["cmd": "1", "yield_time_ms": 300_000], bench.host)
        async let two = bench.exec.call(["cmd": "2", "yield_time_ms": 300_000], bench.host)
        let texts = try await [one.text, two.text]
        #expect(texts.allSatisfy { $0.contains("exited with code 0") })
    }
}
