/// A commit as git stores it, well-formed or nothing: what is to be signed is a commit and nothing else.
///
/// Known are `tree`, `parent`s, `author` and `committer`, in this order, then any others; a line that begins with a blank
/// goes on with the header before it.
struct CommitObject: Hashable, Sendable {
    private struct Header: Hashable, Sendable {
        var name: [UInt8]
        /// With the lines that go on with it, without the last line's end.
        var value: [UInt8]
    }

    /// Bytes. Nobody writes such a message.
    static let largest = 1 << 20

    private let headers: [Header]
    private let message: [UInt8]
    let tree: String
    let parents: [String]
    /// Where `committer` has it between angle brackets.
    let committerEmail: String

    init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.largest, let (headers, message) = Self.split(bytes) else { return nil }
        let names = headers.map { String(decoding: $0.name, as: UTF8.self) }
        let parents = names.dropFirst().prefix { $0 == "parent" }.count
        guard names.first == "tree", Array(names.dropFirst(1 + parents).prefix(2)) == ["author", "committer"],
            names.filter(["tree", "author", "committer"].contains).count == 3,
            names.filter({ $0 == "parent" }).count == parents
        else { return nil }
        let hashes = headers.prefix(1 + parents).map { String(decoding: $0.value, as: UTF8.self) }
        guard hashes.allSatisfy({ Self.isHash($0) && $0.utf8.count == hashes[0].utf8.count }),
            let author = Self.email(headers[1 + parents].value), !author.isEmpty,
            let committer = Self.email(headers[2 + parents].value)
        else { return nil }
        self.headers = headers
        self.message = message
        tree = hashes[0]
        self.parents = Array(hashes.dropFirst())
        committerEmail = committer
    }

    var isSigned: Bool { headers.contains { Self.isSignature($0.name) } }

    /// The first line of the message.
    var subject: String { String(decoding: message.prefix { $0 != 0x0A }, as: UTF8.self) }

    /// What a signature is made of: the commit without one, its parents replaced by those that took their place.
    func payload(replacing replaced: [String: String]) -> [UInt8] {
        var bytes: [UInt8] = []
        for header in headers where !Self.isSignature(header.name) {
            let parent = header.name.elementsEqual("parent".utf8) ? String(decoding: header.value, as: UTF8.self) : nil
            bytes += header.name + [0x20] + (parent.flatMap { replaced[$0] }.map { Array($0.utf8) } ?? header.value)
            bytes.append(0x0A)
        }
        return bytes + [0x0A] + message
    }

    /// The payload with its signature, as git writes it: the last of the headers.
    static func signed(_ payload: [UInt8], with signature: [UInt8], format: String) -> [UInt8]? {
        guard let end = payload.indices.dropLast().first(where: { payload[$0] == 0x0A && payload[$0 + 1] == 0x0A })
        else { return nil }
        var lines = signature.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        var header = Array((format == "sha256" ? "gpgsig-sha256" : "gpgsig").utf8)
        for line in lines { header += [0x20] + line + [0x0A] }
        return payload[...end] + header + payload[(end + 1)...]
    }

    private static func split(_ bytes: [UInt8]) -> ([Header], [UInt8])? {
        var headers: [Header] = []
        var at = 0
        while let end = bytes[at...].firstIndex(of: 0x0A) {
            let line = bytes[at..<end]
            at = end + 1
            if line.isEmpty { return (headers, Array(bytes[at...])) }
            guard !line.contains(0) else { return nil }
            if line.first == 0x20 {
                guard !headers.isEmpty else { return nil }
                headers[headers.count - 1].value += [0x0A] + line
                continue
            }
            guard let blank = line.firstIndex(of: 0x20), blank > line.startIndex else { return nil }
            headers.append(Header(name: Array(line[..<blank]), value: Array(line[(blank + 1)...])))
        }
        return nil
    }

    private static func isSignature(_ name: [UInt8]) -> Bool {
        name.elementsEqual("gpgsig".utf8) || name.elementsEqual("gpgsig-sha256".utf8)
    }

    static func isHash(_ text: String) -> Bool {
        [40, 64].contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Of `Name <email> seconds zone`.
    static func email(_ line: [UInt8]) -> String? {
        guard !line.contains(0x0A), let open = line.lastIndex(of: UInt8(ascii: "<")),
            let close = line.lastIndex(of: UInt8(ascii: ">")), open < close
        else { return nil }
        let time = line[(close + 1)...].split(separator: 0x20)
        guard time.count == 2, time[0].allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return String(decoding: line[(open + 1)..<close], as: UTF8.self)
    }
}
