import Basics
import Config
import Glibc
import Journal
import TUI
import Terminal
import Wire

/// A run with a screen, from the command line to the exit code.
enum InteractiveRun {
    static func main(_ options: InteractiveOptions) async -> Int32 {
        let environment = ProcessEnvironment.variables
        do {
            return try await run(options, environment)
        } catch let error as LockgateError {
            CommandOutput.report(error)
            return error.exitCode
        } catch {
            CommandOutput.report(LockgateError("internal", "\(error)"))
            return 1
        }
    }

    private static func run(_ options: InteractiveOptions, _ environment: [String: String]) async throws -> Int32 {
        let device = TerminalDevice()
        if let obstacle = device.obstacle(environment: environment) {
            throw LockgateError(
                "terminal.none", "the screen cannot be shown: \(obstacle)",
                remedy: "work without a screen: lockgate exec \"…\"", exitCode: 2)
        }
        let home = try ConfigurationLoader.home(environment: environment)
        var options = options
        let verb = options.words.first.flatMap { ["resume", "fork"].contains($0) ? $0 : nil }
        let opensSessions = verb != nil && options.words.count == 1 && !options.run.last && options.run.turn == nil
        if opensSessions {
            options.words = []
        } else if verb != nil, options.words.count > 1, !options.run.last {
            // The beginning of an id, or a name, means a session here.
            options.words[1] = try SessionStore(home: home).resolve(options.words[1]).id.text
        }
        let request = try options.request()
        signal(SIGPIPE, SIG_IGN)
        let inbox = ScreenInbox()
        let post: @Sendable (ScreenEvent) -> Void = { inbox.post($0) }
        let reviewer = SheetReviewer(post: post)
        let host = SessionHost(
            request, environment: environment, reviewer: reviewer, forksPicked: opensSessions && verb == "fork",
            post: post)
        var prompt: String?
        if case .text(let text) = request.prompt { prompt = text }
        var preferences = ScreenPreferences.early(home: home, environment: environment)
        if options.screenReader { preferences.isForScreenReaders = true }
        let end = try await ScreenLoop.run(
            ScreenLoop.Parts(
                device: device, inbox: inbox, host: host, reviewer: reviewer, environment: environment, home: home,
                preferences: preferences, isWhole: options.alternateScreen && !preferences.isForScreenReaders,
                prompt: prompt, opensSessions: opensSessions))
        let id = await host.id
        await host.close(reason: "prompt_input_exit")
        if let id, end == 0 {
            let words = "To go on with this session: lockgate resume \(id.text.prefix(18))\n"
            try? PosixFile.writeAll(STDOUT_FILENO, Array(words.utf8))
        }
        return end
    }
}
