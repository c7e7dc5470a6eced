import Basics
import Glibc
import Wire

/// Makes the prompt from the argument and standard input.
///
/// Standard input is only waited for when it is the prompt. Beside a prompt it is taken as an attachment if it is a file,
/// or a pipe that says something within a second; a silent pipe is left alone, so that a run started by a service with
/// an open input never hangs.
struct PromptReader: Sendable {
    /// A longer input is refused; models cannot read it either. 64 MiB.
    static let limit = 64 << 20
    /// How long a pipe beside a prompt may be silent, in milliseconds.
    static let patience: Int32 = 1000

    var input: Int32 = STDIN_FILENO

    /// What was read, and a notice for the person if something was left out.
    func read(_ prompt: ExecRequest.Prompt) throws(LockgateError) -> (text: String, notice: String?) {
        switch prompt {
        case .standardInput:
            return (try standardInput(), nil)
        case .unspecified:
            guard isatty(input) == 0 else {
                throw LockgateError(
                    "usage", "there is no prompt", remedy: "lockgate exec \"what to do\", or pipe the prompt in",
                    exitCode: 2)
            }
            return (try standardInput(), nil)
        case .text(let text):
            guard !text.allSatisfy(\.isWhitespace) else {
                throw LockgateError("usage", "the prompt is empty", remedy: "lockgate exec \"what to do\"", exitCode: 2)
            }
            switch attachment() {
            case .none: return (text, nil)
            case .silent:
                return (text, "standard input is a silent pipe and was not read; give `-` as the prompt to wait for it")
            case .ready:
                let attached = try readAll()
                return (attached.isEmpty ? text : "\(text)\n\n<stdin>\n\(attached)\n</stdin>", nil)
            }
        }
    }

    private enum Attachment { case none, silent, ready }

    private func attachment() -> Attachment {
        var status = stat()
        guard fstat(input, &status) == 0 else { return .none }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .ready
        case S_IFIFO, S_IFSOCK:
            var wait = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
            return poll(&wait, 1, Self.patience) > 0 ? .ready : .silent
        default: return .none
        }
    }

    private func standardInput() throws(LockgateError) -> String {
        let text = try readAll()
        guard !text.allSatisfy(\.isWhitespace) else {
            throw LockgateError(
                "usage", "the prompt on standard input is empty", remedy: "pipe some text in", exitCode: 2)
        }
        return text
    }

    private func readAll() throws(LockgateError) -> String {
        let bytes: [UInt8]
        do {
            bytes = try PosixFile.readAll(input, limit: Self.limit)
        } catch {
            let reason = error.errno == EFBIG ? "it is larger than \(Self.limit >> 20) MiB" : error.reason
            throw LockgateError("prompt.unreadable", "standard input cannot be read: \(reason)", exitCode: 2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw LockgateError(
                "prompt.not_utf8", "standard input is not valid UTF-8",
                remedy: "convert it first, for example with: iconv -t UTF-8", exitCode: 2)
        }
        return text
    }
}
