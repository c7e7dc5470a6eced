import Basics

/// An image file as a model takes it.
package enum ImageAttachment {
    /// Larger files are refused; providers refuse them too. 20 MiB.
    package static let sizeLimit = 20 << 20

    /// The image as a `data:` URL; its kind is read from its first bytes, not its name.
    ///
    /// - Throws: `image.unsupported`.
    package static func dataURL(_ bytes: [UInt8], name: String) throws(LockgateError) -> String {
        let kind: String
        if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            kind = "png"
        } else if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            kind = "jpeg"
        } else if bytes.starts(with: "GIF87a".utf8) || bytes.starts(with: "GIF89a".utf8) {
            kind = "gif"
        } else if bytes.starts(with: "RIFF".utf8), bytes.dropFirst(8).starts(with: "WEBP".utf8) {
            kind = "webp"
        } else {
            throw LockgateError(
                "image.unsupported", "\(name) is not an image that models take",
                remedy: "convert it to PNG, JPEG, GIF or WebP", exitCode: 1)
        }
        return "data:image/\(kind);base64,\(Base64.encode(bytes))"
    }
}
