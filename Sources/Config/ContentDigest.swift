import Basics
import Crypto

/// SHA-256 over content that was reviewed.
enum ContentDigest {
    /// Lower-case hexadecimal.
    static func of(_ bytes: [UInt8]) -> String { Hexadecimal.text(of: SHA256.hash(data: bytes)) }
}
