/// What a git index says: mode, flags, object and path of each entry, without the times, sizes and numbers of files that
/// only spare git from reading them.
struct GitIndex: Hashable {
    private var entries: [[UInt8]] = []

    /// Nil for anything but a whole index of version 2 or 3 over SHA-1, the common ones; such are compared by bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 12 + 20, bytes.starts(with: "DIRC".utf8) else { return nil }
        func number(_ offset: Int) -> UInt32 { bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } }
        let version = number(4)
        guard version == 2 || version == 3 else { return nil }
        let end = bytes.count - 20
        var offset = 12
        for _ in 0..<number(8) {
            // Ten numbers of 4 bytes, of which the mode is the seventh; the object's name; flags.
            guard offset + 62 <= end else { return nil }
            let flags = UInt16(bytes[offset + 60]) << 8 | UInt16(bytes[offset + 61])
            let isExtended = version == 3 && flags & 0x4000 != 0
            let nameStart = offset + (isExtended ? 64 : 62)
            guard nameStart <= end, let nameEnd = bytes[nameStart..<end].firstIndex(of: 0) else { return nil }
            entries.append(Array(bytes[offset + 24..<offset + 28]) + Array(bytes[offset + 40..<nameEnd]))
            // One to eight NULs up to a multiple of 8.
            offset += (nameEnd - offset) / 8 * 8 + 8
        }
        guard offset <= end else { return nil }
    }
}
