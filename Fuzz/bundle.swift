// libFuzzer target: bundles of sessions, which come from other machines.

/// Feeds a bundle in one piece and byte by byte; both must say the same, and what is accepted is what a writer writes.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    let whole = read(bytes, pieces: max(1, size))
    guard read(bytes, pieces: 7) == whole else { fatalError("pieces are read differently") }
    guard let members = whole else { return 0 }
    var written: [UInt8] = []
    for content in members {
        written += BundleFormat.header(content.member, size: content.bytes.count) + content.bytes
        written += [UInt8](repeating: 0, count: BundleFormat.padding(content.bytes.count))
    }
    written += [UInt8](repeating: 0, count: BundleFormat.trailer)
    guard written == bytes else { fatalError("a bundle was accepted that no writer writes") }
    return 0
}

private struct Content: Equatable {
    let member: BundleFormat.Member
    var bytes: [UInt8] = []
}

/// The members with their content; nil for what is no bundle.
private func read(_ bytes: [UInt8], pieces: Int) -> [Content]? {
    var parser = BundleParser()
    var members: [Content] = []
    var rest = bytes[...]
    do {
        while !rest.isEmpty {
            try parser.consume(rest.prefix(pieces)) { event in
                switch event {
                case .begin(let member, _): members.append(Content(member: member))
                case .bytes(let piece): members[members.count - 1].bytes += piece
                case .end: break
                }
            }
            rest = rest.dropFirst(pieces)
        }
        try parser.finish()
    } catch {
        return nil
    }
    return members
}
