/// Takes a bundle's bytes as they come and says what is in them. A value without input or output of its own.
///
/// The bytes may be anybody's: every block that no writer writes, a member twice, out of order or unknown, and anything
/// after the end is a fault.
struct BundleParser {
    enum Event {
        case begin(BundleFormat.Member, size: Int)
        /// A piece of the member that has begun.
        case bytes(ArraySlice<UInt8>)
        case end(BundleFormat.Member)
    }

    /// What is wrong with a bundle, and where.
    struct Fault: Error, Hashable, CustomStringConvertible {
        let offset: Int
        let reason: String
        var description: String { "byte \(offset): \(reason)" }
    }

    private enum State {
        case header
        case content(BundleFormat.Member, left: Int, padding: Int)
        case padding(left: Int)
        case trailer(left: Int)
        case over
    }

    private var state = State.header
    private var block: [UInt8] = []
    private var offset = 0
    private var last: BundleFormat.Member?

    /// - Throws: `Fault`, and what `body` throws. Nothing may be consumed after an error.
    mutating func consume(_ chunk: ArraySlice<UInt8>, _ body: (Event) throws -> Void) throws {
        var rest = chunk
        while !rest.isEmpty {
            switch state {
            case .header:
                let piece = rest.prefix(BundleFormat.blockSize - block.count)
                block += piece
                take(piece.count, of: &rest)
                guard block.count == BundleFormat.blockSize else { return }
                defer { block.removeAll(keepingCapacity: true) }
                try begin(body)
            case .content(let member, let left, let padding):
                let piece = rest.prefix(left)
                if !piece.isEmpty { try body(.bytes(piece)) }
                take(piece.count, of: &rest)
                state = .content(member, left: left - piece.count, padding: padding)
                if left == piece.count { try end(member, padding: padding, body) }
            case .padding(let left):
                let piece = rest.prefix(left)
                try zeros(piece)
                take(piece.count, of: &rest)
                state = left == piece.count ? .header : .padding(left: left - piece.count)
            case .trailer(let left):
                let piece = rest.prefix(left)
                try zeros(piece)
                take(piece.count, of: &rest)
                state = left == piece.count ? .over : .trailer(left: left - piece.count)
            case .over: throw Fault(offset: offset, reason: "there is more after the end")
            }
        }
    }

    /// - Throws: `Fault` for a bundle that is cut.
    func finish() throws(Fault) {
        guard case .over = state else { throw Fault(offset: offset, reason: "the file ends before the bundle does") }
    }

    private mutating func begin(_ body: (Event) throws -> Void) throws {
        let start = offset - block.count
        if block.allSatisfy({ $0 == 0 }) {
            guard let last, last.place >= BundleFormat.Member.journal.place else {
                throw Fault(offset: start, reason: "the bundle holds no session")
            }
            state = .trailer(left: BundleFormat.trailer - block.count)
            return
        }
        guard let (member, size) = BundleFormat.member(of: block[...]) else {
            throw Fault(offset: start, reason: "this is no header that a bundle has")
        }
        let mayFollow =
            switch last {
            case nil: member == .manifest
            case .manifest: member == .journal
            case let last?: member.place > last.place
            }
        guard mayFollow else { throw Fault(offset: start, reason: "\(member.rawValue) stands in the wrong place") }
        last = member
        try body(.begin(member, size: size))
        let padding = BundleFormat.padding(size)
        state = .content(member, left: size, padding: padding)
        if size == 0 { try end(member, padding: padding, body) }
    }

    private mutating func end(
        _ member: BundleFormat.Member, padding: Int, _ body: (Event) throws -> Void
    ) throws {
        state = padding == 0 ? .header : .padding(left: padding)
        try body(.end(member))
    }

    private mutating func take(_ count: Int, of rest: inout ArraySlice<UInt8>) {
        offset += count
        rest = rest.dropFirst(count)
    }

    private func zeros(_ piece: ArraySlice<UInt8>) throws(Fault) {
        if let place = piece.firstIndex(where: { $0 != 0 }) {
            throw Fault(offset: offset + place - piece.startIndex, reason: "there is something where nothing may be")
        }
    }
}
