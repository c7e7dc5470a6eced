import CLinux
import Glibc
import Wire

/// The descriptors of one command: a channel to the helper, and its input and output. Closes what nobody took.
struct CommandDescriptors: ~Copyable {
    /// This side of the channel.
    private(set) var channel: Int32 = -1
    /// The helper's side of it.
    private(set) var farChannel: Int32 = -1
    /// The command's input, output and errors; empty when it gets a terminal.
    private(set) var standard: [Int32] = []
    /// This side of its output and input.
    private(set) var output: Int32?
    private(set) var input: Int32?
    private var opened: [Int32] = []

    init(_ io: CommandIO) throws(LockgateError) {
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        opened += pair
        (channel, farChannel) = (pair[0], pair[1])
        switch io {
        case .terminal: break
        case .descriptors(let first, let second, let third): standard = [first, second, third]
        case .merged(let hasInput):
            let out = try makePipe()
            output = out.read
            if hasInput {
                let ends = try makePipe()
                input = ends.write
                standard = [ends.read, out.write, out.write]
            } else {
                let null = open("/dev/null", O_RDONLY | O_CLOEXEC)
                guard null >= 0 else { throw .noResources("open /dev/null", errno) }
                opened.append(null)
                standard = [null, out.write, out.write]
            }
        }
    }

    deinit {
        for descriptor in opened { close(descriptor) }
    }

    private mutating func makePipe() throws(LockgateError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        let made = clinux_pipe(&ends)
        guard made == 0 else { throw .noResources("pipe", -made) }
        opened += ends
        return (ends[0], ends[1])
    }

    /// Hands this side's descriptors over to a process object, which closes them.
    mutating func makeProcess(in zygote: Zygote, hasTerminal: Bool) -> SandboxedProcess {
        let (channel, output, input) = (channel, output, input)
        opened.removeAll { $0 == channel || $0 == output || $0 == input }
        return SandboxedProcess(
            status: channel, zygote: zygote, output: output, input: input, hasTerminal: hasTerminal)
    }
}
