import Wire

/// Writes the message that the helper reads; the format is described in policy.h, where it is parsed.
struct PolicyMessage {
    private static let magic: UInt32 = 0x4253_474c
    private static let version: UInt32 = 1
    /// The helper refuses more.
    static let maximumBytes = 16 << 20

    /// Tags of `enum policy_tag`.
    private enum Tag: UInt16 {
        case flags = 1, limits, cwd, argument, environment, mount, terminal, placeholder
    }

    /// Bits of `enum policy_flag`.
    struct Flags: OptionSet {
        let rawValue: UInt32
        static let contained = Flags(rawValue: 1)
        static let privateNetwork = Flags(rawValue: 2)
        static let terminal = Flags(rawValue: 4)
        static let probe = Flags(rawValue: 8)
    }

    private var body: [UInt8] = []
    private var records: UInt32 = 0

    /// The whole message for one command.
    static func encode(
        policy: SandboxPolicy, plan: MountPlan, command: SandboxCommand, isProbe: Bool = false
    ) throws(LockgateError) -> [UInt8] {
        var message = PolicyMessage()
        var flags: Flags = isProbe ? .probe : []
        if policy.mode != .dangerFullAccess {
            flags.insert(.contained)
            if policy.network != .on { flags.insert(.privateNetwork) }
        }
        if case .terminal(let rows, let columns) = command.io {
            flags.insert(.terminal)
            message.add(.terminal, Self.bytes(rows) + Self.bytes(columns))
        }
        message.add(.flags, Self.bytes(flags.rawValue))
        message.add(
            .limits, Self.bytes(policy.processLimit) + Self.bytes(UInt32(0)) + Self.bytes(policy.temporaryBytes))
        try message.add(.cwd, strings: [command.workingDirectory])
        for argument in command.arguments { try message.add(.argument, strings: [argument]) }
        for (name, value) in command.environment { try message.add(.environment, strings: ["\(name)=\(value)"]) }
        for mount in plan.mounts {
            try message.add(
                .mount, prefix: [mount.kind.rawValue], strings: [mount.path] + (mount.target.map { [$0] } ?? []))
        }
        for placeholder in plan.placeholders {
            let kind = placeholder.content == nil ? UInt8(ascii: "d") : UInt8(ascii: "f")
            try message.add(.placeholder, prefix: [kind], strings: [placeholder.path, placeholder.content ?? ""])
        }
        return try message.finish()
    }

    private static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    private mutating func add(_ tag: Tag, _ payload: [UInt8]) {
        body += Self.bytes(tag.rawValue) + Self.bytes(UInt16(0)) + Self.bytes(UInt32(payload.count)) + payload
        records += 1
    }

    private mutating func add(_ tag: Tag, prefix: [UInt8] = [], strings: [String]) throws(LockgateError) {
        var payload = prefix
        for string in strings {
            guard !string.utf8.contains(0) else {
                throw LockgateError(
                    "sandbox.nul_in_text", "A path, argument or variable contains a NUL byte.",
                    remedy: "Take the NUL byte out of the command.")
            }
            payload += string.utf8
            payload.append(0)
        }
        add(tag, payload)
    }

    private func finish() throws(LockgateError) -> [UInt8] {
        let total = 16 + body.count
        guard total <= Self.maximumBytes else {
            throw LockgateError(
                "sandbox.command_too_long",
                "The command with its environment has \(total) bytes; the limit is \(Self.maximumBytes).",
                remedy: "Write the input to a file and pass its name.")
        }
        return Self.bytes(Self.magic) + Self.bytes(Self.version) + Self.bytes(UInt32(total)) + Self.bytes(records)
            + body
    }
}
