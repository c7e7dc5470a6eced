import Basics
import Crypto
import Glibc

/// SHA-256 of a file.
enum FileDigest {
    /// Reads the whole file on a thread of its own; ends early when the task is cancelled.
    ///
    /// - Parameter progress: told the bytes read so far, now and then.
    /// - Returns: lower-case hexadecimal.
    /// - Throws: `SystemError` or `CancellationError`.
    static func sha256(_ path: String, progress: @escaping @Sendable (Int64) -> Void = { _ in }) async throws -> String
    {
        let stopped = StopFlag()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DetachedThread {
                    continuation.resume(with: Result { try read(path, stopped, progress) })
                }.start()
            }
        } onCancel: {
            stopped.set()
        }
    }

    private static func read(
        _ path: String, _ stopped: StopFlag, _ progress: (Int64) -> Void
    ) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        var hash = SHA256()
        var chunk = [UInt8](repeating: 0, count: 1 << 20)
        var done: Int64 = 0
        while true {
            guard !stopped.isSet else { throw CancellationError() }
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError("read", path, errno: errno) }
            if count == 0 { break }
            chunk.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            done += Int64(count)
            if done % (64 << 20) == 0 { progress(done) }
        }
        progress(done)
        return Hexadecimal.text(of: hash.finalize())
    }
}
