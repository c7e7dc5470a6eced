package import Wire

/// A command to start, as a tool asks for it. The environment is the launcher's business, so that no tool can leak one.
package struct CommandRequest: Sendable, Hashable {
    package var argv: [String]
    package var cwd: String
    /// A terminal of this size instead of pipes.
    package var terminal: TerminalSize?

    package init(argv: [String], cwd: String, terminal: TerminalSize? = nil) {
        self.argv = argv
        self.cwd = cwd
        self.terminal = terminal
    }

    package struct TerminalSize: Sendable, Hashable {
        package var rows: Int
        package var columns: Int

        package init(rows: Int, columns: Int) {
            self.rows = rows
            self.columns = columns
        }
    }
}

/// How a command ended.
package enum CommandExit: Sendable, Hashable {
    case exited(Int)
    case signaled(Int)

    /// The shell's convention: 128 plus the signal's number.
    package var code: Int {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

/// Starts commands, in the sandbox that the session's policy asks for.
package protocol CommandLauncher: Sendable {
    /// Level and mode that hold for the commands, for the journal.
    var sandboxDescription: String { get }

    /// What happened to the sandbox since this was last asked, for the journal: names of incidents, oldest first.
    func takeIncidents() -> [String]

    /// - Throws: why the sandbox or the command could not be started. Never starts it with less protection.
    func launch(_ request: CommandRequest) async throws(LockgateError) -> any RunningCommand
}

/// A started command.
package protocol RunningCommand: AnyObject, Sendable {
    /// Standard output and error together, or the terminal's master side. Non-blocking. Owned by this object.
    var output: Int32 { get }
    /// Sends bytes to the command's input.
    func write(_ bytes: [UInt8]) throws(LockgateError)
    /// Returns when the command has ended and been reaped.
    func wait() async -> CommandExit
    /// What the sandbox refused this command, once it has ended: what it saw itself, and for a command that failed what
    /// its output says and the policy confirms.
    func denials(output: String, exit: CommandExit) -> [EffectDenial]
    /// Why it ended, when that was the end of the sandbox around it and none of its own doing.
    var loss: LockgateError? { get }
    /// What it and all it started wrote to disks, once it has ended; memory file systems do not count. nil where that is
    /// not known.
    var bytesWritten: Int? { get }
    /// Interrupts it as Ctrl-C would.
    func interrupt()
    /// Ends it and all it started: a polite signal, then, after the grace, a final one.
    func terminate(grace: Duration) async
}

extension CommandLauncher {
    package func takeIncidents() -> [String] { [] }
}

extension RunningCommand {
    package var loss: LockgateError? { nil }
    package var bytesWritten: Int? { nil }
}
