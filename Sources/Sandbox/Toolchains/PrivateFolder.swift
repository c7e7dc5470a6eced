import Glibc

/// An open folder that commands may write, for making things in it without being led elsewhere: a command can have put a
/// symbolic link where a folder was, so every step goes from the folder's descriptor and follows none.
struct PrivateFolder: ~Copyable {
    private let descriptor: Int32

    /// - Parameter path: the private folder itself, which no command can replace. nil where it cannot be opened.
    init?(_ path: String) {
        self.init(descriptor: open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    }

    private init?(descriptor: Int32) {
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// The folder of this name in it, made where there is none; nil where something else has the name.
    func folder(_ name: String) -> PrivateFolder? {
        mkdirat(descriptor, name, 0o700)
        return PrivateFolder(
            descriptor: openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
    }

    /// Makes a symbolic link unless the name is taken: then what is there is the project's own.
    func link(_ name: String, to target: String) { symlinkat(target, descriptor, name) }

    /// Removes links whose goal is gone, over which a tool could neither read nor write.
    func removeDanglingLinks() {
        let copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = fdopendir(copy) else { return }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            guard Int(entry.pointee.d_type) == DT_LNK else { continue }
            withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { name in
                    var info = stat()
                    if fstatat(descriptor, name, &info, 0) != 0, errno == ENOENT { unlinkat(descriptor, name, 0) }
                }
            }
        }
    }
}
