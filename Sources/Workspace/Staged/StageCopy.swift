import Basics
import CLinux
import Glibc
package import Wire

/// Copies a workspace for a stage: contents are shared where the file system can (reflink), else copied.
package struct StageCopy {
    /// Above one of these a copy is told to take long and much space: 50,000 files, 2 GiB.
    package static let manyFiles = 50_000
    package static let manyBytes: UInt64 = 2 << 30

    package private(set) var files = 0
    package private(set) var bytes: UInt64 = 0
    /// Whether the file system shares contents.
    package private(set) var isShared = true
    /// What was left out, with the reason.
    package private(set) var leftOut: [(path: [UInt8], reason: Omission)] = []
    private let home: FileStamp?
    private let limits: (files: Int, bytes: UInt64)
    private let warn: (String) -> Void
    private var hasWarned = false
    private var device: dev_t = 0

    /// - Parameters:
    ///   - home: LOCKGATE_HOME, which is never copied.
    ///   - warn: told once, when it becomes a large one.
    package init(
        home: String, limits: (files: Int, bytes: UInt64) = (manyFiles, manyBytes), warn: @escaping (String) -> Void
    ) {
        var status = stat()
        self.home = stat(home, &status) == 0 ? FileStamp(status) : nil
        self.limits = limits
        self.warn = warn
    }

    /// - Parameter target: is made, or taken to its end where a copy was interrupted.
    package mutating func run(from source: String, to target: String) throws(LockgateError) {
        do throws(SystemError) {
            let root = try FolderHandle.root(source)
            let status = try root.status()
            device = status.st_dev
            try PosixFile.makeDirectory(target)
            try copy(root, to: try FolderHandle.root(target), [])
            guard chmod(target, status.st_mode & 0o7777) == 0 else { throw SystemError("chmod", target, errno: errno) }
        } catch {
            throw .stage(error)
        }
    }

    private mutating func copy(
        _ from: FolderHandle, to: FolderHandle, _ path: [UInt8]
    ) throws(SystemError) {
        for name in try from.names() {
            guard let status = from.status(of: name) else { continue }
            let child = path.child(name.nameBytes)
            switch status.st_mode & S_IFMT {
            case S_IFREG: try copy(file: name, status, from, to, child)
            case S_IFLNK:
                let target = try from.linkTarget(name)
                guard symlinkat(target.cString, to.descriptor, name) == 0 || errno == EEXIST else {
                    throw SystemError("symlink", child.shownPath, errno: errno)
                }
            case S_IFDIR: try copy(folder: name, status, from, to, child)
            default: leftOut.append((child, .special))
            }
        }
    }

    private mutating func copy(
        folder name: [CChar], _ status: stat, _ from: FolderHandle, _ to: FolderHandle, _ path: [UInt8]
    ) throws(SystemError) {
        let isHome = home.map { $0.inode == UInt64(status.st_ino) } ?? false
        guard status.st_dev == device, !isHome else { return leftOut.append((path, isHome ? .home : .mount)) }
        guard let folder = try? from.folder(name.nameBytes) else { return leftOut.append((path, .unreadable)) }
        guard mkdirat(to.descriptor, name, 0o700) == 0 || errno == EEXIST else {
            throw SystemError("mkdir", path.shownPath, errno: errno)
        }
        let made = try to.folder(name.nameBytes)
        try copy(folder, to: made, path)
        guard fchmod(made.descriptor, status.st_mode & 0o7777) == 0 else {
            throw SystemError("chmod", path.shownPath, errno: errno)
        }
    }

    private mutating func copy(
        file name: [CChar], _ status: stat, _ from: FolderHandle, _ to: FolderHandle, _ path: [UInt8]
    ) throws(SystemError) {
        guard let source = try? from.open(file: name) else { return leftOut.append((path, .unreadable)) }
        defer { close(source) }
        unlinkat(to.descriptor, name, 0)
        let target = openat(to.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard target >= 0 else { throw SystemError("open", path.shownPath, errno: errno) }
        defer { close(target) }
        if !isShared || clinux_clone_file(target, source) != 0 {
            isShared = false
            var piece = [UInt8](repeating: 0, count: 256 << 10)
            while true {
                let count = piece.withUnsafeMutableBytes { read(source, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count >= 0 else { throw SystemError("read", path.shownPath, errno: errno) }
                if count == 0 { break }
                try PosixFile.writeAll(target, Array(piece[..<count]))
            }
        }
        // The times as well: build tools and git go by them.
        let times = [status.st_atim, status.st_mtim]
        futimens(target, times)
        guard fchmod(target, status.st_mode & 0o7777) == 0 else {
            throw SystemError("chmod", path.shownPath, errno: errno)
        }
        files += 1
        bytes += UInt64(status.st_size)
        if !hasWarned, files > limits.files || (!isShared && bytes > limits.bytes) {
            hasWarned = true
            warn("the workspace is large, and staging it here takes a whole copy: this takes a while and much space")
        }
    }
}
