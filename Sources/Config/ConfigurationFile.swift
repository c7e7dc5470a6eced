import Basics
import Glibc
import Wire

/// Reads configuration files with every bound that a hostile or broken one needs.
enum ConfigurationFile {
    /// Larger files are refused.
    static let maximumSize = 10 << 20

    /// The file's bytes, or nil when there is none.
    ///
    /// - Parameter followsLinks: false for files a repository brings, which must not point outside it.
    /// - Throws: `config.not_a_file`, `config.too_large`, `config.unreadable` or `config.link`.
    static func read(_ path: String, followsLinks: Bool = true) throws(LockgateError) -> [UInt8]? {
        // Without O_NONBLOCK a FIFO in the file's place would block here for ever.
        let flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (followsLinks ? 0 : O_NOFOLLOW)
        let descriptor = open(path, flags)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: return nil
            case ELOOP where !followsLinks:
                throw LockgateError(
                    "config.link", "\(path.printable) is a symbolic link, which a project's configuration may not be",
                    remedy: "replace it by the file it points to")
            default: throw unreadable(path, errno)
            }
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
            throw LockgateError(
                "config.not_a_file", "\(path.printable) is \(kind), but a configuration file is expected there",
                remedy: "move it away, or put a file there")
        }
        guard status.st_size <= maximumSize else { throw tooLarge(path) }
        do throws(SystemError) {
            return try PosixFile.readAll(descriptor, limit: maximumSize)
        } catch {
            throw error.errno == EFBIG ? tooLarge(path) : unreadable(path, error.errno)
        }
    }

    /// The names of the profiles in a folder, sorted; empty when it cannot be read.
    static func profiles(in folder: String) -> [String] {
        let suffix = ".\(ConfigurationLoader.fileName)"
        return PosixFile.list(folder).filter { $0.hasSuffix(suffix) && $0 != suffix }.map {
            String($0.dropLast(suffix.count))
        }
    }

    private static func tooLarge(_ path: String) -> LockgateError {
        LockgateError(
            "config.too_large", "\(path.printable) is larger than \(maximumSize >> 20) MB",
            remedy: "make the file smaller")
    }

    private static func unreadable(_ path: String, _ code: Int32) -> LockgateError {
        let reason = String(cString: strerror(code))
        return LockgateError(
            "config.unreadable", "cannot read \(path.printable): \(reason)",
            remedy: code == EACCES ? "make it readable: chmod u+r \(path.printable)" : "check the path and the disk")
    }
}
