import ArgumentParser
import Basics
import Glibc
import Wire

/// How verbs without a session of their own speak to the person who started them.
enum CommandOutput {
    /// Runs a verb's work and prints what it returns as one text.
    ///
    /// A `LockgateError` goes to standard error with its remedy and ends the program with its code, and so does output
    /// that cannot be written.
    static func printing(_ work: () async throws -> String) async throws {
        do {
            let text = try await work()
            guard !text.isEmpty else { return }
            try PosixFile.writeAll(STDOUT_FILENO, Array((text + "\n").utf8))
        } catch let error as LockgateError {
            report(error)
            throw ExitCode(error.exitCode)
        } catch let error as SystemError {
            report(LockgateError("output", "cannot write the output: \(error.reason)"))
            throw ExitCode(1)
        }
    }

    static func report(_ error: LockgateError) {
        let style = TerminalStyle(descriptor: STDERR_FILENO, environment: ProcessEnvironment.variables)
        var text = "\(style.red("error:")) \(TerminalStyle.harmless(error.message))\n"
        if let remedy = error.remedy { text += "  \(style.bold("fix:")) \(TerminalStyle.harmless(remedy))\n" }
        try? PosixFile.writeAll(STDERR_FILENO, Array(text.utf8))
    }

    static func warn(_ message: String) {
        let style = TerminalStyle(descriptor: STDERR_FILENO, environment: ProcessEnvironment.variables)
        try? PosixFile.writeAll(
            STDERR_FILENO, Array("\(style.yellow("warning:")) \(TerminalStyle.harmless(message))\n".utf8))
    }
}
