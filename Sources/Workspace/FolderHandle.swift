import Basics
import CLinux
import Glibc

/// An open folder. Every name below it is resolved by the kernel without following a link or leaving the folder.
final class FolderHandle {
    let descriptor: Int32

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// openat2(2): folder, path, flags, mode, how to resolve; a descriptor or -errno.
    typealias OpenBeneath = (Int32, UnsafePointer<CChar>?, Int32, mode_t, UInt64) -> Int32

    // RESOLVE_BENEATH
    private static let resolve = clinux_no_symlinks | clinux_no_magic_links | 0x08

    /// Opens a workspace's root by its canonical path.
    ///
    /// - Parameter openBeneath: the kernel's, but for tests.
    /// - Throws: ENOSYS where the kernel, or a filter around the process, has no openat2. Every folder would then count
    ///   as unreadable, and a checkpoint would hold nothing.
    static func root(
        _ path: String, openBeneath: OpenBeneath = { clinux_openat2($0, $1, $2, $3, $4) }
    ) throws(SystemError) -> FolderHandle {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        let root = FolderHandle(descriptor)
        let probe = openBeneath(descriptor, ".", clinux_o_path | O_DIRECTORY, 0, resolve)
        // Older container runtimes answer EPERM for calls that they do not know.
        if probe == -ENOSYS || probe == -EPERM { throw SystemError("openat2", path, errno: ENOSYS) }
        if probe >= 0 { close(probe) }
        return root
    }

    /// Opens a folder below by its path; empty for this one. ELOOP where a link is on the way.
    func folder(_ path: some Collection<UInt8>) throws(SystemError) -> FolderHandle {
        let name = path.isEmpty ? [UInt8(ascii: ".")] : Array(path)
        let result = clinux_openat2(descriptor, name.cString, O_RDONLY | O_DIRECTORY, 0, Self.resolve)
        guard result >= 0 else { throw SystemError("open", name.shownPath, errno: -result) }
        return FolderHandle(result)
    }

    func status() throws(SystemError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", "", errno: errno) }
        return status
    }

    /// What a name stands for, links not followed; nil for nothing.
    func status(of cName: [CChar]) -> stat? {
        var status = stat()
        return fstatat(descriptor, cName, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
    }

    /// Opens a regular file for reading; never a link, and without waiting.
    func open(file cName: [CChar]) throws(SystemError) -> Int32 {
        let file = openat(descriptor, cName, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open", cName.shownPath, errno: errno) }
        return file
    }

    func linkTarget(_ cName: [CChar]) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlinkat(descriptor, cName, &buffer, buffer.count)
        guard count >= 0 else { throw SystemError("readlink", cName.shownPath, errno: errno) }
        return buffer[..<count].map { UInt8(bitPattern: $0) }
    }

    /// The names in it as C strings, sorted by bytes.
    func names() throws(SystemError) -> [[CChar]] {
        // A description of its own: the position in a folder is shared between duplicates.
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0 else { throw SystemError("open", ".", errno: errno) }
        guard let stream = fdopendir(copy) else {
            close(copy)
            throw SystemError("opendir", ".", errno: errno)
        }
        defer { closedir(stream) }
        var names: [[CChar]] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw SystemError("readdir", ".", errno: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { raw in
                raw.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
            }
            if name != [0x2E], name != [0x2E, 0x2E] { names.append(name + [0]) }
        }
        return names.sorted { $0.precedes($1) }
    }
}

extension [CChar] {
    /// The bytes before the final NUL.
    var nameBytes: [UInt8] { dropLast().map { UInt8(bitPattern: $0) } }
    var shownPath: String { nameBytes.shownPath }

    /// Byte order of C strings.
    func precedes(_ other: [CChar]) -> Bool { strcmp(self, other) < 0 }
}

extension [UInt8] {
    var cString: [CChar] { map { CChar(bitPattern: $0) } + [0] }

    /// The path for a person: control characters and bytes that are no UTF-8 escaped, so that no name can write on a
    /// terminal.
    package var shownPath: String {
        var text = ""
        for scalar in String(decoding: self, as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069:
                text += "\\u{\(String(scalar.value, radix: 16))}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// Folder and name; the folder is empty for a name at the root.
    var parentAndName: (parent: [UInt8], name: [UInt8]) {
        guard let slash = lastIndex(of: UInt8(ascii: "/")) else { return ([], self) }
        return (Array(self[..<slash]), Array(self[(slash + 1)...]))
    }

    /// Of a path in a repository outside of the workspace; all others are relative to that.
    var isAbsolute: Bool { first == UInt8(ascii: "/") }

    func child(_ name: [UInt8]) -> [UInt8] { isEmpty ? name : self + [UInt8(ascii: "/")] + name }

    /// Whether the path is `folder` or below it; the empty folder holds everything.
    package func isWithin(_ folder: [UInt8]) -> Bool {
        folder.isEmpty || self == folder
            || (count > folder.count && starts(with: folder) && self[folder.count] == UInt8(ascii: "/"))
    }
}
