/// How a command ended.
package enum TerminationStatus: Hashable, Sendable {
    /// It returned this code itself, 0...255.
    case exited(Int32)
    /// This signal ended it.
    case signaled(Int32)

    /// Reads a status as `wait4(2)` returns it.
    init(waitStatus: Int32) {
        let signal = waitStatus & 0x7f
        self = signal == 0 ? .exited((waitStatus >> 8) & 0xff) : .signaled(signal)
    }

    /// The code a shell would give: the command's own, or 128 plus the signal.
    package var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }

    /// Whether the command says that it succeeded.
    package var isSuccess: Bool { self == .exited(0) }
}

/// What a command and everything it started used, once all of it has ended.
package struct ResourceUsage: Hashable, Sendable {
    /// Processor time in user mode, microseconds.
    package var userMicroseconds: UInt64
    /// Processor time in the kernel, microseconds.
    package var systemMicroseconds: UInt64
    /// The largest resident set of any one process, kilobytes.
    package var peakKilobytes: UInt64
    /// Blocks of 512 bytes read from disks.
    package var blockInput: UInt64
    /// Blocks of 512 bytes written to disks.
    package var blockOutput: UInt64
}
