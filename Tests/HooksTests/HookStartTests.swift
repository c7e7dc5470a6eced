import Basics
import Config
import Hooks
import Sandbox
import TestSupport
import Testing
import Wire

@Suite struct HookStartTests {
    private static func hooks(fail: String, _ helper: String, workspace: String) throws -> ConfiguredHooks {
        let json = """
            {"hooks": {"PreToolUse": [{"hooks": [
              {"type": "command", "command": "true", "fail": "\(fail)"},
              {"type": "command", "command": "true", "fail": "\(fail)", "sandbox": false}]}]}}
            """
        let source = try HookSource(json: Array(json.utf8), file: "/f", layer: .user)
        @Sendable func place(_ mode: SandboxMode) throws(LockgateError) -> HookLauncher.Place {
            let policy = SandboxPolicy(mode: mode, workspace: workspace)
            return .init(session: try SandboxSession(policy: policy, helper: helper, environment: [:]), variables: [:])
        }
        let confined = try place(.readOnly)
        let launcher = HookLauncher(workingDirectory: workspace, confined: confined) {
            Result { () throws(LockgateError) in try place(.dangerFullAccess) }
        }
        return ConfiguredHooks(try HookSet([source], managedOnly: nil), launcher: launcher)
    }

    @Test(
        arguments: [("closed", HookRun.Verdict.block), ("open", .pass)],
        ["/nowhere/lockgate-sandbox", "/bin/false", "/bin/true"])
    func aHookThatCannotBeStartedFailsByItsDefinition(
        _ definition: (fail: String, verdict: HookRun.Verdict), _ helper: String
    ) async throws {
        try await TemporaryFolder.with { folder in
            let hooks = try Self.hooks(fail: definition.fail, helper, workspace: folder.path)
            let results = try await hooks.run(.preToolUse, subjects: ["Bash"], input: [:], leavingOut: [])
            #expect(results.map(\.run.failure?.kind) == [.spawn, .spawn])
            #expect(results.map(\.run.verdict) == [definition.verdict, definition.verdict])
            #expect(results.allSatisfy { $0.run.failure?.message.isEmpty == false })
        }
    }

    @Test func hooksThatDoNotMatchAndThoseLeftOutAreNotStarted() async throws {
        let json = """
            {"hooks": {"PreToolUse": [
              {"matcher": "Bash", "hooks": [{"type": "command", "command": "true"}]},
              {"matcher": "Edit", "hooks": [{"type": "command", "command": "true"}]}]}}
            """
        let source = try HookSource(json: Array(json.utf8), file: "/f", layer: .user)
        let policy = SandboxPolicy(mode: .readOnly, workspace: "/")
        let place = HookLauncher.Place(
            session: try SandboxSession(policy: policy, helper: "/bin/false", environment: [:]), variables: [:])
        let launcher = HookLauncher(workingDirectory: "/", confined: place) { .success(place) }
        let hooks = ConfiguredHooks(try HookSet([source], managedOnly: nil), launcher: launcher)
        #expect(hooks.hasHooks(for: .preToolUse))
        #expect(!hooks.hasHooks(for: .stop))
        func numbers(_ event: HookEvent, _ names: [String], _ out: Set<Int>) async throws -> [Int] {
            try await hooks.run(event, subjects: names, input: [:], leavingOut: out).map(\.number)
        }
        #expect(try await numbers(.preToolUse, ["Bash"], []) == [0])
        #expect(try await numbers(.preToolUse, ["apply_patch", "Edit"], []) == [1])
        #expect(try await numbers(.preToolUse, ["Bash", "Edit"], [0]) == [1])
        #expect(try await numbers(.preToolUse, ["read_file"], []) == [])
        #expect(try await numbers(.postToolUse, ["Bash"], []) == [])
    }
}
