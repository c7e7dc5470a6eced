import Basics
import Glibc
import TestSupport
import Testing

/// A real terminal: a session of tmux of its own, with a program in it.
struct TerminalMultiplexer {
    private let name: String
    private let folder: TemporaryFolder
    private static let deadline = Duration.seconds(60)

    /// Runs `lockgate` with arguments in a terminal of the given size, in a repository with a scripted model.
    static func with<T>(
        _ fixture: ExecFixture, _ arguments: [String], width: Int = 100, height: Int = 30,
        trusted: Bool = true, variables more: [String: String] = [:], _ body: (TerminalMultiplexer) async throws -> T
    ) async throws -> T {
        try await TemporaryFolder.with { folder in
            let terminal = TerminalMultiplexer(name: "lg\(getpid())-\(UInt32.random(in: 0 ... .max))", folder: folder)
            // A server outlives the process that started it.
            var server: Int32?
            defer {
                if let server { kill(server, SIGKILL) }
            }
            if trusted { try terminal.trust(fixture) }
            let variables =
                fixture.environment.merging(more) { $1 }.map { "\($0.key)=\($0.value)" } + [
                    "SHELL=/bin/sh", "SWIFT_BACKTRACE=enable=no",
                ]
            try folder.write("run.sh", Self.script(try ProgramRun.location(of: "lockgate"), arguments))
            _ = try terminal.tmux(
                [
                    "-f", "/dev/null", "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "-c",
                    fixture.repository.path, "env", "-i", "TERM=screen-256color",
                ]
                    + variables + ["sh", "-i", folder.at("run.sh")])
            let text = String(decoding: try terminal.tmux(["display-message", "-p", "#{pid}"]).output, as: UTF8.self)
            server = Int32(text.filter(\.isNumber))
            return try await body(terminal)
        }
    }

    /// The program, its exit code where it can be seen, and the mode it left the terminal in.
    private static func script(_ program: String, _ arguments: [String]) -> String {
        let words = ([program] + arguments).map { "'\($0)'" }.joined(separator: " ")
        let mode = "stty -a | grep -o -- '-*icanon'"
        // What is suspended goes on at once, as by a person's `fg`.
        let resumed = "if grep -q Stopped \"$0.jobs\"; then echo suspended; \(mode); fg; code=$?; fi"
        return
            "\(words)\ncode=$?\njobs >\"$0.jobs\"\n\(resumed)\necho \"left with $code\"\n\(mode)\nexec sleep 600\n"
    }

    private func trust(_ fixture: ExecFixture) throws {
        let file = fixture.home.at("config.toml")
        let text = String(decoding: try PosixFile.read(file, limit: 1 << 20), as: UTF8.self)
        let root = PosixFile.canonical(fixture.repository.path) ?? fixture.repository.path
        try PosixFile.replace(file, with: Array((text + "\n[projects.\"\(root)\"]\ntrust_level = \"trusted\"\n").utf8))
    }

    private func tmux(_ arguments: [String], input: [UInt8] = []) throws -> OracleCommand.Result {
        try OracleCommand.run(["tmux", "-L", name] + arguments, in: folder, input: input)
    }

    /// Keys by tmux's names, or text.
    func send(_ keys: String...) throws { _ = try tmux(["send-keys"] + keys) }

    func type(_ text: String) throws { _ = try tmux(["send-keys", "-l", text]) }

    /// A bracketed paste.
    func paste(_ text: String) throws {
        _ = try tmux(["load-buffer", "-"], input: Array(text.utf8))
        _ = try tmux(["paste-buffer", "-p"])
    }

    /// Lets the terminal's clipboard be set by what runs in it.
    func takeClipboard() throws { _ = try tmux(["set-option", "-s", "set-clipboard", "on"]) }

    var clipboard: String {
        get throws { String(decoding: try tmux(["show-buffer"]).output, as: UTF8.self) }
    }

    /// Sends the program a signal.
    func signal(_ signal: Int32) throws {
        let shell = String(decoding: try tmux(["display-message", "-p", "#{pane_pid}"]).output, as: UTF8.self)
            .filter(\.isNumber)
        let path = "/proc/\(shell)/task/\(shell)/children"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let children = String(decoding: try PosixFile.readAll(descriptor, limit: 4096), as: UTF8.self)
        for child in children.split(separator: " ") { kill(pid_t(child) ?? 0, signal) }
    }

    func resize(width: Int, height: Int) throws {
        _ = try tmux(["resize-window", "-x", "\(width)", "-y", "\(height)"])
    }

    /// The screen with what scrolled off it.
    var screen: String {
        get throws { String(decoding: try tmux(["capture-pane", "-p", "-S", "-2000"]).output, as: UTF8.self) }
    }

    /// Returns the screen once it holds a text.
    @discardableResult
    func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        try await wait("“\(text)”", sourceLocation: sourceLocation) { $0.contains(text) }
    }

    @discardableResult
    func wait(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, until condition: (String) -> Bool
    ) async throws -> String {
        let start = ContinuousClock.now
        while true {
            let screen = try screen
            if condition(screen) { return screen }
            guard ContinuousClock.now - start < Self.deadline else {
                Issue.record("\(what) did not come; the screen:\n\(screen)", sourceLocation: sourceLocation)
                throw TestFailure("\(what) did not come")
            }
            // The terminal tells nobody that it has changed; looking now and then leaves the cores to the program.
            try await Task.sleep(for: .milliseconds(30))
        }
    }
}
