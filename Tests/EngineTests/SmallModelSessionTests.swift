import Basics
import Engine
import Journal
import TestSupport
import Testing
import Wire

/// Whole turns with a small model: a script of answers, and what the workspace, the requests and the end have to be.
@Suite struct SmallModelSessionTests {
    static let right = "def add(a, b):\n    return a + b\n"
    static let fix = "The sign is wrong.\n\ncalc.py\n```python\n\(right)```"
    static let test = "```bash\npython3 test_calc.py\n```"
    static let task = "The test test_calc.py fails. Fix the bug in calc.py so that `python3 test_calc.py` passes."

    /// A turn on the calculator.
    struct Turn: Sendable, CustomTestStringConvertible {
        var name: String
        var script: [ScriptedClient.Step]
        var task = SmallModelSessionTests.task
        var check: String?
        /// What stands in the calculator's file below its function.
        var extra = ""
        var end: TurnEnd
        var ran: [String] = []
        var calculator = SmallModelSessionTests.right
        /// Parts of the last message of each request but the first.
        var told: [String] = []
        /// The requests that started a new conversation, by number.
        var fresh: [Int] = []

        var testDescription: String { name }
    }

    static let wrong = "def add(a, b):\n    return a - b\n"
    static let changes = "Wrote calc.py. Changes:\n-    return a - b\n+    return a + b\n"
    static let passed = "$ python3 test_calc.py\nok\nexit code 0\n"
    static let failed = "$ python3 test_calc.py\nAssertionError\nexit code 1\n"

    static let turns: [Turn] = [
        Turn(
            name: "a fix, a run, an answer", script: [.say(fix), .say(test), .say("It adds now.")],
            end: .done("It adds now."),
            ran: ["python3 test_calc.py"],
            told: [
                changes + "Now run the program or its test: answer with one bash block.",
                passed
                    + "\nIf the task is done, answer the user in plain sentences, without code blocks. If something is missing, go on.",
            ]),
        Turn(
            name: "a fix and a run at once", script: [.say(fix + "\n" + test), .say("Done.")], end: .done("Done."),
            ran: ["python3 test_calc.py"], told: [changes + passed]),
        Turn(
            name: "a question", script: [.say("It holds `calc.py` and a test.")], task: "What is here?",
            end: .done("It holds `calc.py` and a test."), calculator: wrong),
        Turn(
            name: "an answer before anything was run", script: [.say(fix), .say("Done."), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py"],
            told: [changes, "Not finished: files changed and nothing was run since.", passed]),
        Turn(
            name: "an answer before anything was run, twice", script: [.say(fix), .say("Done."), .say("Really.")],
            end: .done("Really."), told: [changes, "Not finished"]),
        Turn(
            name: "a run that fails", script: [.say(test), .say(fix), .say(test), .say("Done.")], end: .done("Done."),
            ran: ["python3 test_calc.py", "python3 test_calc.py"],
            told: [failed + "\nTask: The test", changes, passed], fresh: [1]),
        Turn(
            name: "a command again, with nothing changed",
            script: [.say(test), .say("I look.\n" + "```bash\nls\n```"), .say("```bash\nls\n```")],
            end: .done("```bash\nls\n```"), ran: ["python3 test_calc.py", "ls"], calculator: wrong,
            told: [failed, "$ ls\ncalc.py\ntest_calc.py\nexit code 0"], fresh: [1]),
        Turn(
            name: "only repeats while nothing succeeded", script: [.say(fix), .say(fix), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py"], told: [changes, "Task: ", passed], fresh: [2]),
        Turn(
            name: "a test after a command that changed a file",
            script: [.say(test), .say("```bash\nsed -i s/-/+/ calc.py\n```"), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py", "sed -i s/-/+/ calc.py", "python3 test_calc.py"],
            told: [failed, "exit code 0", passed], fresh: [1]),
        Turn(
            name: "the same text as before",
            script: [.say("calc.py\n```\n\(wrong)```"), .say("It is as it should be.")],
            end: .done("It is as it should be."), calculator: wrong, told: ["Task: "], fresh: [1]),
        Turn(
            name: "a block that is cut off",
            script: [.say("calc.py\n```python\ndef"), .say(fix), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py"],
            told: ["Your last code block was cut off because it was too long; it was not used.", changes, passed]),
        Turn(
            name: "an answer that a limit ended, with a whole block in it",
            script: [.half(fix + "\nAnd then\n```python\nx"), .say(test), .say("Done.")], end: .done("Done."),
            ran: ["python3 test_calc.py"], told: ["Your last code block was cut off", passed]),
        Turn(
            name: "cut off again and again", script: [.half("so"), .half("so"), .say(fix), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py"],
            told: ["Your last answer was cut off", "Your last answer was cut off", changes, passed], fresh: [2]),
        Turn(
            name: "code without a path", script: [.say("```python\nx\n```"), .say(fix), .say(test), .say("Done.")],
            end: .done("Done."), ran: ["python3 test_calc.py"],
            told: ["A code block had no path on the line before it and was not used.", changes, passed]),
        Turn(
            name: "a path by its likeness",
            script: [
                .say("`calc.py` is tested by `test_calc.py`.\n```python\n\(right)```"), .say(test), .say("Done."),
            ],
            end: .done("Done."), ran: ["python3 test_calc.py"], told: [changes, passed]),
        Turn(
            name: "a command that does not end", script: [.say("```bash\nsleep\n```"), .say("It waits.")],
            end: .done("It waits."), ran: ["sleep"], calculator: wrong,
            told: ["$ sleep\nz\nIt did not end within 60 seconds and was stopped.\n\nTask: "], fresh: [1]),
        Turn(
            name: "a command that is refused", script: [.say("```bash\nforbidden\n```"), .say("I may not.")],
            end: .done("I may not."), ran: ["forbidden"], calculator: wrong,
            told: ["The command was not run.\nIt was not run."],
            fresh: [1]),
        Turn(
            name: "a file outside", script: [.say("../x.py\n```\nx\n```"), .say("I may not.")],
            end: .doneWithDenials("I may not."), calculator: wrong,
            told: ["Nothing was changed. "]),
        Turn(
            name: "lines left out", script: [.say("calc.py\n```\n# ... existing code\nx\n```"), .say("No.")],
            end: .done("No."), calculator: wrong, told: ["stands for lines that you left out"], fresh: [1]),
        Turn(
            name: "the one function that changed",
            script: [.say("calc.py\n```python\ndef add(a, b):\n    return a + b\n```"), .say(test), .say("Done.")],
            extra: "\n\ndef twice(a):\n    return 2 * a\n", end: .done("Done."), ran: ["python3 test_calc.py"],
            calculator: right + "\n\ndef twice(a):\n    return 2 * a\n", told: [changes, passed]),
        Turn(
            name: "a function left out beside lines that have no place",
            script: [.say("calc.py\n```python\n\(right)print(add(1, 2))\n```"), .say("No.")],
            extra: "\n\ndef twice(a):\n    return 2 * a\n", end: .done("No."),
            calculator: wrong + "\n\ndef twice(a):\n    return 2 * a\n",
            told: ["Not written: your block for calc.py leaves out twice,"], fresh: [1]),
        Turn(
            name: "lines as they are and as they should be",
            script: [
                .say("In `calc.py` change\n```python\nreturn a - b\n```\nto\n```python\nreturn a + b\n```"), .say(test),
                .say("Done."),
            ], end: .done("Done."), ran: ["python3 test_calc.py"], told: [changes, passed]),
        Turn(
            name: "only lines as they are",
            script: [
                .say("The line in `calc.py` is\n```python\nreturn a - b\n```"), .say(fix), .say(test), .say("Done."),
            ],
            end: .done("Done."), ran: ["python3 test_calc.py"], told: ["Task: ", changes, passed], fresh: [1]),
        Turn(
            name: "most of a file left out",
            script: [
                .say("calc.py\n```python\nadd\n```"), .say("calc.py\n```python\nadd\n```"), .say(test), .say("No."),
                .say("No."),
            ],
            extra: "a\nb\nc\nd\n", end: .done("No."), ran: ["python3 test_calc.py"], calculator: "add\n",
            told: [
                "Not written: your block for calc.py leaves out most of its lines,", "Wrote calc.py.", failed,
                "You answered without a change, but the last run failed.",
            ], fresh: [1, 3, 4]),
        Turn(
            name: "giving up on a failing run",
            script: [
                .say("calc.py\n```\nx = 1\ny = 2\n```"), .say(test), .say("It works."), .say(fix), .say(test),
                .say("Done."),
            ],
            end: .done("Done."), ran: ["python3 test_calc.py", "python3 test_calc.py"],
            told: [
                "Wrote calc.py", failed,
                "\(failed)\nYou answered without a change, but the last run failed. Find out why and write the corrected file.",
                "Wrote calc.py", passed,
            ], fresh: [2, 3]),
        Turn(
            name: "the check passes", script: [.say(fix), .say(test), .say("Done.")], check: "make test",
            end: .done("Done."),
            ran: ["make test", "python3 test_calc.py", "make test"], told: [changes, passed]),
        Turn(
            name: "the check fails and the work is taken back",
            script: [
                .say("calc.py\n```\nbad\n```"), .say("```bash\nls\n```"), .say("Done."), .say(fix), .say(test),
                .say("Now."),
            ], check: "make test", end: .done("Now."),
            ran: ["make test", "ls", "make test", "make test", "python3 test_calc.py", "make test"],
            told: [
                "Wrote calc.py", "$ ls",
                "\(wrong)```\n\ntest_calc.py\n```python\nassert add(2, 3) == 5\n```\n\n$ make test\nAssertionError\nexit code 1\n\nTask: ",
                changes, passed,
            ], fresh: [3]),
        Turn(
            name: "the check fails to the end",
            script: [.say("Done."), .say("Done.")], check: "make test",
            end: .failed(
                LockgateError("check.failed", "the check still fails (exit code 1) after 2 attempts")),
            ran: ["make test", "make test", "make test"], calculator: wrong, told: ["$ make test"], fresh: [1]),
    ]

    @Test(arguments: turns) func goesAsItShould(_ turn: Turn) async {
        let workspace = ToyWorkspace.calculator(check: turn.check)
        workspace.set("calc.py", Self.wrong + turn.extra)
        let bench = Bench(turn.script, workspace: workspace)
        let end = await bench.session.run([.text(turn.task)])
        let requests = bench.client.requests
        #expect(end == turn.end)
        #expect(workspace.ran == turn.ran)
        #expect(workspace.files["calc.py"] == turn.calculator)
        #expect(requests.count == turn.script.count)
        for (request, told) in zip(requests.dropFirst(), turn.told) {
            let last = Self.text(request.items.last)
            #expect(last.contains(told), "\(last)")
        }
        #expect(requests.indices.dropFirst().filter { requests[$0].items.count == 1 } == turn.fresh)
        #expect(Set(requests.map(\.seed)).count == requests.count)
        #expect(requests.allSatisfy { $0.tools.isEmpty && $0.maxOutputTokens == 1000 })
    }

    @Test func theFirstMessageShowsTheFilesAndTheTask() async {
        let bench = Bench([.say("ok")], workspace: .calculator()) { $0.smallModel?.programs = ["bash", "git"] }
        _ = await bench.session.run([.text("Say ok.")])
        #expect(
            bench.client.requests.map(\.items) == [
                [
                    ConversationItem(
                        .user([
                            .text(
                                """
                                Files in the directory: calc.py, test_calc.py. Programs: bash, git.

                                calc.py
                                ```python
                                def add(a, b):
                                    return a - b
                                ```

                                test_calc.py
                                ```python
                                assert add(2, 3) == 5
                                ```

                                """), .text("Task: Say ok."),
                        ]))
                ]
            ])
    }

    @Test func theEventsAreThoseOfAnyOtherModel() async {
        let bench = Bench([.say(Self.fix), .say("ls"), .say("Done.")], workspace: .calculator())
        _ = await bench.session.run([.text(Self.task)])
        let items = bench.events.compactMap { event -> ThreadItem.Kind? in
            if case .itemCompleted(let item) = event { item.kind } else { nil }
        }
        let change = FileChangeSummary(path: "/w/calc.py", kind: .update)
        #expect(
            items == [
                .agentMessage(text: "The sign is wrong."),
                .fileChange(ThreadItem.FileChangeReport(changes: [change], status: .completed)),
                .agentMessage(text: "ls"), .agentMessage(text: "Done."),
            ])
    }

    @Test func aRunThatIsDueIsHeldToAGrammarWhereTheServerHasOne() async {
        for hasGrammar in [true, false] {
            let bench = Bench([.say(Self.fix), .say(Self.test), .say("Done.")], workspace: .calculator()) {
                $0.smallModel?.hasGrammar = hasGrammar
            }
            _ = await bench.session.run([.text(Self.task)])
            let due: ToolMode = hasGrammar ? .grammar(SmallModelPrompt.commandGrammar) : .native
            #expect(bench.client.requests.map(\.toolMode) == [.native, due, .native])
        }
    }

    @Test func freshViewsAndCutAnswersAreAskedWarmer() async {
        let bench = Bench(
            [.say(Self.test), .say(Self.test), .half("x"), .say("Done.")], workspace: .calculator())
        _ = await bench.session.run([.text(Self.task)])
        #expect(bench.client.requests.map { Int((($0.temperature ?? 0) * 10).rounded()) } == [2, 4, 6, 5])
    }

    @Test func aTestIsNotChangedUnlessTheModelInsistsOrTheTaskWantsIt() async {
        let weak = "test_calc.py\n```python\npass\n```"
        for (task, isWanted) in [
            (Self.task, false), ("Add a case to test_calc.py.", true),
            ("Make calc.py right. Run `python3 test_calc.py`.", false),
        ] {
            let workspace = ToyWorkspace.calculator()
            let bench = Bench([.say(weak), .say("Well."), .say("Well.")], workspace: workspace)
            _ = await bench.session.run([.text(task)])
            #expect((workspace.files["test_calc.py"] == "pass\n") == isWanted)
            #expect(
                Self.text(bench.client.requests[1].items.last).contains("Not written: test_calc.py is a test")
                    != isWanted)
        }
        let workspace = ToyWorkspace.calculator()
        let bench = Bench([.say(weak), .say(weak), .say("```bash\nls\n```"), .say("Well.")], workspace: workspace)
        _ = await bench.session.run([.text(Self.task)])
        #expect(workspace.files["test_calc.py"] == "pass\n")
    }

    @Test func aNewTestMayBeWrittenAndCorrected() async {
        let workspace = ToyWorkspace(["a.py": ""]) { _, _ in .exited(code: 0, output: "") }
        let bench = Bench(
            [
                .say("tests/a.py\n```\nx\n```"), .say("tests/a.py\n```\ny\n```"), .say("```bash\nmake\n```"),
                .say("Done."),
            ],
            workspace: workspace)
        _ = await bench.session.run([.text("go")])
        #expect(workspace.files["tests/a.py"] == "y\n")
    }

    @Test func theTurnEndsWithItsRequests() async {
        let bench = Bench((0..<5).map { .say("a.py\n```\n\($0)\n```") }, workspace: .calculator()) {
            $0.smallModel?.requests = 3
        }
        let end = await bench.session.run([.text("go")])
        #expect(
            end
                == .failed(
                    LockgateError("turn.request_limit", "the turn ended after 3 requests without a final answer")))
        #expect(bench.client.requests.count == 3)
    }

    @Test func outOfRequestsTheCheckDecides() async {
        let bench = Bench([.say(Self.fix)], workspace: .calculator(check: "make")) { $0.smallModel?.requests = 1 }
        #expect(await bench.session.run([.text("go")]) == .done(Self.fix))
    }

    @Test func aFileThatSomebodyElseChangedIsNotTakenBack() async {
        let workspace = ToyWorkspace(["a.py": "1\n"], check: "check") { command, files in
            if command == "edit" { files["a.py"] = "mine\n" }
            return .exited(code: command == "edit" ? 0 : 1, output: "")
        }
        let bench = Bench(
            [.say("a.py\n```\n2\n```"), .say("```bash\nedit\n```"), .say("Done."), .say("Done.")], workspace: workspace)
        _ = await bench.session.run([.text("go")])
        #expect(workspace.files["a.py"] == "mine\n")
    }

    @Test func aNewFileIsTakenAwayAfterAFailedCheck() async {
        let workspace = ToyWorkspace(["a.py": "1\n"], check: "check") { command, _ in
            .exited(code: command == "check" ? 1 : 0, output: "")
        }
        let bench = Bench(
            [.say("b.py\n```\n2\n```"), .say("```bash\nls\n```"), .say("Done."), .say("Done.")], workspace: workspace)
        _ = await bench.session.run([.text("go")])
        #expect(workspace.files == ["a.py": "1\n"])
    }

    // MARK: - Large workspaces and windows

    @Test func ofALargeWorkspaceTheFilesOfTheTaskAreShown() async {
        let big = String(repeating: "x = 1\n", count: 2000)
        let workspace = ToyWorkspace(["big.py": big, "lib/calc.py": Self.wrong]) { _, _ in .exited(code: 0, output: "")
        }
        let bench = Bench([.say("ok")], workspace: workspace)
        _ = await bench.session.run([.text("Mend calc.py.")])
        let first = Self.text(bench.client.requests[0].items.last)
        #expect(
            first == """
                Files in the directory: big.py, lib/calc.py.
                Only some of them are shown. Read another one with cat before you change it.

                lib/calc.py
                ```python
                \(Self.wrong)```

                Task: Mend calc.py.
                """)
    }

    @Test func aFileThatWasNotShownIsShownBeforeItIsReplaced() async {
        let big = String(repeating: "x = 1\n", count: 2000)
        let workspace = ToyWorkspace(["big.py": big, "calc.py": Self.wrong]) { _, _ in .exited(code: 0, output: "") }
        let bench = Bench(
            [.say(Self.fix), .say(Self.fix), .say("big.py\n```\nx\n```"), .say("```bash\nls\n```"), .say("ok")],
            workspace: workspace)
        let end = await bench.session.run([.text("Mend the sum.")])
        #expect(end == .done("ok"))
        #expect(workspace.files == ["big.py": big, "calc.py": Self.right])
        let requests = bench.client.requests
        #expect(Self.text(requests[1].items.last).contains("calc.py\n```python\n\(Self.wrong)```"))
        #expect(Self.text(requests[3].items.last).contains("Not written: big.py is too long to be shown"))
    }

    @Test func aConversationThatOutgrowsTheWindowStartsAnew() async {
        let bench = Bench(
            [
                .say(Self.fix), .fail(ModelFailure(.contextWindowExceeded, status: 400, message: "long")),
                .say(Self.test), .say("Done."),
            ], workspace: .calculator())
        #expect(await bench.session.run([.text(Self.task)]) == .done("Done."))
        #expect(bench.client.requests.map(\.items.count) == [1, 3, 1, 3])
    }

    @Test func aViewThatOutgrowsTheWindowShowsNoFiles() async {
        let failure = ScriptedClient.Step.fail(ModelFailure(.contextWindowExceeded, status: 400, message: "long"))
        let bench = Bench([failure, .say(Self.fix), .say("ok")], workspace: .calculator())
        #expect(await bench.session.run([.text("go")]) == .done("ok"))
        #expect(
            Self.text(bench.client.requests[1].items.last) == """
                Files in the directory: calc.py, test_calc.py.
                They are too long to be shown. Read one with cat before you change it.

                Task: go
                """)
        let helpless = Bench([failure, failure], workspace: .calculator())
        #expect(await helpless.session.run([.text("go")]).exitCode == 1)
    }

    // MARK: - The session around it

    @Test func aLaterTurnKnowsTheTasksAndAnswersBefore() async {
        let workspace = ToyWorkspace.calculator()
        let bench = Bench([.say(Self.fix), .say(Self.test), .say("Done."), .say("Twice.")], workspace: workspace) {
            $0.context = [ConversationItem(.user([.text("house rules")]))]
        }
        _ = await bench.session.run([.text("one")])
        _ = await bench.session.run([.text("two")])
        let items = bench.client.requests[3].items
        #expect(
            items.dropLast() == [
                ConversationItem(.user([.text("house rules")])), ConversationItem(.user([.text("Task: one")])),
                ConversationItem(.assistant("Done.")),
            ])
        #expect(Self.text(items.last).hasSuffix("Task: two"))
        #expect(Self.text(items.last).contains("return a + b"))
    }

    @Test func aResumedSessionHasTheSameConversation() async throws {
        try await TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            let bench = Bench([.say(Self.test), .say("Done.")], journal: journal, workspace: .calculator())
            _ = await bench.session.run([.text("one")])
            let sent = bench.client.requests[1].items + [ConversationItem(.assistant("Done."))]
            let records = try JournalReader(path: try #require(journal.path)).records
            #expect(Conversation(records: records).items == sent)
        }
    }

    @Test func wordsDuringTheTurnStayInEveryView() async {
        let bench = Bench([.say(Self.test), .say("ok")], workspace: .calculator())
        bench.session.steer("Use tabs.")
        _ = await bench.session.run([.text("go")])
        #expect(bench.client.requests[0].items.last == ConversationItem(.user([.text("Use tabs.")])))
        #expect(Self.text(bench.client.requests[1].items.last).hasSuffix("Task: go\nUse tabs."))
    }

    @Test func aSchemaForTheLastMessageTakesOneMoreRequest() async {
        let schema: JSONValue = ["type": "object"]
        let bench = Bench([.say("Four."), .say("{\"n\":4}")], workspace: .calculator()) { $0.outputSchema = schema }
        #expect(await bench.session.run([.text("go")]) == .done("{\"n\":4}"))
        #expect(bench.client.requests.map(\.outputSchema) == [nil, schema])
    }

    @Test func theBudgetHoldsHereToo() async {
        let bench = Bench(
            [.say(Self.fix), .say(Self.test), .say("Done.")], workspace: .calculator(),
            limits: [BudgetLimit(.session, .tokens, 250)]
        ) {
            $0.outputCeiling = 1_000
        }
        #expect(await bench.session.run([.text("go")]).exitCode == 3)
        #expect(bench.client.requests.count < 3)
    }

    @Test func nothingIsWrittenInReadOnlyMode() async {
        let workspace = ToyWorkspace.calculator()
        let bench = Bench([.say(Self.fix), .say("I would add.")], mode: .readOnly, workspace: workspace)
        #expect(await bench.session.run([.text("go")]) == .doneWithDenials("I would add."))
        #expect(workspace.files["calc.py"] == Self.wrong)
    }

    static func text(_ item: ConversationItem?) -> String {
        guard case .user(let parts)? = item?.content else { return "" }
        return parts.map { if case .text(let text) = $0 { text } else { "" } }.joined(separator: "\n")
    }
}
