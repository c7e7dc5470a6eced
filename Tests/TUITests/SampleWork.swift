import Basics
import TUI
import Wire

/// What a turn brings, for screens.
enum SampleWork {
    static let message = """
        ## What I found

        The parser **drops** the last token when the input ends *without* a newline; see `parse()` in [the source](https://example.com/src).

        1. Read the whole buffer
        2. Keep the tail
           - also when it is empty
           - and when it is long, which this line is so that it has to be broken somewhere

        | Case | Before | After |
        | --- | :---: | ---: |
        | empty | `nil` | `[]` |
        | no newline | lost | kept |
        | 漢字 | 2 | 4 |

        ```swift
        func parse(_ text: String) -> [Token] {
            return []  // a comment
        }
        ```

        > Quoted: be careful.

        Done.
        """

    static let diff = """
        diff --git a/Sources/a.swift b/Sources/a.swift
        --- a/Sources/a.swift
        +++ b/Sources/a.swift
        @@ -10,4 +10,5 @@
         func greet() {
        -    print("Hello " + name)
        +    print("Hello, " + name)
        +    count += 1
         }

        """

    static func command(_ text: String, output: String, code: Int? = 0, milliseconds: Int = 40)
        -> ThreadItem.CommandExecution
    {
        var command = ThreadItem.CommandExecution(
            command: text, cwd: "/home/ann/project", status: code == 0 ? .completed : .failed)
        command.aggregatedOutput = output
        command.exitCode = code
        command.durationMilliseconds = milliseconds
        return command
    }

    static var denied: ThreadItem.CommandExecution {
        var command = command("curl https://example.com", output: "curl: (6) no host\n", code: 6, milliseconds: 1200)
        command.denials = [
            EffectDenial(
                .connect, .network("example.com:443"), certainty: .confirmed,
                verdict: Verdict(
                    .deny, rule: "network.mode = \"off\"", origin: .builtIn, reason: "the network is off",
                    grant: "--network on"))
        ]
        command.sensitiveChanges = [
            SensitiveChange(path: "/home/ann/project/.git/hooks/pre-commit", kind: .added, runner: "git")
        ]
        return command
    }

    static let events: [ScreenEvent] = [
        .completed(.reasoning(text: "**Looking around**\nI should see what is here.")),
        .completed(.commandExecution(command("ls -la", output: (1...30).map { "file \($0)\n" }.joined()))),
        .completed(
            .fileChange(
                .init(
                    changes: [FileChangeSummary(path: "/home/ann/project/Sources/a.swift", kind: .update)],
                    status: .completed, diff: diff))),
        .completed(.commandExecution(command("swift build", output: "error: no\n", code: 1, milliseconds: 65_000))),
        .completed(.commandExecution(denied)),
        .completed(
            .toolCall(
                {
                    var call = ThreadItem.BuiltInToolCall(
                        tool: "read_file", arguments: ["path": "README.md"], status: .completed)
                    call.result = "# Project"
                    return call
                }())),
        .thread(
            .effectDenied(
                item: nil, effect: .changeFiles([]),
                verdict: Verdict(
                    .deny, rule: "protected names", origin: .builtIn, reason: ".git/config configures git",
                    grant: "--add-dir"))),
        .completed(
            .todoList([
                .init(text: "Look around", completed: true), .init(text: "Mend the parser", completed: false),
                .init(text: "Run the tests", completed: false),
            ])),
        .completed(.agentMessage(text: message)),
        .thread(
            .checkpoint(
                TurnCheckpoint(
                    turn: 3, before: "a", after: "b", changes: [], changed: 2, repositoryChanged: false,
                    durationMilliseconds: 5))),
        .thread(
            .turnCompleted(
                .init(
                    usage: TokenUsage(inputTokens: 12_345, outputTokens: 678), cost: 0.0123,
                    durationMilliseconds: 83_000, requests: 3, commands: 3, denials: 1))),
        .meter(
            SessionMeter(usage: TokenUsage(inputTokens: 12_345, outputTokens: 678), cost: 0.0123, contextTokens: 60_000)
        ),
        .turnEnded(unheard: []),
    ]

    static func request(_ id: String = "a1", offers: [GrantOffer]? = nil) -> ApprovalRequest {
        ApprovalRequest(
            id: id, item: nil,
            effect: .runCommand(argv: ["bash"], display: "npm ci && npm test", cwd: "/home/ann/project"),
            verdict: Verdict(
                .ask, rule: "approval_policy = \"untrusted\"",
                origin: Origin(.user, file: "/home/ann/.lockgate/config.toml", line: 3),
                reason: "no rule allows npm ci"),
            reason: "I need the packages to run the tests",
            reach: EffectReach(
                commands: ["npm ci", "npm test"], writes: ["node_modules"], hosts: ["registry.npmjs.org"]),
            offers: offers ?? [
                .once,
                GrantOffer(
                    scope: .project, rules: [.prefix(["npm", "ci"]), .prefix(["npm", "test"])],
                    expires: WallTime(milliseconds: 1_800_000_000_000)),
            ], binding: "")
    }

    static var change: ApprovalRequest {
        ApprovalRequest(
            id: "a2", item: nil,
            effect: .changeFiles([FileChangeSummary(path: "Sources/a.swift", kind: .update)]),
            verdict: Verdict(
                .ask, rule: "approval_policy = \"untrusted\"", origin: .builtIn, reason: "changes are asked about"),
            reach: EffectReach(writes: ["Sources/a.swift"]), diff: diff,
            offers: [.once, GrantOffer(scope: .session, rules: [.changes(root: "/home/ann/project")])], binding: "")
    }

    /// After a command that the sandbox refused to write.
    static var place: ApprovalRequest {
        let rules = [GrantRule.writes(root: "/srv/data")]
        return ApprovalRequest(
            id: "a3", item: "item_1", effect: .access(.write, .path("/srv/data")),
            verdict: Verdict(
                .ask, rule: "sandbox_mode = \"workspace-write\"", origin: .builtIn,
                reason: "the sandbox refused a command to write /srv/data/x: it is outside the workspace"),
            reach: EffectReach(commands: ["make install"], writes: ["/srv/data"]),
            offers: [
                .once, GrantOffer(scope: .session, rules: rules),
                GrantOffer(scope: .project, rules: rules, expires: WallTime(milliseconds: 1_800_000_000_000)),
            ], binding: "")
    }
}
