/// Tells text from binary data the way git does.
package enum BinaryDetection {
    /// How many bytes are looked at, as in git's `buffer_is_binary`.
    package static let window = 8000

    /// Whether a NUL byte lies within the first `window` bytes.
    package static func isBinary(_ bytes: [UInt8]) -> Bool {
        ByteSearch.firstOffset(of: 0, in: bytes, limit: window) != nil
    }
}
