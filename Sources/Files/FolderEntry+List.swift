import Glibc

extension FolderEntry {
    /// Reads the names of an open folder, sorted by bytes, without `.` and `..`.
    static func list(_ folder: OpenFile, limit: Int) throws(SystemError) -> [FolderEntry] {
        // The stream closes the descriptor it is given.
        let copy = fcntl(folder.descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw SystemError(number: errno) }
        guard let stream = fdopendir(copy) else {
            let error = SystemError(number: errno)
            close(copy)
            throw error
        }
        defer { closedir(stream) }
        var entries: [FolderEntry] = []
        while entries.count < limit {
            errno = 0
            guard let entry = readdir(stream) else {
                if errno != 0 { throw SystemError(number: errno) }
                break
            }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            entries.append(FolderEntry(name: name, kind: kind(entry.pointee.d_type, name, folder)))
        }
        return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// Some file systems leave the type out; then the file is asked.
    private static func kind(_ type: UInt8, _ name: [UInt8], _ folder: OpenFile) -> FileStatus.Kind {
        switch Int(type) {
        case Int(DT_REG): return .file
        case Int(DT_DIR): return .folder
        case Int(DT_LNK): return .link
        case Int(DT_UNKNOWN):
            var status = stat()
            guard fstatat(folder.descriptor, name.cPath, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return .other }
            return FileStatus(status).kind
        default: return .other
        }
    }
}
