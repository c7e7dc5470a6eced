/// A terminal's bytes as keys: bytes in, events out, whatever pieces they come in.
///
/// It knows xterm's and the Linux console's sequences, Kitty's keyboard protocol and bracketed paste. Everything else
/// that begins like a sequence is read to its end and left out: an answer of the terminal must not become typing. An
/// escape by itself cannot be told from the beginning of a sequence; `flush` says that nothing followed it.
package struct InputDecoder: Sendable, Hashable {
    /// The most bytes of one paste that are kept.
    package static let pasteLimit = 8 << 20
    /// Parameters longer than this belong to no key.
    private static let parameterLimit = 64

    private enum State: Sendable, Hashable {
        case ground
        case escape
        case singleShift
        case sequence([UInt8])
        /// Bytes that belong to a sequence and mean nothing here.
        case skip(Int)
        case linuxFunction
        /// OSC, DCS, APC, PM and SOS: until ST or BEL.
        case text(afterEscape: Bool)
        case utf8([UInt8], needed: Int, alt: Bool)
        case paste
    }

    private var state = State.ground
    private var paste: [UInt8] = []
    private var pasteDropped = 0
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    package init() {}

    /// Whether a beginning is held that `flush` would end.
    package var isWaiting: Bool {
        switch state {
        case .ground, .paste: false
        default: true
        }
    }

    package mutating func feed(_ bytes: some Sequence<UInt8>) -> [InputEvent] {
        var events: [InputEvent] = []
        for byte in bytes { take(byte, &events) }
        return events
    }

    /// Nothing followed for a while: what is held is a key by itself, or nothing.
    package mutating func flush() -> [InputEvent] {
        defer { if state != .paste { state = .ground } }
        switch state {
        case .escape: return [.key(Key(.escape))]
        case .singleShift: return [.key(Key(.character("O"), .alt))]
        case .sequence(let bytes) where bytes.isEmpty: return [.key(Key(.character("["), .alt))]
        default: return []
        }
    }

    private mutating func take(_ byte: UInt8, _ events: inout [InputEvent]) {
        switch state {
        case .ground: ground(byte, alt: false, &events)
        case .escape: escape(byte, &events)
        case .singleShift:
            state = .ground
            // Some terminals put a modifier between: `ESC O 5 A`.
            if (0x31...0x39).contains(byte) {
                state = .sequence([0x31, 0x3B, byte])
            } else {
                finish([], final: byte, &events)
            }
        case .sequence(let parameters): sequence(byte, parameters, &events)
        case .skip(let count): state = count > 1 ? .skip(count - 1) : .ground
        case .linuxFunction:
            state = .ground
            if (0x41...0x45).contains(byte) { events.append(.key(Key(.function(Int(byte) - 0x40)))) }
        case .text(let afterEscape):
            if byte == 0x07 || (afterEscape && byte == 0x5C) {
                state = .ground
            } else {
                state = .text(afterEscape: byte == 0x1B)
            }
        case .utf8(let bytes, let needed, let alt): continuation(byte, bytes, needed, alt, &events)
        case .paste: pasted(byte, &events)
        }
    }

    // MARK: - Plain bytes

    private mutating func ground(_ byte: UInt8, alt: Bool, _ events: inout [InputEvent]) {
        state = .ground
        let modifiers: Key.Modifiers = alt ? .alt : []
        switch byte {
        case 0x1B: state = .escape
        case 0x0D: events.append(.key(Key(.enter, modifiers)))
        case 0x09: events.append(.key(Key(.tab, modifiers)))
        case 0x7F, 0x08: events.append(.key(Key(.backspace, modifiers)))
        case 0x00: events.append(.key(Key(.character(" "), modifiers.union(.control))))
        case 0x01...0x1A:
            events.append(.key(Key(.character(Unicode.Scalar(byte + 0x60)), modifiers.union(.control))))
        case 0x1C...0x1F:
            events.append(.key(Key(.character(Unicode.Scalar(byte + 0x40)), modifiers.union(.control))))
        case 0x20..<0x7F: events.append(.key(Key(.character(Unicode.Scalar(byte)), modifiers)))
        case 0xC2...0xDF: state = .utf8([byte], needed: 2, alt: alt)
        case 0xE0...0xEF: state = .utf8([byte], needed: 3, alt: alt)
        case 0xF0...0xF4: state = .utf8([byte], needed: 4, alt: alt)
        default: events.append(.key(Key(.character("\u{FFFD}"), modifiers)))
        }
    }

    private mutating func continuation(
        _ byte: UInt8, _ bytes: [UInt8], _ needed: Int, _ alt: Bool, _ events: inout [InputEvent]
    ) {
        guard byte & 0xC0 == 0x80 else {
            events.append(.key(Key(.character("\u{FFFD}"), alt ? .alt : [])))
            return ground(byte, alt: false, &events)
        }
        let all = bytes + [byte]
        guard all.count == needed else {
            state = .utf8(all, needed: needed, alt: alt)
            return
        }
        state = .ground
        let scalars = Array(String(decoding: all, as: UTF8.self).unicodeScalars)
        events.append(.key(Key(.character(scalars.count == 1 ? scalars[0] : "\u{FFFD}"), alt ? .alt : [])))
    }

    // MARK: - Sequences

    private mutating func escape(_ byte: UInt8, _ events: inout [InputEvent]) {
        switch byte {
        case 0x1B: events.append(.key(Key(.escape)))
        case 0x5B: state = .sequence([])
        case 0x4F: state = .singleShift
        case 0x5D, 0x50, 0x58, 0x5E, 0x5F: state = .text(afterEscape: false)
        default: ground(byte, alt: true, &events)
        }
    }

    private mutating func sequence(_ byte: UInt8, _ parameters: [UInt8], _ events: inout [InputEvent]) {
        switch byte {
        case 0x20...0x3F:
            state = parameters.count < Self.parameterLimit ? .sequence(parameters + [byte]) : .sequence(parameters)
        case 0x5B where parameters.isEmpty: state = .linuxFunction
        case 0x4D where parameters.isEmpty: state = .skip(3)
        case 0x40...0x7E:
            state = .ground
            finish(parameters, final: byte, &events)
        case 0x1B: state = .escape
        // A control byte in the middle: the sequence was cut, and this is a key.
        default: ground(byte, alt: false, &events)
        }
    }

    private mutating func finish(_ parameters: [UInt8], final: UInt8, _ events: inout [InputEvent]) {
        if final == UInt8(ascii: "~"), parameters.elementsEqual("200".utf8) {
            state = .paste
            paste = []
            pasteDropped = 0
            return
        }
        if let event = KeySequence(parameters: parameters, final: final).event { events.append(event) }
    }

    // MARK: - Pastes

    private mutating func pasted(_ byte: UInt8, _ events: inout [InputEvent]) {
        // The end has to be seen also where nothing more is kept, so the bound leaves room for it.
        if paste.count >= Self.pasteLimit + Self.pasteEnd.count {
            paste.removeSubrange(Self.pasteLimit..<Self.pasteLimit + 1)
            pasteDropped += 1
        }
        paste.append(byte)
        guard byte == 0x7E, paste.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else { return }
        paste.removeLast(Self.pasteEnd.count)
        state = .ground
        var text: [UInt8] = []
        text.reserveCapacity(paste.count)
        var isAfterReturn = false
        for byte in paste {
            if byte == 0x0A, isAfterReturn {
                isAfterReturn = false
                continue
            }
            isAfterReturn = byte == 0x0D
            text.append(byte == 0x0D ? 0x0A : byte)
        }
        events.append(.paste(Paste(text: String(decoding: text, as: UTF8.self), dropped: pasteDropped)))
        paste = []
    }
}
