import Basics
import Journal
import Policy
import Synchronization
import Testing
import Wire

@testable import Engine

/// Hooks that answer from a table.
private final class ScriptedHooks: HookRunner {
    struct Hook: Sendable {
        var event: HookEvent
        var verdict = HookRun.Verdict.pass
        var layer = Origin.Layer.user
        var updatedInput: JSONObject?
        /// It says something only to prompts that hold this.
        var promptPart = ""
        var context: String?
    }

    private let hooks: [Hook]
    private let inputs = Mutex<[JSONObject]>([])

    init(_ hooks: [Hook]) { self.hooks = hooks }

    var seen: [JSONObject] { inputs.withLock { $0 } }

    func hasHooks(for event: HookEvent) -> Bool { hooks.contains { $0.event == event } }

    func run(
        _ event: HookEvent, subjects: [String], input: JSONObject, leavingOut: Set<Int>
    ) async throws -> [HookResult] {
        hooks.enumerated().filter { $0.element.event == event && !leavingOut.contains($0.offset) }.map { number, hook in
            inputs.withLock { $0.append(input) }
            let isMeant = hook.promptPart.isEmpty || input["prompt"]?.string?.contains(hook.promptPart) == true
            var run = HookRun(
                event: event, name: "h\(number)", command: "c", origin: Origin(hook.layer, file: "/f", line: number),
                failsClosed: true)
            run.verdict = isMeant ? hook.verdict : .pass
            var answer = HookAnswer()
            answer.verdict = run.verdict
            answer.updatedInput = hook.updatedInput
            answer.context = isMeant ? hook.context : nil
            return HookResult(number: number, run: run, answer: answer)
        }
    }
}

extension HookFacts {
    static let test = HookFacts(
        sessionID: "s", transcriptPath: nil, cwd: "/w", model: "m", permissionMode: "default")
}

@Suite struct HookStageTests {
    private static func gate(
        _ hooks: ScriptedHooks, mode: SandboxMode = .workspaceWrite, rules: String = ""
    ) throws -> (gate: Gate, events: Bench.Log) {
        let journal = SessionJournal.ephemeral()
        let log = Bench.Log()
        let events = EventLog(journal: journal) { event, _ in log.events.withLock { $0.append(event) } }
        let policy = AccessPolicy(
            sandboxMode: Sourced(mode), network: Sourced(.off), writableRoots: [Sourced("/w")],
            rules: try CommandRules(Array(rules.utf8), file: "/r", layer: .user))
        let stage = HookStage(
            runner: hooks,
            facts: .test, events: events)
        return (Gate(policy: policy, journal: journal, events: events, hooks: stage), log)
    }

    private static let prompt = "prefix_rule(pattern=[\"x\"], decision=\"prompt\")\n"
    private static let ban = "prefix_rule(pattern=[\"x\"], decision=\"forbidden\")\n"

    /// For every policy and every set of up to three answers: what runs is what the policy allows, or asks about while
    /// the user's hooks allow it; and never what any hook stops, blocks or asks about.
    @Test func hooksOnlyNarrowAndAnswerQuestions() async throws {
        let answers: [(HookRun.Verdict, Origin.Layer)] = [
            (.pass, .user), (.allow, .user), (.allow, .project("/w")), (.ask, .user), (.block, .project("/w")),
            (.stop, .user),
        ]
        for rules in ["", Self.prompt, Self.ban] {
            for first in answers {
                for second in answers {
                    for third in answers {
                        let all = [first, second, third]
                        let hooks = ScriptedHooks(
                            all.map { .init(event: .preToolUse, verdict: $0.0, layer: $0.1) })
                        let (gate, _) = try Self.gate(hooks, rules: rules)
                        let passage = try await gate.pass(
                            .runCommand(argv: ["x"], display: "x", cwd: "/w"), item: "i"
                        ) { (0, .null) }
                        var hasRun = false
                        if case .ran = passage { hasRun = true }
                        let isHeld = all.contains { [.ask, .block, .stop].contains($0.0) }
                        let isAllowed = all.contains { $0 == (.allow, .user) }
                        let expected = !isHeld && (rules.isEmpty || (rules == Self.prompt && isAllowed))
                        #expect(hasRun == expected, "\(rules) \(all)")
                        #expect(gate.tally.denials == (hasRun ? 0 : 1))
                    }
                }
            }
        }
    }

    @Test func otherInputComesBackOnceAndOnlyForThisItem() async throws {
        let hooks = ScriptedHooks([
            .init(event: .preToolUse, verdict: .allow, updatedInput: ["command": "y"]), .init(event: .preToolUse),
        ])
        let (gate, _) = try Self.gate(hooks)
        let use = ToolUse.shell("x")
        func pass(_ use: ToolUse, item: String) async throws -> Passage<Int> {
            try await gate.pass(.runCommand(argv: ["x"], display: "x", cwd: "/w"), as: use, item: item) { (0, .null) }
        }
        guard case .revised(let input) = try await pass(use, item: "a") else {
            Issue.record("no other input")
            return
        }
        #expect(input == ["command": "y"])
        #expect(hooks.seen.map { $0["tool_input"]?["command"] } == ["x", "x", "y"])
        guard case .ran = try await pass(use.with(input), item: "a") else {
            Issue.record("was not let through")
            return
        }
        // Settled once: neither another item nor the same one again goes past the hooks.
        #expect(hooks.seen.count == 3)
        _ = try await pass(use.with(input), item: "b")
        _ = try await pass(use.with(input), item: "a")
        #expect(hooks.seen.count == 7)
    }

    @Test func usesThatTakeNoOtherInputAreBlockedByIt() async throws {
        let hooks = ScriptedHooks([.init(event: .preToolUse, updatedInput: ["file_path": "/etc/shadow"])])
        let (gate, log) = try Self.gate(hooks)
        guard case .denied(let verdict) = try await gate.pass(.readFile(path: "/w/a"), item: "i", run: { (0, .null) })
        else {
            Issue.record("was not denied")
            return
        }
        #expect(verdict.reason.contains("takes none"))
        let failures = log.events.withLock { $0 }.compactMap { event -> HookRun.Failure.Kind? in
            if case .hook(let run) = event { run.failure?.kind } else { nil }
        }
        #expect(failures == [.conflict])
    }

    @Test func requestsToTheModelAreNoUseOfATool() async throws {
        let hooks = ScriptedHooks([.init(event: .preToolUse, verdict: .block)])
        let (gate, _) = try Self.gate(hooks)
        let passage = try await gate.pass(.askModel(model: "m", maximumCost: nil), item: nil) { (0, .null) }
        guard case .ran = passage else {
            Issue.record("was refused")
            return
        }
        #expect(hooks.seen.isEmpty)
    }

    @Test func whatTheEngineDoesOnItsOwnIsHeardOnceAndNotWithTheNextEffect() async throws {
        let hooks = ScriptedHooks([.init(event: .postToolUse, verdict: .block)])
        let (gate, _) = try Self.gate(hooks)
        let stage = try #require(gate.hooks)
        func run() async throws {
            _ = try await gate.pass(.runCommand(argv: ["x"], display: "x", cwd: "/w"), item: "i") { (0, .null) }
        }
        try await run()
        #expect(stage.applied(toOwn: "secret").contains("withheld"))
        #expect(stage.applied(toOwn: "secret") == "secret")
        try await run()
        _ = try await gate.pass(.readFile(path: "/w/a"), as: ToolUse("read_file", input: [:], callID: "c"), item: "j") {
            (0, .null)
        }
        let answer = ToolCall(id: "c", name: "read_file", input: .function(arguments: "{}")).answer("text")
        #expect(stage.applied(to: answer) != answer)
        #expect(stage.applied(to: answer) == answer)
    }

    @Test func wordsForTheTurnUnderWayPassTheHooksToo() async {
        for verdict in [HookRun.Verdict.pass, .block] {
            let hooks = ScriptedHooks([
                .init(event: .userPromptSubmit, verdict: verdict, promptPart: "tabs", context: "hint")
            ])
            let bench = Bench([.say("Done.")], hooks: hooks)
            bench.session.steer("use tabs")
            let end = await bench.session.run([.text("go")])
            #expect(end == .done("Done."))
            #expect(hooks.seen.map { $0["prompt"] } == ["go", "use tabs"])
            let sent = bench.client.requests[0].items.map(\.content)
            #expect(sent.contains(.user([.text("use tabs")])) == (verdict == .pass))
            #expect(sent.contains(.developer("hint")) == (verdict == .pass))
        }
    }

    @Test func modesAreNamedByWhatHolds() {
        #expect(HookFacts.mode(sandbox: .workspaceWrite, approval: .onRequest) == "default")
        #expect(HookFacts.mode(sandbox: .dangerFullAccess, approval: .onRequest) == "default")
        #expect(HookFacts.mode(sandbox: .readOnly, approval: .never) == "dontAsk")
        #expect(HookFacts.mode(sandbox: .dangerFullAccess, approval: .never) == "bypassPermissions")
    }
}
