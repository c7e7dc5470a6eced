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
        let text = try await reporting { try await work() }
        guard !text.isEmpty else { return }
        try reporting { try PosixFile.writeAll(STDOUT_FILENO, Array((text + "\n").utf8)) }
    }

    /// Runs what prints by itself; errors end the program as those of `printing`.
    static func reporting<Value>(_ work: () throws -> Value) throws -> Value {
        do {
            return try work()
        } catch {
            throw ending(error)
        }
    }

    static func reporting<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch {
            throw ending(error)
        }
    }

    /// Reports an error, and returns what ends the program with its code.
    private static func ending(_ error: any Error) -> any Error {
        switch error {
        case let error as LockgateError:
            report(error)
            return ExitCode(error.exitCode)
        case let error as SystemError:
            // A reader that went away wanted no more.
            if error.errno != EPIPE { report(LockgateError("output", "cannot write the output: \(error.reason)")) }
            return ExitCode(1)
        default: return error
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
