import Basics

/// What is known of journals from elsewhere: keys that seal them, and heads that were kept outside of this machine.
package struct Expectation: Sendable, Hashable {
    /// Keys whose seals count. Empty accepts any, and says which.
    package var keys: Set<SealPublicKey> = []
    /// Whether a seal by another key is a fault; else it is a warning.
    package var requiresKeys = false
    /// Anchors, by session.
    package var anchors: [String: [Seal]] = [:]
    /// Hashes that have to occur among a journal's records.
    package var heads: Set<String> = []

    package init() {}

    /// Adds an anchor file's lines.
    ///
    /// - Throws: `AuditFault` for a line that is no anchor, or that its key did not sign: an anchor that was tampered
    ///   with must not pass as none.
    package mutating func add(anchorLines bytes: [UInt8], from name: String) throws(AuditFault) {
        for (number, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let json = try? JSONValue(parsing: line), let anchor = Seal(json: json) else {
                throw AuditFault("\(name), line \(number + 1) is not an anchor")
            }
            guard anchor.isGenuine else { throw AuditFault("\(name), line \(number + 1): the signature is wrong") }
            anchors[anchor.session, default: []].append(anchor)
        }
    }
}

/// What keeps a verification from being done at all: a wrong argument, or a file that should help with it.
package struct AuditFault: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
