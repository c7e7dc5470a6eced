import Basics
import Journal
import TestSupport
import Wire

/// A repository, a home and a scripted model for whole runs of the built program.
struct ExecFixture {
    let repository: GitRepository
    let home: TemporaryFolder
    let server: ScriptedModelServer
    let dialect: WireDialect

    static func with<T>(
        _ steps: [ScriptedStep], dialect: WireDialect = .responses, files: [String: String] = ["README.md": "# Test\n"],
        settings: String = "", _ body: (ExecFixture) async throws -> T
    ) async throws -> T {
        try await withScriptedModel(steps) { server in
            try await GitRepository.with(files) { repository in
                try await TemporaryFolder.with { home in
                    try home.write(
                        "config.toml",
                        """
                        model = "scripted"
                        model_provider = "lab"
                        \(settings)
                        [model_providers.lab]
                        base_url = "\(server.baseURL)"
                        wire_api = "\(dialect.rawValue)"
                        env_key = "LAB_KEY"
                        """)
                    return try await body(
                        ExecFixture(repository: repository, home: home, server: server, dialect: dialect))
                }
            }
        }
    }

    static let key = "sk-test-0123456789abcdef"

    var environment: [String: String] {
        [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home.path, "LOCKGATE_HOME": home.path, "LAB_KEY": Self.key,
            "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
        ]
    }

    func start(_ arguments: String..., input: [UInt8]? = nil) throws -> ProgramRun {
        try ProgramRun(
            "lockgate", ["exec"] + arguments, in: repository.path, environment: environment, scratch: home, input: input
        )
    }

    func exec(
        _ arguments: [String], input: [UInt8]? = nil, environment extra: [String: String?] = [:],
        in folder: String? = nil, wrapper: [String] = []
    ) async throws -> ProgramRun.Result {
        var environment = environment
        for (name, value) in extra { environment[name] = value }
        return try await ProgramRun.run(
            "lockgate", ["exec"] + arguments, in: folder ?? repository.path, environment: environment, scratch: home,
            input: input, wrapper: wrapper)
    }

    /// The journal files, oldest first.
    var journals: [String] { journals(in: "\(home.path)/sessions") }

    func journals(in folder: String) -> [String] {
        var found: [String] = []
        var folders = [folder]
        while let folder = folders.popLast() {
            for name in PosixFile.list(folder) {
                let path = "\(folder)/\(name)"
                if PosixFile.isDirectory(path) { folders.append(path) } else { found.append(path) }
            }
        }
        return found.sorted()
    }

    /// A command that neither ends nor yields within a test.
    static let longCommand = ScriptedStep.call(
        "exec_command", ["cmd": "echo begun; sleep 600", "yield_time_ms": 300_000])

    /// A shell call in the fixture's tool vocabulary.
    static func shell(_ command: String) -> ScriptedStep {
        .call("exec_command", ["cmd": .string(command)])
    }
}

extension ProgramRun.Result {
    /// Items of a type that were completed.
    func items(_ type: String) -> [JSONValue] {
        events.filter { $0["type"] == "item.completed" }.compactMap { $0["item"] }.filter { $0["type"]?.string == type }
    }
}
