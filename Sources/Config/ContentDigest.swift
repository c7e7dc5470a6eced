import Basics
import Crypto

/// SHA-256 over content that was reviewed.
enum ContentDigest {
    /// Lower-case hexadecimal.
    static func of(_ bytes: [UInt8]) -> String {
        SHA256.hash(data: bytes).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }
}
