package import Audit
import Basics
import Glibc
package import Wire

/// The key that seals this machine's journals, `HOME/keys/journal.ed25519`: made on first use, read by its owner alone.
///
/// `HOME` is masked from sandboxed commands, so an agent's command cannot sign.
package struct SealKeyFile: Sendable, Hashable {
    package let path: String

    package init(home: String) {
        path = home + "/keys/journal.ed25519"
    }

    /// The key.
    ///
    /// - Throws: `journal.no_key` with the path and what is wrong with it; never makes a new key in place of a bad one.
    package func load() throws(LockgateError) -> SealPrivateKey {
        if let key = try read() { return key }
        do throws(SystemError) {
            try make()
        } catch {
            throw fault("cannot be made: \(error)", remedy: "make \(PathText.parent(path)) writable")
        }
        // Another process may have been first; its key is the one.
        guard let key = try read() else { throw fault("is gone again") }
        return key
    }

    /// The key's public half, nil where there is no key yet.
    ///
    /// - Throws: `journal.no_key`.
    package func publicKey() throws(LockgateError) -> SealPublicKey? { try read()?.publicKey }

    /// The key; nil where there is none yet, and none is made.
    ///
    /// - Throws: `journal.no_key`.
    package func read() throws(LockgateError) -> SealPrivateKey? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw fault("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw fault("is not a regular file")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw fault("can be read by others, so it proves nothing", remedy: "chmod 600 \(path)")
        }
        guard let bytes = try? PosixFile.readAll(descriptor, limit: 4096),
            let key = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
                .flatMap({ SealPrivateKey($0) })
        else {
            throw fault("holds no key", remedy: "put the key back from a copy, or move the file away for a new one")
        }
        return key
    }

    private func make() throws(SystemError) {
        try PosixFile.makeDirectory(PathText.parent(path))
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
        try PosixFile.replace(temporary, with: Array((SealPrivateKey().text + "\n").utf8))
        defer { unlink(temporary) }
        // Linking fails where a file is already, so a key is never replaced.
        guard link(temporary, path) == 0 || errno == EEXIST else { throw SystemError("link", path, errno: errno) }
    }

    private func fault(_ text: String, remedy: String? = nil) -> LockgateError {
        LockgateError("journal.no_key", "the journal's key \(path) \(text)", remedy: remedy)
    }
}
