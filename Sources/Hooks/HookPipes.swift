import Basics
import CLinux
import Glibc
import Wire

/// A hook's input as a sealed memory file, and its output and errors as pipes. Closes what nobody took.
struct HookPipes: ~Copyable {
    /// Bytes of output, and of errors, that are read. A hook that prints more has gone wrong.
    static let limit = 1 << 20

    /// The hook's side.
    private(set) var input: Int32 = -1
    private(set) var output: Int32 = -1
    private(set) var errors: Int32 = -1
    private var outputEnd: Int32 = -1
    private var errorsEnd: Int32 = -1

    /// - Throws: when the system grants no further descriptors or memory.
    init(input bytes: [UInt8]) throws(HookRun.Failure) {
        input = bytes.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
        var out: [Int32] = [-1, -1]
        var err: [Int32] = [-1, -1]
        let made = input < 0 ? input : min(clinux_pipe(&out), clinux_pipe(&err))
        (outputEnd, output) = (out[0], out[1])
        (errorsEnd, errors) = (err[0], err[1])
        // The file was written through this very descriptor.
        guard made == 0, lseek(input, 0, SEEK_SET) == 0 else {
            throw HookRun.Failure(.spawn, "no descriptors for it: \(String(cString: strerror(max(-made, 1))))")
        }
    }

    deinit {
        for descriptor in [input, output, errors, outputEnd, errorsEnd] where descriptor >= 0 { close(descriptor) }
    }

    /// Lets go of the hook's side, which it has by now, and hands the other over to be read.
    mutating func handOver() -> [Int32] {
        close(input)
        close(output)
        close(errors)
        (input, output, errors) = (-1, -1, -1)
        defer { (outputEnd, errorsEnd) = (-1, -1) }
        return [outputEnd, errorsEnd]
    }
}

/// What a hook printed.
struct HookOutput: Sendable {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var isOversized = false

    /// Reads and closes two pipes.
    static func read(_ ends: [Int32], isOver: @escaping @Sendable () -> Bool) async -> HookOutput {
        await withCheckedContinuation { continuation in
            // A thread of its own: a pool's threads must not block.
            DetachedThread {
                let output = HookOutput(from: ends, isOver: isOver)
                for end in ends { close(end) }
                continuation.resume(returning: output)
            }.start()
        }
    }

    /// Reads two pipes to their ends, or, once the hook has ended, to what is in them: something that holds them open
    /// outside the sandbox must not keep the agent waiting.
    private init(from ends: [Int32], isOver: () -> Bool) {
        // On the thread's stack, so that memory is touched only as far as a hook prints: most print nothing.
        withUnsafeTemporaryAllocation(byteCount: 1 << 14, alignment: 1) { read(ends, isOver: isOver, chunk: $0) }
    }

    private mutating func read(_ ends: [Int32], isOver: () -> Bool, chunk: UnsafeMutableRawBufferPointer) {
        var open = ends.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while open.contains(where: { $0.fd >= 0 }), !isOversized {
            let wasOver = isOver()
            let ready = poll(&open, 2, wasOver ? 0 : 50)
            if ready < 0, errno == EINTR { continue }
            if ready == 0, wasOver { return }
            for place in open.indices where open[place].fd >= 0 && open[place].revents != 0 {
                let count = Glibc.read(open[place].fd, chunk.baseAddress, chunk.count)
                if count < 0, errno == EINTR || errno == EAGAIN { continue }
                guard count > 0 else {
                    open[place].fd = -1
                    continue
                }
                let bytes = UnsafeRawBufferPointer(rebasing: chunk[..<count])
                if place == 0 { output.append(contentsOf: bytes) } else { errors.append(contentsOf: bytes) }
                isOversized = isOversized || max(output.count, errors.count) > HookPipes.limit
            }
        }
    }
}
