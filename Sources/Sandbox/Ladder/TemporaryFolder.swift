import Glibc
import Wire

/// A folder in /tmp for one session's temporary files, removed with all that is in it. Only where commands have no /tmp
/// of their own.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws(LockgateError) {
        var template = Array("/tmp/lockgate-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw .noResources("mkdtemp /tmp", errno) }
        path = String(cString: made)
    }

    deinit {
        Self.empty(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
        rmdir(path)
    }

    /// By descriptors, without following any link: what a command left there must lead nowhere else.
    private static func empty(_ folder: Int32) {
        guard folder >= 0 else { return }
        guard let stream = fdopendir(folder) else {
            close(folder)
            return
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    guard strcmp(name, ".") != 0, strcmp(name, "..") != 0, unlinkat(folder, name, 0) != 0 else {
                        return
                    }
                    empty(openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
                    unlinkat(folder, name, AT_REMOVEDIR)
                }
            }
        }
    }
}
