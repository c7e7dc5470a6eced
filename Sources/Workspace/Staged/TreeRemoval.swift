import Basics
import Glibc

/// Removes trees of the product's own home that commands have written: names need not be UTF-8, folders may be closed
/// to their owner, and no link is followed.
enum TreeRemoval {
    static func remove(_ path: String) { remove(Array(path.utf8)) }

    private static func remove(_ path: [UInt8]) {
        if unlink(path.cString) == 0 || errno == ENOENT { return }
        if chmod(path.cString, 0o700) == 0 { forEach(path) { remove($0) } }
        rmdir(path.cString)
    }

    /// Bytes that a tree takes on disk.
    static func size(_ path: String) -> UInt64 { size(Array(path.utf8)) }

    private static func size(_ path: [UInt8]) -> UInt64 {
        var status = stat()
        guard lstat(path.cString, &status) == 0 else { return 0 }
        var sum = UInt64(status.st_blocks) * 512
        if status.st_mode & S_IFMT == S_IFDIR { forEach(path) { sum += size($0) } }
        return sum
    }

    private static func forEach(_ folder: [UInt8], _ body: ([UInt8]) -> Void) {
        let descriptor = open(folder.cString, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        let names = (try? FolderHandle(descriptor).names()) ?? []
        for name in names { body(folder.child(name.nameBytes)) }
    }
}
