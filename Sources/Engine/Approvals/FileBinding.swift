import Basics
import Glibc
import Journal
import Wire

/// Ties an approval to a file: to the place that its path leads to, and where the file is run to its content.
enum FileBinding {
    /// Larger files are known by inode, size and change time, which a command cannot set back.
    static let maximumBytes = 32 << 20

    /// The path's place: where it leads without links. For a file that is not there yet, where its folder is.
    static func place(_ path: String) -> BoundFile {
        BoundFile(path: path, digest: "place:" + JournalRecord.digest(Array(resolved(path).utf8)))
    }

    /// The path's place and what is there: a file's content, that nothing is there, or which folder or device it is.
    static func content(_ path: String) -> BoundFile { contentWithBytes(path).file }

    /// The same with the bytes that were bound; nil for a large file and for what is no regular file.
    static func contentWithBytes(
        _ path: String, limit: Int = maximumBytes
    ) -> (file: BoundFile, bytes: [UInt8]?) {
        var place = Array(resolved(path).utf8) + [0]
        func bound(_ content: [UInt8]?) -> (BoundFile, [UInt8]?) {
            (BoundFile(path: path, digest: "content:" + JournalRecord.digest(place + (content ?? []))), content)
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else {
            place += Array("error \(errno)".utf8)
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

    /// Whether the file is still what it was bound as.
    static func holds(_ file: BoundFile) -> Bool {
        switch file.digest.prefix(while: { $0 != ":" }) {
        case "place": place(file.path) == file
        case "content": content(file.path) == file
        default: false
        }
    }

    /// Whether a file is there to be run: it may be executed, or says what runs it.
    static func isProgram(_ path: String) -> Bool {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        return status.st_mode & 0o111 != 0 || PosixFile.head(path, limit: 2) == Array("#!".utf8)
    }

    private static func resolved(_ path: String) -> String {
        if let real = PosixFile.canonical(path) { return real }
        let folder = PathText.parent(path)
        return "\(PosixFile.canonical(folder) ?? "(\(folder))")/\(PathText.name(path))"
    }
}
