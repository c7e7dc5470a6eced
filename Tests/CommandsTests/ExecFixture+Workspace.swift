import TestSupport

/// What runs leave of a workspace, and the verbs that look at it.
extension ExecFixture {
    /// Runs a verb in the workspace, or in another folder.
    func lockgate(_ arguments: String..., in folder: String? = nil) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate", arguments, in: folder ?? repository.path, environment: environment, scratch: home)
    }

    /// Runs a script in the workspace, or in another folder, which is made if it is gone, and returns what it prints.
    @discardableResult
    func run(_ script: String, in folder: String? = nil) throws -> String {
        let path = folder ?? repository.path
        let run = try OracleCommand.run(
            ["sh", "-c", "mkdir -p -m 700 '\(path)' && cd '\(path)' && \(script)"], in: home)
        guard run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
        return run.text
    }

    /// Every path with type, mode, target and content, as lines to compare.
    ///
    /// - Parameter isWhole: with git's objects, which undo brings back but does not take away.
    func tree(of folder: String? = nil, isWhole: Bool = false) throws -> String {
        let prune = isWhole ? "" : "\\( -path '*/.git/objects' -o -path ./objects \\) -prune -o "
        let list = "find . \(prune)-printf '%y %m %P %l\\0' | sort -z"
        let sums = "find . \(prune)-type f -print0 | sort -z | xargs -0r sha256sum"
        let run = try OracleCommand.run(
            ["sh", "-c", "cd '\(folder ?? repository.path)' && \(list) | tr '\\0' '\\n'; \(sums)"], in: home)
        guard run.status == 0 else { throw TestFailure(run.errorText) }
        return run.text
    }
}
