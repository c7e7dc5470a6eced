import Basics
import Engine
import Synchronization
import Wire

/// A workspace in memory: files, the tool that writes them, and commands that are functions of them.
final class ToyWorkspace: WorkspaceReader, FileRestorer, CommandRunner, Sendable {
    typealias Commands = @Sendable (String, inout [String: String]) -> CommandOutcome

    private let state: Mutex<(files: [String: String], ran: [String])>
    private let commands: Commands
    let check: String?

    init(_ files: [String: String], check: String? = nil, commands: @escaping Commands) {
        state = Mutex((files, []))
        self.check = check
        self.commands = commands
    }

    var files: [String: String] { state.withLock { $0.files } }
    /// Every command that ran, in order.
    var ran: [String] { state.withLock { $0.ran } }

    func set(_ path: String, _ text: String?) { state.withLock { $0.files[path] = text } }

    func snapshot(files limit: Int, bytes: Int) throws(LockgateError) -> WorkspaceSnapshot {
        let files = files
        let texts = files.mapValues { Array($0.utf8) }
        let fits = texts.values.reduce(0) { $0 + $1.count } <= bytes
        return WorkspaceSnapshot(paths: files.keys.sorted(), texts: fits ? texts : nil)
    }

    func contents(_ path: String, limit: Int) throws(LockgateError) -> [UInt8]? {
        files[path].map { Array($0.utf8) }
    }

    func restore(_ written: [WrittenFile], host: any ToolHost) async throws -> Bool {
        var isComplete = true
        for file in written {
            guard files[file.path].map({ Array($0.utf8) }) == file.written else {
                isComplete = false
                continue
            }
            set(file.path, file.original.map { String(decoding: $0, as: UTF8.self) })
        }
        return isComplete
    }

    func run(_ command: String, host: any ToolHost) async throws -> (exitCode: Int, output: String) {
        guard case .exited(let code, let output) = run(command) else { return (126, "") }
        return (code, output)
    }

    func run(
        _ command: String, limit: Duration, outputBytes: Int, host: any ToolHost
    ) async throws -> CommandOutcome {
        let effect = Effect.runCommand(argv: [command], display: command, cwd: "/w")
        _ = try await host.pass(effect, item: "c") { ((), ["exit_code": 0]) }
        return run(command)
    }

    private func run(_ command: String) -> CommandOutcome {
        state.withLock { state in
            state.ran.append(command)
            return commands(command, &state.files)
        }
    }

    /// `write_file` on this workspace.
    struct Writer: Tool {
        let workspace: ToyWorkspace
        let definition = ToolDefinition(name: "write_file", description: "", kind: .function(parameters: [:]))
        let runsInParallel = false

        func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
            let path = call.arguments?["path"]?.string ?? ""
            let content = call.arguments?["content"]?.string ?? ""
            let summary = FileChangeSummary(path: PathText.absolute(path, from: "/w"), kind: .update)
            var report = ThreadItem.FileChangeReport(changes: [summary])
            let id = try host.begin(.fileChange(report))
            let passage = try await host.pass(.changeFiles([summary]), item: id) {
                workspace.set(path, content)
                return ((), [:])
            }
            if case .denied(let verdict) = passage {
                report.status = .declined
                try host.complete(id, .fileChange(report))
                return call.answer("Nothing was changed. \(verdict.rule)", isError: true)
            }
            report.status = .completed
            try host.complete(id, .fileChange(report))
            return call.answer("Wrote \(path).")
        }
    }
}

extension ToyWorkspace {
    /// A function that subtracts, and its test.
    static func calculator(check: String? = nil) -> ToyWorkspace {
        ToyWorkspace(
            ["calc.py": "def add(a, b):\n    return a - b\n", "test_calc.py": "assert add(2, 3) == 5\n"], check: check
        ) { command, files in
            switch command {
            case "ls": return .exited(code: 0, output: files.keys.sorted().joined(separator: "\n"))
            case "sed -i s/-/+/ calc.py":
                files["calc.py"] = files["calc.py"]?.replacing("a - b", with: "a + b")
                return .exited(code: 0, output: "")
            case "sleep": return .stopped(output: "z\n")
            case "forbidden": return .refused("The command was not run.")
            default:
                let isRight = files["calc.py"]?.contains("a + b") == true
                return isRight ? .exited(code: 0, output: "ok\n") : .exited(code: 1, output: "AssertionError\n")
            }
        }
    }
}
