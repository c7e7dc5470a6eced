package import Audit
package import Basics
import Wire

/// The file of a resume point, `<id>.resume` beside the journal: whole numbers of 8 bytes, the least significant first, and
/// at the end a code that only this machine's key can make.
extension ResumePoint {
    /// Its name and version; a later form has another.
    private static let mark = Array("lockgate-resume1".utf8)
    private static let purpose: StaticString = "lockgate resume point 1"
    private static let codeLength = 32
    /// A larger one is not read. 10,000 items take half a megabyte.
    private static let sizeLimit = 256 << 20

    private static func file(_ path: String, _ id: SessionID) -> String {
        SessionLocation(id: id, path: path).resumePointPath
    }

    /// The point of a session; nil where there is none that this machine's key has made for it.
    package static func read(path: String, id: SessionID, key: SealPrivateKey) -> ResumePoint? {
        guard let bytes = try? PosixFile.read(file(path, id), limit: sizeLimit), bytes.count > codeLength else {
            return nil
        }
        let content = Array(bytes.dropLast(codeLength))
        guard key.isAuthenticationCode(Array(bytes.suffix(codeLength)), of: content, purpose: purpose) else {
            return nil
        }
        return ResumePoint(content: content, id: id)
    }

    /// How much of the journal it says to cover, which nothing has proved; 0 where there is none.
    static func statedLength(path: String, id: SessionID) -> Int {
        var reader = NumberReader(bytes: PosixFile.head(file(path, id), limit: mark.count + 8) ?? [])
        guard reader.take(mark.count)?.elementsEqual(mark) == true, let length = reader.number() else { return 0 }
        return max(0, length)
    }

    /// Without it the next start is slower, so a failure is none.
    package func write(path: String, id: SessionID, key: SealPrivateKey) {
        let content = content(of: id)
        let code = key.authenticationCode(of: content, purpose: Self.purpose)
        try? PosixFile.replace(Self.file(path, id), with: content + code, isDurable: false)
    }

    // MARK: - Form

    func content(of id: SessionID) -> [UInt8] {
        var bytes = Self.mark
        bytes.reserveCapacity(256 + entries.count * 56 + grants.count * 16)
        func add(_ number: Int) { withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) } }
        func add(_ cost: Double?) {
            add(cost == nil ? 0 : 1)
            add(Int(bitPattern: UInt(cost?.bitPattern ?? 0)))
        }
        func add(_ place: Range<Int>) {
            add(place.lowerBound)
            add(place.upperBound)
        }
        add(length)
        bytes += Array(id.text.utf8)
        add(count)
        bytes += Array(head.utf8)
        add(totals.turns)
        add(totals.requests)
        add(totals.cost)
        add(header ?? 0..<0)
        add(spans.count)
        for span in spans {
            add(span.length)
            bytes += Array(span.digest.utf8)
        }
        add(grants.count)
        for place in grants { add(place) }
        add(entries.count)
        for entry in entries {
            switch entry {
            case .response(let response, let isReview):
                add(isReview ? 1 : 0)
                add(response.usage.inputTokens)
                add(response.usage.cachedInputTokens)
                add(response.usage.cacheWriteInputTokens)
                add(response.usage.outputTokens)
                add(response.usage.reasoningOutputTokens)
                add(response.cost)
            case .item(let place):
                add(2)
                add(place)
            case .list(let place):
                add(3)
                add(place)
            }
        }
        return bytes
    }

    /// nil for anything but what `content` writes for this session.
    init?(content: [UInt8], id: SessionID) {
        var reader = NumberReader(bytes: content)
        guard reader.take(Self.mark.count)?.elementsEqual(Self.mark) == true, let length = reader.number(),
            reader.take(id.text.utf8.count)?.elementsEqual(id.text.utf8) == true, let count = reader.number(),
            let head = reader.take(ContentHash.length), let turns = reader.number(), let requests = reader.number(),
            let cost = reader.cost(), let header = reader.place(), let spans = reader.spans(),
            let grants = reader.list({ $0.place() }), let entries = reader.list({ $0.entry() }), reader.isAtEnd
        else { return nil }
        self.init(
            spans: spans, count: count, head: String(decoding: head, as: UTF8.self),
            totals: SessionTotals(turns: turns, requests: requests, cost: cost.value),
            header: header.isEmpty ? nil : header, entries: entries, grants: grants)
        guard self.length == length, count > 0 else { return nil }
    }
}

/// Reads what a point's file is made of; nil wherever there is not enough, or too much, of it.
private struct NumberReader {
    let bytes: [UInt8]
    private var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { at == bytes.count }

    mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard bytes.count - at >= count else { return nil }
        defer { at += count }
        return bytes[at..<at + count]
    }

    mutating func number() -> Int? {
        guard bytes.count - at >= 8 else { return nil }
        defer { at += 8 }
        return bytes.withUnsafeBytes { Int(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: Int.self)) }
    }

    /// The outer one is nil where there is none to read, the inner one where the price was not known.
    mutating func cost() -> (value: Double?, Void)? {
        guard let isKnown = number(), let pattern = number() else { return nil }
        return (isKnown == 1 ? Double(bitPattern: UInt64(UInt(bitPattern: pattern))) : nil, ())
    }

    mutating func place() -> Range<Int>? {
        guard let start = number(), let end = number(), start >= 0, end >= start else { return nil }
        return start..<end
    }

    mutating func spans() -> [ResumePoint.Span]? {
        list { reader in
            guard let length = reader.number(), length > 0, length <= JournalReader.sizeLimit,
                let digest = reader.take(ContentHash.length)
            else { return nil }
            return ResumePoint.Span(length: length, digest: String(decoding: digest, as: UTF8.self))
        }
    }

    mutating func entry() -> ResumePoint.Entry? {
        switch number() {
        case 0: response().map { .response($0, isReview: false) }
        case 1: response().map { .response($0, isReview: true) }
        case 2: place().map { .item($0) }
        case 3: place().map { .list($0) }
        default: nil
        }
    }

    private mutating func response() -> ResponseScan? {
        guard let input = number(), let cached = number(), let written = number(), let output = number(),
            let reasoning = number(), let cost = cost()
        else { return nil }
        var usage = TokenUsage()
        usage.inputTokens = input
        usage.cachedInputTokens = cached
        usage.cacheWriteInputTokens = written
        usage.outputTokens = output
        usage.reasoningOutputTokens = reasoning
        return ResponseScan(usage: usage, cost: cost.value)
    }

    /// As many as are stated, each of 8 bytes at least.
    mutating func list<Element>(_ read: (inout NumberReader) -> Element?) -> [Element]? {
        guard let count = number(), count >= 0, count <= (bytes.count - at) / 8 else { return nil }
        var elements: [Element] = []
        elements.reserveCapacity(count)
        for _ in 0..<count {
            guard let element = read(&self) else { return nil }
            elements.append(element)
        }
        return elements
    }
}
