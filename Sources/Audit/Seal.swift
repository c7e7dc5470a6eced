package import Basics

/// A signed statement of what a session's journal was at a moment: the payload of a `seal` record, and the line of an
/// anchor that is kept elsewhere.
///
/// The signature is over `lockgate-seal-v1`, a line end and the compact object without its last member `signature`.
package struct Seal: Sendable, Hashable {
    /// The session's id.
    package let session: String
    /// The last record it covers, and with it all before.
    package let sequence: Int
    /// That record's hash.
    package let head: String
    package let key: SealPublicKey
    private let signature: [UInt8]
    /// The signed members in their order.
    private let members: JSONObject

    /// The type of its records.
    package static let recordType = "seal"
    private static let domain = Array("lockgate-seal-v1\n".utf8)

    /// Signs.
    ///
    /// - Parameter totals: what a list of sessions shows, so that it need not read whole files; nil in anchors.
    package init(
        session: String, sequence: Int, head: String, time: String, totals: JSONValue? = nil, by key: SealPrivateKey
    ) throws {
        var members: JSONObject = [
            "session": .string(session), "sequence": .int(sequence), "head": .string(head), "time": .string(time),
        ]
        if let totals { members["totals"] = totals }
        members["key"] = .string(key.publicKey.description)
        self.session = session
        self.sequence = sequence
        self.head = head
        self.key = key.publicKey
        self.members = members
        signature = try key.signature(of: Self.domain + JSONValue.object(members).bytes)
    }

    /// Reads what `json` writes, also with members of a later version among the signed ones; nil for anything else.
    package init?(json: JSONValue) {
        guard var members = json.object, members.keys.last == "signature",
            let signature = members["signature"]?.string.flatMap({ Hexadecimal.bytes($0, count: 64) }),
            let session = members["session"]?.string, let sequence = members["sequence"]?.int,
            let head = members["head"]?.string, members["time"]?.string != nil,
            let key = members["key"]?.string.flatMap({ SealPublicKey($0) })
        else { return nil }
        members["signature"] = nil
        self.session = session
        self.sequence = sequence
        self.head = head
        self.key = key
        self.signature = signature
        self.members = members
    }

    package var time: String { members["time"]?.string ?? "" }
    package var totals: JSONValue? { members["totals"] }

    /// Whether its key has signed it.
    package var isGenuine: Bool {
        key.isSignature(signature, of: Self.domain + JSONValue.object(members).bytes)
    }

    package var json: JSONValue {
        var object = members
        object["signature"] = .string(Hexadecimal.text(of: signature))
        return .object(object)
    }
}
