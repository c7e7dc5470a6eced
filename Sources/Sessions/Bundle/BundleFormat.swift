/// The form of a bundle: a POSIX tar (ustar) of known members in a known order, with nothing in its headers that says more
/// than name and size.
///
/// So any tar lists and unpacks it, the same session always makes the same bytes, and a reader takes the one spelling
/// that a writer has and no other.
enum BundleFormat {
    /// Rises when a reader of the one before could be misled.
    static let version = 1

    /// What a bundle may hold, in the order of the file. Nothing else is ever written to a disk, and under no name that the
    /// bundle chooses.
    enum Member: String, CaseIterable, Sendable {
        case manifest = "manifest.json"
        case journal = "session.jsonl"
        case notes = "notes.json"
        case checkpoints = "checkpoints.bin"

        /// The largest size in bytes.
        var limit: Int {
            switch self {
            case .manifest, .notes: 64 << 10
            case .journal, .checkpoints: 4 << 30
            }
        }

        /// Its place in the order.
        var place: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    }

    static let blockSize = 512

    /// The zeros between a member's end and the next block.
    static func padding(_ size: Int) -> Int { (blockSize - size % blockSize) % blockSize }

    /// The zeros at the end: two blocks.
    static let trailer = 2 * blockSize

    /// A member's header.
    static func header(_ member: Member, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: blockSize)
        func put(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(member.rawValue, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, digits: 11), at: 124)
        put("00000000000", at: 136)
        // The sum counts its own place as spaces.
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("0000000", at: 329)
        put("0000000", at: 337)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + "\0 ", at: 148)
        return block
    }

    private static func octal(_ value: Int, digits: Int) -> String {
        let text = String(value, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    /// Reads a header; nil for any block but those that `header` makes for a size that the member may have.
    static func member(of block: ArraySlice<UInt8>) -> (member: Member, size: Int)? {
        let name = String(decoding: block.prefix(100).prefix { $0 != 0 }, as: UTF8.self)
        let digits = block.dropFirst(124).prefix(11)
        guard block.count == blockSize, let member = Member(rawValue: name),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "7")).contains($0) }),
            let size = Int(String(decoding: digits, as: UTF8.self), radix: 8), size <= member.limit,
            header(member, size: size).elementsEqual(block)
        else { return nil }
        return (member, size)
    }
}
