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

    /// The path's place and the content there; nil for anything but a regular file.
    static func content(_ path: String) -> BoundFile? { contentWithBytes(path)?.file }

    /// The same with the bytes that were bound; nil bytes for a large file.
    static func contentWithBytes(_ path: String) -> (file: BoundFile, bytes: [UInt8]?)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        var bytes = Array(resolved(path).utf8) + [0]
        var content: [UInt8]?
        if status.st_size <= maximumBytes { content = try? PosixFile.readAll(descriptor, limit: maximumBytes) }
        if let content {
            bytes += content
        } else {
            let time = status.st_ctim
            bytes += Array("\(status.st_ino) \(status.st_size) \(time.tv_sec).\(time.tv_nsec)".utf8)
        }
        return (BoundFile(path: path, digest: "content:" + JournalRecord.digest(bytes)), content)
    }

    /// Whether the file is still what it was bound as.
    static func holds(_ file: BoundFile) -> Bool {
        switch file.digest.prefix(while: { $0 != ":" }) {
        case "place": place(file.path) == file
        case "content": content(file.path) == file
        default: false
        }
    }

    private static func resolved(_ path: String) -> String {
        if let real = PosixFile.canonical(path) { return real }
        let folder = PathText.parent(path)
        return "\(PosixFile.canonical(folder) ?? "(\(folder))")/\(PathText.name(path))"
    }
}
