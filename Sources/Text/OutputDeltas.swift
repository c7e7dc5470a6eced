/// Turns a stream of bytes into a stream of text without losing or splitting a character.
///
/// Output comes in chunks that end anywhere. A character that a chunk cuts off is held back, three bytes at most, and
/// comes out whole with the next one. All pieces joined are what decoding all the bytes at once would give.
package struct OutputDeltas: Sendable {
    private var held: [UInt8] = []

    package init() {}

    /// The text that is complete with these bytes; empty if nothing is. Invalid UTF-8 becomes U+FFFD.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> String {
        held.append(contentsOf: bytes)
        let keep = held.incompleteScalarLength
        defer { held.removeFirst(held.count - keep) }
        return String(decoding: held.dropLast(keep), as: UTF8.self)
    }

    package mutating func append(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { append($0) }
    }

    /// What is still held back at the stream's end: empty, or U+FFFD for a character that never came to its end.
    package mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }
}
