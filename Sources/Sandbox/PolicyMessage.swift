import Wire

/// Writes the messages that the helper reads: the policy of a session and each command. The format is described in
/// policy.h, where it is parsed.
struct PolicyMessage {
    /// Which message; its magic number.
    enum Kind: UInt32 {
        case policy = 0x4253_474c
        case command = 0x4353_474c
    }

    private static let version: UInt32 = 3
    /// The helper refuses more.
    static let maximumBytes = 16 << 20
    private static let headerBytes = 16

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
        static let ownPlan = Flags(rawValue: 16)
        static let oneShot = Flags(rawValue: 32)
        static let keeper = Flags(rawValue: 64)
        static let survey = Flags(rawValue: 128)
        static let outerProc = Flags(rawValue: 256)
        static let fenced = Flags(rawValue: 512)
        static let keepModes = Flags(rawValue: 1024)
        static let unchanged = Flags(rawValue: 2048)
    }

    private var bytes: [UInt8] = []
    private var records: UInt32 = 0

    private init(_ kind: Kind, capacity: Int) {
        bytes.reserveCapacity(capacity)
        append(kind.rawValue)
        append(Self.version)
        append(UInt32(0))
        append(UInt32(0))
    }

    /// The policy of a session with the plan that its view is built from.
    static func policy(
        _ policy: SandboxPolicy, plan: MountPlan, isOneShot: Bool
    ) throws(LockgateError) -> [UInt8] {
        var message = PolicyMessage(.policy, capacity: 8192)
        var flags: Flags = isOneShot ? .oneShot : []
        if policy.mode != .dangerFullAccess {
            switch policy.level {
            case .full, .noLandlock, .outerProc:
                flags.insert(.contained)
                if policy.level == .outerProc { flags.insert(.outerProc) }
                if policy.network != .on { flags.insert(.privateNetwork) }
            case .fence:
                flags.insert(.fenced)
                if policy.mode == .readOnly { flags.insert(.keepModes) }
            case .outerSandbox: break
            case .unconfined:
                throw LockgateError(
                    "sandbox.level", "A sandboxed mode cannot run unconfined.",
                    remedy: "This is a fault of the program: report it.")
            }
        }
        message.add(flags)
        message.begin(.limits, length: 16)
        message.append(policy.processLimit)
        message.append(UInt32(0))
        message.append(policy.temporaryBytes)
        try message.add(plan, added: nil)
        return try message.finish()
    }

    /// The policy of a helper that only says what the machine grants.
    static func survey() throws(LockgateError) -> [UInt8] {
        var message = PolicyMessage(.policy, capacity: 64)
        message.add(Flags.survey)
        return try message.finish()
    }

    /// The policy of a helper that only holds reserved names.
    static func keeper(of plan: MountPlan) throws(LockgateError) -> [UInt8] {
        var message = PolicyMessage(.policy, capacity: 4096)
        message.add(Flags.keeper)
        for placeholder in plan.placeholders { try message.add(placeholder, isAdded: false) }
        return try message.finish()
    }

    /// One command. `plan` replaces what the session's view was built to protect; `base` is that view's plan.
    /// `isUnchanged`: see `SessionPlan.isSettled`.
    static func command(
        _ command: SandboxCommand, isProbe: Bool = false, isUnchanged: Bool = false, plan: MountPlan? = nil,
        base: MountPlan? = nil
    ) throws(LockgateError) -> [UInt8] {
        var message = PolicyMessage(.command, capacity: 8192)
        var flags: Flags = isProbe ? .probe : []
        if case .terminal(let rows, let columns) = command.io {
            flags.insert(.terminal)
            message.begin(.terminal, length: 4)
            message.append(rows)
            message.append(columns)
        }
        if plan != nil { flags.insert(.ownPlan) }
        if isUnchanged { flags.insert(.unchanged) }
        message.add(flags)
        try message.add(.cwd, command.workingDirectory)
        for argument in command.arguments { try message.add(.argument, argument) }
        for (name, value) in command.environment { try message.add(.environment, name, value, separator: 0x3D) }
        if let plan { try message.add(plan, added: base ?? MountPlan()) }
        return try message.finish()
    }

    private mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private mutating func begin(_ tag: Tag, length: Int) {
        append(tag.rawValue)
        append(UInt16(0))
        append(UInt32(truncatingIfNeeded: length))
        records += 1
    }

    private mutating func add(_ flags: Flags) {
        begin(.flags, length: 4)
        append(flags.rawValue)
    }

    /// A record of one string or two, with their ends, after an optional letter.
    private mutating func add(
        _ tag: Tag, letter: UInt8? = nil, _ first: String, _ second: String? = nil, separator: UInt8 = 0
    ) throws(LockgateError) {
        let start = bytes.count
        begin(tag, length: 0)
        let payload = bytes.count
        if let letter { bytes.append(letter) }
        let text = bytes.count
        bytes.append(contentsOf: first.utf8)
        var ends = 1
        if let second {
            bytes.append(separator)
            ends += separator == 0 ? 1 : 0
            bytes.append(contentsOf: second.utf8)
        }
        bytes.append(0)
        guard bytes[text...].count(where: { $0 == 0 }) == ends else {
            throw LockgateError(
                "sandbox.nul_in_text", "A path, argument or variable contains a NUL byte.",
                remedy: "Take the NUL byte out of the command.")
        }
        put(UInt32(truncatingIfNeeded: bytes.count - payload), at: start + 4)
    }

    private mutating func put(_ number: UInt32, at offset: Int) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(index))) }
    }

    /// The plan for a session's view, or (with `added`) only what protects, with what that plan lacks in upper case.
    private mutating func add(_ plan: MountPlan, added base: MountPlan?) throws(LockgateError) {
        let known = base.map { Set($0.mounts) }
        for mount in plan.mounts {
            if known != nil, !mount.kind.protects { continue }
            let isAdded = known.map { !$0.contains(mount) } ?? false
            try add(.mount, letter: Self.letter(mount.kind.rawValue, isAdded), mount.path, mount.target)
        }
        for placeholder in plan.placeholders {
            try add(placeholder, isAdded: base.map { !$0.placeholders.contains(placeholder) } ?? false)
        }
    }

    private mutating func add(_ placeholder: MountPlan.Placeholder, isAdded: Bool) throws(LockgateError) {
        let kind = placeholder.content == nil ? UInt8(ascii: "d") : UInt8(ascii: "f")
        try add(.placeholder, letter: Self.letter(kind, isAdded), placeholder.path, placeholder.content ?? "")
    }

    private static func letter(_ kind: UInt8, _ isUpper: Bool) -> UInt8 { isUpper ? kind & ~0x20 : kind }

    private mutating func finish() throws(LockgateError) -> [UInt8] {
        guard bytes.count <= Self.maximumBytes else {
            throw LockgateError(
                "sandbox.command_too_long",
                "The command with its environment has \(bytes.count) bytes; the limit is \(Self.maximumBytes).",
                remedy: "Write the input to a file and pass its name.")
        }
        put(UInt32(bytes.count), at: 8)
        put(records, at: 12)
        return bytes
    }
}
