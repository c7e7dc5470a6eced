import Basics
import TestSupport

/// A home and a project for whole runs of verbs that need no model.
struct ProjectFixture {
    let folder: TemporaryFolder
    var home: String { folder.at("home/.lockgate") }
    var project: String { folder.at("project") }

    /// - Parameter files: relative to the temporary folder: `home/.lockgate/...` or `project/...`.
    static func with<T>(_ files: [String: String] = [:], _ body: (ProjectFixture) async throws -> T) async throws -> T {
        try await TemporaryFolder.with { folder in
            for file in ["home/.keep", "project/.git/HEAD"] { try folder.write(file, "") }
            for (name, text) in files { try folder.write(name, text) }
            return try await body(ProjectFixture(folder: folder))
        }
    }

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder.at("home"), "LOCKGATE_HOME": home,
            "LC_ALL": "C.UTF-8",
        ]
    }

    func lockgate(_ arguments: String..., input: String? = nil) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate", arguments, in: project, environment: environment, scratch: folder,
            input: input.map { Array($0.utf8) })
    }
}
