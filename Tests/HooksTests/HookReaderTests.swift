import Basics
import Config
import Hooks
import TestSupport
import Testing
import Wire

@Suite struct HookReaderTests {
    private static func read(_ json: String, layer: Origin.Layer = .user) throws -> [HookDefinition] {
        try HookReader.read(HookSource(json: Array(json.utf8), file: "/h/hooks.json", layer: layer))
    }

    @Test func aDefinitionHasItsFieldsDefaultsAndPlace() throws {
        let hooks = try Self.read(
            """
            {"description": "d", "hooks": {
              "PreToolUse": [{"matcher": "Bash|Edit", "hooks": [
                {"type": "command", "command": "check", "timeout": 5, "statusMessage": "checking", "sandbox": false,
                 "fail": "open", "commandWindows": "x", "async": false, "additionalContextLimit": 7},
                {"type": "command", "command": "other"}]}],
              "SessionEnd": [{"hooks": [{"type": "command", "command": "bye"}]}]
            }}
            """)
        try #require(hooks.count == 3)
        #expect(hooks.map(\.event) == [.preToolUse, .preToolUse, .sessionEnd])
        #expect(hooks.map(\.command) == ["check", "other", "bye"])
        #expect(hooks.map(\.name) == ["checking", "other", "bye"])
        #expect(hooks.map(\.failsClosed) == [false, true, false])
        #expect(hooks.map(\.isSandboxed) == [false, true, true])
        #expect(hooks.map(\.contextLimit) == [7, 10_000, 10_000])
        // Codex's default, and its bound where somebody waits for the end.
        #expect(hooks.map(\.limit) == [.seconds(5), .seconds(600), .seconds(3)])
        #expect(hooks.map(\.origin.location) == ["/h/hooks.json:3:5", "/h/hooks.json:5:5", "/h/hooks.json:6:29"])
    }

    /// A text, and what the error begins with and its fix holds.
    static let errors: [(json: String, message: String, remedy: String)] = [
        ("{\"hooks\": {", "/h/hooks.json:1:12: not valid JSON: expected a key\n  1 | {\"hooks\": {\n", "correct"),
        ("{\n \"hooks\": {},\n}", "/h/hooks.json:3:1: not valid JSON: expected a key\n  3 | }", "correct"),
        ("[]", "/h/hooks.json:1:1: expected an object", "{\"hooks\": {}}"),
        (
            "{\"permissions\": {}}", "/h/hooks.json:1:2: unknown field permissions\n  1 | {\"permissions\"",
            "under \"hooks\""
        ),
        (
            "{\"hooks\": {\n\"PreTooluse\": []}}",
            "/h/hooks.json:2:1: unknown event PreTooluse; did you mean PreToolUse?\n  2 | \"PreTooluse\": []}}\n",
            "PreToolUse"
        ),
        ("{\"hooks\": {\"Notification\": []}}", "/h/hooks.json:1:12: unknown event Notification\n", "SessionStart"),
        // A second list would hide the first.
        (
            "{\"hooks\": {\"Stop\": [],\n\"Stop\": []}}", "/h/hooks.json:2:1: hooks.Stop is stated twice", "into one"
        ),
        ("{\"hooks\": {\"Stop\": {}}}", "/h/hooks.json:1:12: expected a list", "PreToolUse"),
        ("{\"hooks\": {\"Stop\": [[]]}}", "/h/hooks.json:1:21: expected a table", "PreToolUse"),
        ("{\"hooks\": {\"Stop\": [{}]}}", "/h/hooks.json:1:21: hooks are missing here", "hooks = ["),
        (
            "{\"hooks\": {\"Stop\": [{\"matchers\": \"x\", \"hooks\": []}]}}",
            "/h/hooks.json:1:22: unknown field matchers; did you mean matcher?", "matcher"
        ),
        (
            "{\"hooks\": {\"PreToolUse\": [{\"matcher\": \"(\", \"hooks\": []}]}}",
            "/h/hooks.json:1:28: matcher ( is no", "expression"
        ),
        (
            "{\"hooks\": {\"Stop\": [{\"matcher\": \"x\", \"hooks\": []}]}}",
            "/h/hooks.json:1:22: Stop has nothing to match", "remove"
        ),
    ]

    @Test(arguments: errors)
    func anErrorNamesPlaceTextAndFix(_ json: String, _ message: String, _ remedy: String) {
        let error = #expect(throws: LockgateError.self) { try Self.read(json) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        #expect(error?.remedy?.contains(remedy) == true, "\(error?.remedy ?? "")")
    }

    /// A handler, and what is wrong with it.
    static let handlers: [(handler: String, reason: String)] = [
        ("\"command\": \"x\"", "the hook's type is missing"),
        ("\"type\": \"prompt\", \"prompt\": \"x\"", "a hook of type prompt cannot be run"),
        ("\"type\": \"command\"", "the hook has no command"),
        ("\"type\": \"command\", \"command\": \" \"", "the hook has no command"),
        ("\"type\": \"command\", \"command\": 3", "command: expected text"),
        ("\"type\": \"command\", \"command\": \"x\", \"timeuot\": 3", "unknown field timeuot; did you mean timeout?"),
        ("\"type\": \"command\", \"command\": \"x\", \"timeout\": 0", "timeout: expected seconds"),
        ("\"type\": \"command\", \"command\": \"x\", \"timeout\": \"3\"", "timeout: expected seconds"),
        ("\"type\": \"command\", \"command\": \"x\", \"fail\": \"maybe\"", "fail: expected \"closed\" or \"open\""),
        ("\"type\": \"command\", \"command\": \"x\", \"sandbox\": \"no\"", "sandbox: expected true or false"),
        ("\"type\": \"command\", \"command\": \"x\", \"async\": true", "nobody waits for"),
        (
            "\"type\": \"command\", \"command\": \"x\", \"additionalContextLimit\": -1",
            "expected a number of characters"
        ),
    ]

    @Test(arguments: handlers)
    func aHandlerThatIsNotUnderstoodIsAnError(_ handler: String, _ reason: String) {
        let error = #expect(throws: LockgateError.self) {
            try Self.read("{\"hooks\": {\"PreToolUse\": [{\"hooks\": [{\(handler)}]}]}}")
        }
        #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
        #expect(error?.message.hasPrefix("/h/hooks.json:1:") == true)
    }

    @Test func aProjectCannotTakeItsHooksOutOfTheSandbox() {
        let json =
            "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"x\", \"sandbox\": false}]}]}}"
        let error = #expect(throws: LockgateError.self) { try Self.read(json, layer: .project("/p")) }
        #expect(error?.message.contains("a project's hooks always run in the sandbox") == true)
    }

    @Test func onlyTheAdministratorsHooksCountWhereThatIsRequired() throws {
        func source(_ layer: Origin.Layer) throws -> HookSource {
            let json =
                "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"\(layer.name)\"}]}]}}"
            return try HookSource(json: Array(json.utf8), file: "/f", layer: layer)
        }
        let sources = try [source(.requirements), source(.system), source(.user), source(.project("/p"))]
        let all = try HookSet(sources, managedOnly: nil)
        #expect(all.definitions.map(\.command) == ["requirements", "system", "user", "project"])
        #expect(all.skipped.isEmpty)
        let managed = try HookSet(sources, managedOnly: Origin(.requirements))
        #expect(managed.definitions.map(\.command) == ["requirements", "system"])
        #expect(managed.skipped.map(\.command) == ["user", "project"])
    }

    @Test func noPrefixAndNoChangedByteCrashes() throws {
        let whole = Array(
            "{\"hooks\": {\"Stop\": [{\"matcher\": \"*\", \"hooks\": [{\"type\": \"command\", \"command\": \"x\", \"timeout\": 5}]}]}}"
                .utf8)
        for count in whole.indices {
            #expect(throws: LockgateError.self) {
                try HookSource(json: Array(whole[..<count]), file: "/f", layer: .user)
            }
        }
        var generator = SeededGenerator(seed: 7)
        for place in whole.indices {
            var damaged = whole
            damaged[place] = UInt8.random(in: 0...255, using: &generator)
            _ = try? HookReader.read(HookSource(json: damaged, file: "/f", layer: .user))
        }
    }
}
