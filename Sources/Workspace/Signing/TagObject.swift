/// An annotated tag of a commit as git stores it, well-formed or nothing.
///
/// Known are `object`, `type`, `tag` and `tagger`, in this order and nothing else. A signature is the end of the message.
struct TagObject: Hashable, Sendable {
    private let headers: [[UInt8]]
    private let message: [UInt8]
    /// The commit.
    let target: String
    let name: String
    let taggerEmail: String

    init?(_ bytes: [UInt8]) {
        guard bytes.count <= CommitObject.largest, bytes.last == 0x0A,
            let end = bytes.indices.dropLast().first(where: { bytes[$0] == 0x0A && bytes[$0 + 1] == 0x0A })
        else { return nil }
        let headers = bytes[..<end].split(separator: 0x0A, omittingEmptySubsequences: false).map(Array.init)
        let names = ["object ", "type ", "tag ", "tagger "]
        guard headers.count == names.count, zip(headers, names).allSatisfy({ $0.starts(with: $1.utf8) }),
            !headers.contains(where: { $0.contains(0) })
        else { return nil }
        let values = zip(headers, names).map { Array($0.dropFirst($1.utf8.count)) }
        let target = String(decoding: values[0], as: UTF8.self)
        guard CommitObject.isHash(target), values[1].elementsEqual("commit".utf8),
            let name = String(validating: values[2], as: UTF8.self), let email = CommitObject.email(values[3])
        else { return nil }
        self.headers = headers
        message = Array(bytes[(end + 2)...])
        self.target = target
        self.name = name
        taggerEmail = email
    }

    /// Whether some line begins a signature, of whatever kind: what is signed stays as it is.
    var isSigned: Bool {
        message.split(separator: 0x0A).contains { line in
            ["-----BEGIN PGP ", "-----BEGIN SSH SIGNATURE-----", "-----BEGIN SIGNED MESSAGE-----"]
                .contains { line.starts(with: $0.utf8) }
        }
    }

    /// The first line of the message.
    var subject: String { String(decoding: message.prefix { $0 != 0x0A }, as: UTF8.self) }

    /// What a signature is made of: the tag, of the commit that took the place of its own.
    func payload(replacing replaced: [String: String]) -> [UInt8] {
        let object = Array("object \(replaced[target] ?? target)".utf8)
        return ([object] + headers.dropFirst()).flatMap { $0 + [0x0A] } + [0x0A] + message
    }

    /// The payload with its signature, as git writes it.
    static func signed(_ payload: [UInt8], with signature: [UInt8]) -> [UInt8] {
        payload + signature + (signature.last == 0x0A ? [] : [0x0A])
    }
}
