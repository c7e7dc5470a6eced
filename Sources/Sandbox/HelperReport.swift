import CLinux

/// One message from the helper; `struct report` in report.h.
enum HelperReport: Hashable, Sendable {
    /// The command runs; its process id as seen from here, and the master of its terminal.
    case started(pid: Int32, terminal: Int32?)
    case exited(TerminationStatus, ResourceUsage)
    case failed(SetupFailure)
    case denied(SandboxDenial)
    /// Answer to a probe.
    case layers(landlockABI: Int32)
    /// A keeper of reserved names has them.
    case kept
    /// What the machine grants; see `LayerSurvey`.
    case surveyed(String)

    /// The bytes before the text.
    static let fixedSize = 56
    static let maximumSize = fixedSize + 4096

    /// Reads a message; nil for one that is malformed. The descriptor that came with it is owned by the result.
    init?(_ bytes: UnsafeRawBufferPointer, descriptor: Int32?, pid: Int32) {
        guard bytes.count >= Self.fixedSize else { return nil }
        func number<Number: FixedWidthInteger>(_ offset: Int, _: Number.Type = Number.self) -> Number {
            Number(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
        let value: Int32 = number(4)
        let step: UInt32 = number(8)
        let textLength = Int(number(12, UInt32.self))
        guard textLength == bytes.count - Self.fixedSize else { return nil }
        let text = String(decoding: bytes[Self.fixedSize...], as: UTF8.self)
        switch number(0, UInt32.self) {
        // Without a pid namespace the number inside is the number here.
        case 1: self = .started(pid: step == 1 ? pid : value, terminal: descriptor)
        case 2:
            let usage = ResourceUsage(
                userMicroseconds: number(16), systemMicroseconds: number(24), peakKilobytes: number(32),
                blockInput: number(40), blockOutput: number(48))
            self = .exited(TerminationStatus(waitStatus: value), usage)
        case 3:
            guard let step = SetupStep(rawValue: step) else { return nil }
            self = .failed(SetupFailure(step: step, error: value, detail: text))
        case 4: self = .denied(SandboxDenial(kind: .localSocket, target: text))
        case 5: self = .layers(landlockABI: value)
        case 6: self = .kept
        case 7: self = .surveyed(text)
        default: return nil
        }
    }
}

/// Something the sandbox refused while a command ran, and knows for certain.
package struct SandboxDenial: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        /// A connection to a socket file outside every writable folder.
        case localSocket = "local_socket"
    }

    package var kind: Kind
    /// The path, or the abstract name with its leading NUL as `@`.
    package var target: String

    package init(kind: Kind, target: String) {
        self.kind = kind
        self.target = target.utf8.first == 0 ? "@" + target.dropFirst() : target
    }
}
