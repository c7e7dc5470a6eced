import Basics
import Glibc
import TestSupport
import Testing
import Tools
import Wire

/// Commands that go on after their call: what is sent to them, what is read from them, and how they end.
@Suite struct WriteStdinTests {
    /// Starts a command that yields while it runs and returns its session.
    private func start(_ bench: CommandBench) async throws -> JSONValue {
        let result = try await bench.exec.call(["cmd": "server", "yield_time_ms": 1], bench.host)
        let marker = "Process running with session ID "
        guard let line = result.text.split(separator: "\n").first(where: { $0.hasPrefix(marker) }),
            let number = Int(line.dropFirst(marker.count))
        else { throw TestFailure(result.text) }
        return .int(number)
    }

    @Test func aCommandThatGoesOnIsASessionUntilItEnds() async throws {
        let bench = try CommandBench { $0.print("ready\n") }
        let session = try await start(bench)
        #expect(bench.host.commands.map(\.status) == [.completed])
        #expect(bench.host.commands.map(\.terminal) == [session.int])
        try bench.command.print("bye\n")
        try bench.command.end(.exited(0))
        let last = try await bench.stdin.call(["session_id": session, "yield_time_ms": 300_000], bench.host)
        #expect(last.text.contains("Process exited with code 0\nOutput:\n"))
        let item = try #require(bench.host.commands.last)
        #expect(item.command == "server")
        #expect(item.aggregatedOutput == "ready\nbye\n")
        #expect(item.exitCode == 0)
        let none = try await bench.stdin.call(["session_id": session], bench.host)
        #expect(none.isError)
        #expect(none.text == "There is no running command with session ID \(session.int ?? 0).")
    }

    @Test func charsAreSentAsTheyAreAndAnInterruptIsNot() async throws {
        let bench = try CommandBench { _ in }
        let session = try await start(bench)
        for chars in ["", "y\n", "\u{3}", "naïve\u{4}"] {
            _ = try await bench.stdin.call(
                ["session_id": session, "chars": .string(chars), "yield_time_ms": 1], bench.host)
        }
        let command = try bench.command
        #expect(command.input == [Array("y\n".utf8), Array("naïve\u{4}".utf8)])
        #expect(command.interrupts == 1)
        #expect(
            bench.host.effects.dropFirst() == [
                .writeInput(terminal: 1, bytes: 0), .writeInput(terminal: 1, bytes: 2),
                .writeInput(terminal: 1, bytes: 1), .writeInput(terminal: 1, bytes: 7),
            ])
        command.end(.exited(0))
    }

    @Test func aCommandWithoutInputIsAnAnswerAndNotTheEndOfTheTurn() async throws {
        let bench = try CommandBench(takesInput: false) { _ in }
        let session = try await start(bench)
        let result = try await bench.stdin.call(["session_id": session, "chars": "y\n"], bench.host)
        #expect(result.isError)
        #expect(result.text == "Not sent. the command does not read input")
        let item = try #require(bench.host.commands.last)
        #expect(item.status == .failed)
        #expect(item.reason == "the command does not read input")
        // It is still there.
        try bench.command.end(.exited(7))
        let rest = try await bench.stdin.call(["session_id": session, "yield_time_ms": 300_000], bench.host)
        #expect(rest.text.contains("exited with code 7"))
    }

    @Test func whatTheGateDeniesIsNotSent() async throws {
        let bench = try CommandBench { _ in }
        let session = try await start(bench)
        let verdict = Verdict(.deny, rule: "r = 1", origin: Origin(.builtIn), reason: "No.")
        let host = RecordingHost(denying: verdict)
        let result = try await bench.stdin.call(["session_id": session, "chars": "rm\n"], host)
        #expect(result.text == "Not sent. No. (rule: r = 1)")
        #expect(host.commands.map(\.status) == [.declined])
        #expect(try bench.command.input == [])
        try bench.command.end(.exited(0))
    }

    @Test(arguments: ["", "{}", "{\"session_id\": \"1\"}", "[1]", "{\"session_id\""])
    func wrongArgumentsAreToldAndDoNothing(text: String) async throws {
        let bench = try CommandBench { _ in }
        let result = try await bench.stdin.call(text: text, bench.host)
        #expect(result.isError)
        #expect(result.text == "The arguments must be a JSON object with an integer \"session_id\".")
        #expect(bench.host.steps == [])
    }

    /// Output in pieces that end anywhere, also within characters and in bytes that are no UTF-8.
    @Test(arguments: 1...8) func nothingIsLostBetweenTheAnswersAndTheItem(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let alphabet: [[UInt8]] = [
            Array("a".utf8), Array("\n".utf8), Array("é".utf8), Array("漢".utf8), Array("🚀".utf8), [0xFF], [0xC3],
            [0xE6, 0xBC], [0x80], [0x00],
        ]
        let all = (0..<400).flatMap { _ in alphabet.randomElement(using: &random) ?? [] }
        var pieces: [[UInt8]] = []
        var at = 0
        while at < all.count {
            let end = min(all.count, at + Int.random(in: 1...250, using: &random))
            pieces.append(Array(all[at..<end]))
            at = end
        }
        let bench = try CommandBench { [first = pieces[0]] in $0.print(first) }
        let result = try await bench.exec.call(["cmd": "server", "yield_time_ms": 1], bench.host)
        var told = try #require(result.output)
        for (number, piece) in pieces.enumerated().dropFirst() {
            try bench.command.print(piece)
            if number == pieces.count - 1 { try bench.command.end(.exited(0)) }
            let isLast = number == pieces.count - 1
            let more = try await bench.stdin.call(
                ["session_id": 1, "yield_time_ms": .int(isLast ? 300_000 : 1)], bench.host)
            told += try #require(more.output)
        }
        let text = String(decoding: all, as: UTF8.self)
        #expect(told == text)
        #expect(bench.host.commands.last?.aggregatedOutput == text)
    }

    @Test func aLimitOnTheAnswerHoldsForThatAnswer() async throws {
        let bench = try CommandBench { _ in }
        let session = try await start(bench)
        let text = String(repeating: "x", count: 30_000)
        DetachedThread { [command = try bench.command] in
            command.print(text)
            command.end(.exited(0))
        }.start()
        let result = try await bench.stdin.call(
            ["session_id": session, "max_output_tokens": 100, "yield_time_ms": 300_000], bench.host)
        let count = try #require(result.output?.utf8.count)
        #expect(count < 500)
        #expect(result.text.contains("Total output: 30000 bytes, shortened below"))
        #expect(bench.host.commands.last?.aggregatedOutput == text)
    }

    @Test func theEndOfTheSessionEndsEveryCommand() async throws {
        let bench = try CommandBench { _ in }
        for _ in 0..<3 { _ = try await bench.exec.call(["cmd": "server", "yield_time_ms": 1], bench.host) }
        await bench.commands.closeAll()
        #expect(bench.launcher.commands.map(\.terminations) == [1, 1, 1])
        #expect(try await bench.stdin.call(["session_id": 1], bench.host).isError)
        await bench.commands.closeAll()
        #expect(bench.launcher.commands.map(\.terminations) == [1, 1, 1])
    }
}
