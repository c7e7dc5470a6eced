import Basics
import Engine
import Hooks
import Journal
import Policy
import Sandbox
import Wire

extension SessionSetup {
    /// Where the session's hooks run: in the sandbox of its commands, with their environment.
    func hookLauncher(_ launcher: SandboxLauncher) -> HookLauncher {
        let policy = launcher.session.policy
        let project = ["LOCKGATE_PROJECT_DIR": cwd, "CLAUDE_PROJECT_DIR": cwd]
        @Sendable func variables(_ mode: SandboxMode, _ network: NetworkMode) -> [String: String] {
            launcher.environment.variables(mode: mode, network: network, hasTerminal: false).merging(project) { $1 }
        }
        return HookLauncher(
            workingDirectory: cwd,
            confined: HookLauncher.Place(
                session: launcher.session, variables: variables(policy.mode, policy.network),
                prepare: { launcher.prepare() })
        ) {
            Result { () throws(LockgateError) in
                let policy = SandboxPolicy(mode: .dangerFullAccess, network: .on, workspace: cwd, level: .unconfined)
                return HookLauncher.Place(
                    session: try SandboxSession(policy: policy, environment: environment),
                    variables: variables(.dangerFullAccess, .on))
            }
        }
    }

    func hookStage(
        _ launcher: HookLauncher, policy: AccessPolicy, journal: SessionJournal, events: EventLog
    ) -> HookStage {
        let mode = HookFacts.mode(sandbox: policy.sandboxMode.value, approval: policy.approvalPolicy.value)
        return HookStage(
            runner: ConfiguredHooks(hooks, launcher: launcher),
            facts: HookFacts(
                sessionID: journal.id.text, transcriptPath: journal.path, cwd: cwd, model: selection.model,
                permissionMode: mode), events: events)
    }
}
