import Crypto
import Glibc

/// What a watched file says, as a digest.
struct SensitiveContent: Hashable, Sendable {
    /// Bytes.
    let count: Int
    private let digest: [UInt8]

    /// Larger files are judged by their fingerprint. Nobody writes such a configuration by hand.
    static let largest = 256 << 10

    /// Nil for what is no regular file, is larger than the limits, or cannot be read.
    ///
    /// A pipe in the file's place does not hold the look up, and a link is not followed: who can write in the folder can
    /// put either there at any moment.
    init?(_ path: String, _ fingerprint: SensitiveFingerprint, limit: Int) {
        let limit = min(limit, Self.largest)
        guard fingerprint.isRegular, fingerprint.size <= limit else { return nil }
        let file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var hash = SHA256()
        var count = 0
        var buffer = [UInt8](repeating: 0, count: min(64 << 10, Int(fingerprint.size) + 1))
        while true {
            let read = read(file, &buffer, buffer.count)
            guard read >= 0, count + read <= limit else { return nil }
            if read == 0 { break }
            buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<read])) }
            count += read
        }
        self.count = count
        digest = Array(hash.finalize())
    }
}
