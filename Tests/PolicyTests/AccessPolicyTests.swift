import Policy
import Testing
import Wire

@Suite struct AccessPolicyTests {
    private func policy(_ mode: SandboxMode) -> AccessPolicy {
        AccessPolicy(
            sandboxMode: Sourced(mode, Origin(.user, file: "/h/config.toml", line: 3)), network: Sourced(.off),
            writableRoots: [Sourced("/w")])
    }

    @Test(arguments: [
        (SandboxMode.workspaceWrite, "/w/a.txt", Verdict.Decision.allow), (.workspaceWrite, "/w2/a.txt", .deny),
        (.workspaceWrite, "/etc/passwd", .deny), (.workspaceWrite, "/w/.git/hooks/pre-commit", .deny),
        (.workspaceWrite, "/w/sub/.git/config", .deny), (.workspaceWrite, "/w/.vscode/tasks.json", .deny),
        (.workspaceWrite, "/w/.gitignore", .allow), (.readOnly, "/w/a.txt", .deny),
        (.dangerFullAccess, "/etc/hosts", .allow),
    ])
    func changesAreDecidedByModeRootAndName(_ mode: SandboxMode, _ path: String, _ decision: Verdict.Decision) {
        let verdict = policy(mode).verdict(on: .changeFiles([FileChangeSummary(path: path, kind: .update)]))
        #expect(verdict.decision == decision)
        #expect((verdict.grant == nil) == (decision == .allow))
        #expect(verdict.reason.isEmpty == (decision == .allow))
    }

    @Test func aMoveIsDecidedByBothEnds() {
        let move = FileChangeSummary(path: "/w/a", kind: .update, movedTo: "/etc/cron.d/a")
        #expect(policy(.workspaceWrite).verdict(on: .changeFiles([move])).decision == .deny)
    }

    @Test(arguments: [
        (".vscode/tasks.json", Verdict.Decision.allow), (".vscode/settings.json", .deny), (".codex/skills/x", .allow),
        (".git/hooks/x", .deny), (".lockgate/config.toml", .deny), ("sub/.devcontainer/devcontainer.json", .deny),
        (".claude/commands/x.md", .deny), (".cursor/rules/a", .deny), (".cursor/notes", .allow),
        (".pre-commit-config.yaml", .allow), (".CODEX/x", .deny),
    ])
    func whatRunsByItselfTakesAGrantOfItsOwn(_ path: String, _ decision: Verdict.Decision) {
        var policy = policy(.workspaceWrite)
        policy.autoRunGrants = [".vscode/tasks.json", ".codex", ".git", ".lockgate"].map { Sourced("/w/\($0)") }
        let verdict = policy.verdict(on: .changeFiles([FileChangeSummary(path: "/w/\(path)", kind: .update)]))
        #expect(verdict.decision == decision)
    }

    @Test func aRefusalOfWhatRunsByItselfSaysWhoWouldAndWhatAllowsIt() {
        let change = FileChangeSummary(path: "/w/.vscode/tasks.json", kind: .add)
        #expect(
            policy(.workspaceWrite).verdict(on: .changeFiles([change]))
                == Verdict(
                    .deny, rule: "protected: .vscode", origin: Origin(.builtIn),
                    reason: "/w/.vscode/tasks.json would be run or obeyed by VS Code outside the sandbox",
                    grant: "-c 'filesystem.allow_auto_run=[\"/w/.vscode/tasks.json\"]'"))
    }

    @Test func aRefusalNamesItsRuleWithFileAndLine() {
        let verdict = policy(.readOnly).verdict(on: .changeFiles([FileChangeSummary(path: "/w/a", kind: .add)]))
        #expect(
            verdict
                == Verdict(
                    .deny, rule: "sandbox_mode = \"read-only\"", origin: Origin(.user, file: "/h/config.toml", line: 3),
                    reason: "/w/a cannot be changed: the session is read-only", grant: "-s workspace-write"))
    }
}
