package import Basics
import CLinux
import Glibc

/// The terminal that the process was started on: raw mode and what the terminal has to be told at the beginning and the
/// end. It gets its state back when the process exits, is ended by a fault, or stops (Ctrl-Z).
package struct TerminalDevice: Sendable {
    package let input: Int32
    package let output: Int32

    /// Bracketed paste, reports of the focus, and Kitty's keys where they are known (others read past it).
    private static let enter = "\u{1B}[?2004h\u{1B}[?1004h\u{1B}[>1u"
    /// All of it back, also what a frame that broke off has left behind.
    private static let leave =
        "\u{1B}[?2026l\u{1B}[0m\u{1B}]8;;\u{1B}\\\u{1B}[<u\u{1B}[?1004l\u{1B}[?2004l\u{1B}[?25h"

    package init(input: Int32 = STDIN_FILENO, output: Int32 = STDOUT_FILENO) {
        self.input = input
        self.output = output
    }

    /// Why no screen can be drawn here; nil where it can.
    package func obstacle(environment: [String: String]) -> String? {
        if isatty(input) != 1 { return "standard input is not a terminal" }
        if isatty(output) != 1 { return "standard output is not a terminal" }
        if ["dumb", ""].contains(environment["TERM"] ?? "") {
            return "the terminal (TERM=\(environment["TERM"] ?? "")) cannot place its cursor"
        }
        return nil
    }

    /// Takes the terminal, also again after `release`.
    ///
    /// - Parameter whole: whether a crash has to leave the alternate screen.
    package func take(whole: Bool = false) throws(SystemError) {
        let restore = (whole ? "\u{1B}[?1049l" : "") + Self.leave
        let failure = restore.utf8.withContiguousStorageIfAvailable {
            clinux_terminal_raw(input, $0.baseAddress, $0.count)
        }
        if let failure, failure < 0 { throw SystemError("tcsetattr", "", errno: -failure) }
        try write(Array(Self.enter.utf8))
    }

    /// Whether the terminal is as `take` left it: a shell that had it in between puts it into its own mode.
    package var isTaken: Bool {
        var mode = termios()
        return tcgetattr(input, &mode) == 0 && mode.c_lflag & tcflag_t(ICANON) == 0
    }

    /// Gives the terminal back.
    package func release() { clinux_terminal_restore() }

    /// Stops the process's group as Ctrl-Z does, and returns when it goes on. The terminal has to be released.
    package func stop() { kill(0, SIGTSTP) }

    package func write(_ bytes: [UInt8]) throws(SystemError) { try PosixFile.writeAll(output, bytes) }

    /// The size in cells; 80 by 24 where the terminal does not say.
    package var size: (width: Int, height: Int) {
        var rows: UInt16 = 0
        var columns: UInt16 = 0
        guard clinux_get_window(output, &rows, &columns) == 0, rows > 0, columns > 0 else { return (80, 24) }
        return (Int(columns), Int(rows))
    }

    /// What is typed: up to 64 KiB that wait; empty at the terminal's end.
    package func read() throws(SystemError) -> [UInt8] {
        while true {
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
                let got = Glibc.read(input, buffer.baseAddress, buffer.count)
                if got < 0 { failure = errno }
                count = max(0, got)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { throw SystemError("read", "", errno: failure) }
            return bytes
        }
    }
}

/// What a terminal can be told besides frames. Texts travel inside sequences, so only visible ones are let in.
package enum TerminalNotice {
    /// The window's title.
    package static func title(_ text: String) -> [UInt8] { Array("\u{1B}]2;\(inner(text, limit: 80))\u{1B}\\".utf8) }

    /// Puts the title from before aside, and takes it back; terminals without such a stack do nothing.
    package static let keepTitle = Array("\u{1B}[22;2t".utf8)
    package static let giveTitleBack = Array("\u{1B}[23;2t".utf8)

    /// A notification of the desktop (OSC 9), with the bell for terminals without.
    package static func attention(_ text: String) -> [UInt8] {
        Array("\u{1B}]9;\(inner(text, limit: 120))\u{1B}\\\u{07}".utf8)
    }

    /// Puts text into the clipboard (OSC 52). It is encoded, so any text may travel.
    package static func clipboard(_ text: String) -> [UInt8] {
        Array("\u{1B}]52;c;".utf8) + Array(Base64.encode(Array(text.utf8)).utf8) + Array("\u{1B}\\".utf8)
    }

    private static func inner(_ text: String, limit: Int) -> String {
        VisibleText.line(String(text.prefix(limit)))
    }
}
