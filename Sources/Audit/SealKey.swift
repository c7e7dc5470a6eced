import Basics
import Crypto

/// The public half of a key that seals journals, as it is written everywhere: `ed25519:` and 64 digits.
package struct SealPublicKey: Sendable, Hashable, CustomStringConvertible {
    package let bytes: [UInt8]

    static let prefix = "ed25519:"

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the written form; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix),
            let bytes = Hexadecimal.bytes(text.dropFirst(Self.prefix.count), count: 32)
        else { return nil }
        self.bytes = bytes
    }

    package var description: String { Self.prefix + Hexadecimal.text(of: bytes) }
    /// Enough of it to tell keys apart at a glance; never for comparing.
    package var short: String { String(description.prefix(Self.prefix.count + 16)) }

    func isSignature(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else { return false }
        return key.isValidSignature(signature, for: message)
    }
}

/// The secret half, by Ed25519 (RFC 8032).
package struct SealPrivateKey: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let publicKey: SealPublicKey

    private static let prefix = "ed25519-private:"

    /// A new key from the system's randomness.
    package init() {
        self.init(Curve25519.Signing.PrivateKey())
    }

    /// Reads `text`; nil for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(Self.prefix),
            let bytes = Hexadecimal.bytes(text.dropFirst(Self.prefix.count), count: 32),
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        else { return nil }
        self.init(key)
    }

    private init(_ key: Curve25519.Signing.PrivateKey) {
        self.key = key
        publicKey = SealPublicKey(bytes: Array(key.publicKey.rawRepresentation))
    }

    /// The secret as its file holds it.
    package var text: String { Self.prefix + Hexadecimal.text(of: key.rawRepresentation) }

    /// A commitment to a secret that was left out of a record: who has this key and the value can prove that it stood
    /// there, nobody can guess it from the record. The first 8 bytes of HMAC-SHA256, in hexadecimal, with a key of its
    /// own that is the SHA-256 of a label and this key.
    package func commitment(to value: [UInt8]) -> String {
        Hexadecimal.text(of: authenticationCode(of: value, purpose: "lockgate redaction 1").prefix(8))
    }

    /// What only the holder of this key can say of bytes: HMAC-SHA256, 32 bytes, with a key of its own for each purpose,
    /// so that a code for one is none for another.
    package func authenticationCode(of bytes: [UInt8], purpose: StaticString) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: bytes, using: own(purpose)))
    }

    /// Whether the code is that of the bytes; takes as long for each wrong one.
    package func isAuthenticationCode(_ code: [UInt8], of bytes: [UInt8], purpose: StaticString) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: own(purpose))
    }

    private func own(_ purpose: StaticString) -> SymmetricKey {
        SymmetricKey(data: SHA256.hash(data: Array("\(purpose)\n".utf8) + key.rawRepresentation))
    }

    /// - Throws: what the cryptography library throws; with a valid key it does not.
    func signature(of message: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: message))
    }
}
