import Basics
import Glibc
import Journal
package import Wire

/// Ties an approval to a file: to the place that its path leads to, and where the file is run to its content.
///
/// In a staged session the files are those of the stage, as the session's commands find them.
package struct FileBinding: Sendable {
    /// Larger files are known by inode, size and change time, which a command cannot set back.
    static let maximumBytes = 32 << 20

    private let tree: BoundTree

    /// - Parameter view: of the session's commands; nil where they see the machine's own files.
    package init(view: FileViewSource? = nil) { tree = view.map(BoundTree.view) ?? .machine }

    /// The path's place: where it leads without links. For a file that is not there yet, where its folder is.
    func place(_ path: String) -> BoundFile {
        guard tree.isThere else { return Self.unknown(path) }
        return BoundFile(path: path, digest: "place:" + JournalRecord.digest(Array(resolved(path).utf8)))
    }

    /// The path's place and what is there: a file's content, that nothing is there, or which folder or device it is.
    func content(_ path: String) -> BoundFile { contentWithBytes(path).file }

    /// The same with the bytes that were bound; nil for a large file and for what is no regular file.
    func contentWithBytes(
        _ path: String, limit: Int = maximumBytes
    ) -> (file: BoundFile, bytes: [UInt8]?) {
        guard tree.isThere else { return (Self.unknown(path), nil) }
        var place = Array(resolved(path).utf8) + [0]
        func bound(_ content: [UInt8]?) -> (BoundFile, [UInt8]?) {
            (BoundFile(path: path, digest: "content:" + JournalRecord.digest(place + (content ?? []))), content)
        }
        let descriptor = tree.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            place += Array("error \(-descriptor)".utf8)
            return bound(nil)
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return bound(nil) }
        place += Array("\(status.st_mode & S_IFMT)".utf8) + [0]
        if status.st_mode & S_IFMT == S_IFREG, status.st_size <= limit,
            let content = try? PosixFile.readAll(descriptor, limit: limit)
        {
            return bound(content)
        }
        // Without the device, whose number changes from one start of a machine to the next.
        place += Array("\(status.st_ino)".utf8)
        if status.st_mode & S_IFMT == S_IFREG {
            place += Array(" \(status.st_size) \(status.st_ctim.tv_sec).\(status.st_ctim.tv_nsec)".utf8)
        }
        return bound(nil)
    }

    /// Like nothing else, so that no answer holds for it.
    private static func unknown(_ path: String) -> BoundFile {
        BoundFile(path: path, digest: "unknown:\(UInt64.random(in: 0 ... .max))")
    }

    /// Whether the file is still what it was bound as.
    func holds(_ file: BoundFile) -> Bool {
        switch file.digest.prefix(while: { $0 != ":" }) {
        case "place": place(file.path) == file
        case "content": content(file.path) == file
        default: false
        }
    }

    /// Whether a file is there to be run: it may be executed, or says what runs it.
    func isProgram(_ path: String) -> Bool {
        let file = tree.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        guard file >= 0 else { return isExecutable(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        var mark: [UInt8] = [0, 0]
        return status.st_mode & 0o111 != 0 || read(file, &mark, 2) == 2 && mark == Array("#!".utf8)
    }

    func isExecutable(_ path: String) -> Bool { tree.isExecutable(path) }

    func isDirectory(_ path: String) -> Bool { (tree.status(path)?.st_mode ?? 0) & S_IFMT == S_IFDIR }

    func isLink(_ path: String) -> Bool { (tree.status(path, O_NOFOLLOW)?.st_mode ?? 0) & S_IFMT == S_IFLNK }

    func canonical(_ path: String) -> String? { tree.canonical(path) }

    private func resolved(_ path: String) -> String {
        if let real = canonical(path) { return real }
        let folder = PathText.parent(path)
        return "\(canonical(folder) ?? "(\(folder))")/\(PathText.name(path))"
    }
}
