/// A git repository of a test's own, untouched by the machine's configuration.
package struct GitRepository: Sendable {
    package let folder: TemporaryFolder

    package var path: String { folder.path }

    /// Makes a repository with branch `main` in an empty folder.
    package init(in folder: TemporaryFolder) throws {
        self.folder = folder
        try git("init", "-q", "-b", "main")
        try git("config", "user.name", "Test")
        try git("config", "user.email", "test@localhost")
        try git("config", "commit.gpgsign", "false")
    }

    /// Runs git and returns what it printed.
    @discardableResult
    package func git(_ arguments: String...) throws -> String {
        let run = try OracleCommand.run(["git"] + arguments, in: folder)
        guard run.status == 0 else { throw TestFailure("git \(arguments.joined(separator: " ")): \(run.errorText)") }
        return run.text
    }

    /// Writes files and commits everything.
    package func commit(_ files: [String: String], message: String = "Change") throws {
        for (name, text) in files.sorted(by: { $0.key < $1.key }) { try folder.write(name, text) }
        try git("add", "-A")
        try git("commit", "-q", "--allow-empty", "-m", message)
    }

    /// Runs the body in a new repository with these files in its first commit.
    package static func with<T>(
        _ files: [String: String] = ["README.md": "# Test\n"], _ body: (GitRepository) async throws -> T
    ) async throws -> T {
        try await TemporaryFolder.with { folder in
            let repository = try GitRepository(in: folder)
            try repository.commit(files, message: "Start")
            return try await body(repository)
        }
    }
}
