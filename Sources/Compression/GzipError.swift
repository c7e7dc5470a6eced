/// Why bytes could not be compressed or read back.
package struct GzipError: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
}
