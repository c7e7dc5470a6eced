import Basics
import Config
import Policy
import Wire

extension AccessPolicy {
    /// The policy that a configuration and the rule files beside it make, each part with the place it was set.
    ///
    /// Runs and explanations both come from here.
    /// - Parameter workspace: a path without links.
    /// - Throws: `config.writable_root` for a root that does not exist.
    init(_ configuration: Configuration, rules: CommandRules, workspace: String) throws(LockgateError) {
        func origin(_ key: String) throws(LockgateError) -> Origin { try configuration.resolve(key).origin }
        let settings = configuration.settings
        var roots = [Sourced(workspace)]
        for path in settings.sandboxWorkspaceWrite.writableRoots {
            guard let real = PosixFile.canonical(path) else {
                throw LockgateError(
                    "config.writable_root", "the writable root \(path) does not exist",
                    remedy: "create it, or take it out of sandbox_workspace_write.writable_roots")
            }
            roots.append(Sourced(real, try origin("sandbox_workspace_write.writable_roots")))
        }
        self.init(
            sandboxMode: Sourced(settings.sandboxMode, try origin("sandbox_mode")),
            network: Sourced(settings.networkMode, try origin("network.mode")), writableRoots: roots,
            autoRunGrants: try settings.allowAutoRun.map { path throws(LockgateError) in
                Sourced(PosixFile.canonical(path) ?? path, try origin("filesystem.allow_auto_run"))
            }, approvalPolicy: Sourced(settings.approvalPolicy, try origin("approval_policy")), rules: rules)
        toolServers = try Self.toolServers(configuration)
    }
}
