import Basics
import Glibc
import Synchronization
import Wire

/// A person at a terminal who answers by number (`lockgate exec --ask`).
final class TerminalReviewer: Reviewer {
    let approver = Approver.user

    private let style: TerminalStyle
    /// Told before a question and after its answer, so that nothing else is drawn meanwhile.
    private let pause: @Sendable (Bool) -> Void

    init(style: TerminalStyle, pause: @escaping @Sendable (Bool) -> Void) {
        self.style = style
        self.pause = pause
    }

    /// - Throws: `usage`, exit code 2, where nobody can be asked: a question without a terminal would never be answered.
    static func check(isJSON: Bool) throws(LockgateError) {
        guard !isJSON, isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else {
            throw LockgateError(
                "usage", "--ask needs a terminal as standard input and standard error, and no --json",
                remedy: "leave --ask out, or let a program answer: lockgate explain approvals.command", exitCode: 2)
        }
    }

    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer {
        let question = ApprovalQuestion(request: request, style: style)
        pause(true)
        defer { pause(false) }
        // What was typed before the question was there is no answer to it.
        tcflush(STDIN_FILENO, TCIFLUSH)
        write(question.text)
        while true {
            write("Answer 1 to \(question.choices.count): ")
            guard let line = try await Self.line() else {
                return ApprovalAnswer(.deny, message: "the terminal was closed at the question")
            }
            switch question.choice(line) {
            case .offer(let offer): return ApprovalAnswer(.approve(offer.scope))
            case .deny: return ApprovalAnswer(.deny)
            case .abort: return ApprovalAnswer(.abort)
            case nil: continue
            }
        }
    }

    private func write(_ text: String) { try? PosixFile.writeAll(STDERR_FILENO, Array(text.utf8)) }

    /// One line from the terminal; nil at its end.
    private static func line() async throws -> String? {
        let cancellation = Cancellation()
        let line = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DetachedThread { continuation.resume(returning: readLine(until: cancellation)) }.start()
            }
        } onCancel: {
            cancellation.cancel()
        }
        try Task.checkCancellation()
        return line
    }

    private final class Cancellation: Sendable {
        private let state = Mutex(false)
        var isCancelled: Bool { state.withLock { $0 } }
        func cancel() { state.withLock { $0 = true } }
    }

    private static func readLine(until cancellation: Cancellation) -> String? {
        var bytes: [UInt8] = []
        while !cancellation.isCancelled {
            var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
            // Short waits, since a thread that blocks in a read cannot be told that nobody waits any more.
            guard poll(&wait, 1, 100) > 0 else { continue }
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count == 1 else { return nil }
            if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
            if bytes.count < 256 { bytes.append(byte) }
        }
        return nil
    }
}
