import Glibc

/// A failed system call: which, on what, and the kernel's reason.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    package let call: String
    package let path: String
    package let errno: Int32

    package init(_ call: String, _ path: String, errno: Int32) {
        self.call = call
        self.path = path
        self.errno = errno
    }

    package var reason: String { String(cString: strerror(errno)) }
    package var description: String { path.isEmpty ? "\(call): \(reason)" : "\(call) \(path): \(reason)" }
}

/// Plain file access for the product's own files (configuration, journal, models). Files that a model names go
/// through `Files`, which resolves them beneath their root.
package enum PosixFile {
    /// The whole file, refused above `limit` bytes (`EFBIG`) and for anything that is not a regular file (`EINVAL`),
    /// so that a FIFO or a device in place of a configuration file cannot hang or flood the program.
    package static func read(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SystemError("read", path, errno: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : EINVAL)
        }
        guard status.st_size <= limit else { throw SystemError("read", path, errno: EFBIG) }
        do throws(SystemError) {
            return try readAll(descriptor, limit: limit)
        } catch {
            throw SystemError(error.call, path, errno: error.errno)
        }
    }

    /// Up to `limit` bytes from the file's start; nil if it cannot be read.
    package static func head(_ path: String, limit: Int) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var failed = false
        let head = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
            let got = Glibc.read(descriptor, buffer.baseAddress, limit)
            failed = got < 0
            count = max(0, got)
        }
        return failed ? nil : head
    }

    /// Reads to the end of a descriptor; `EFBIG` above `limit` bytes.
    package static func readAll(_ descriptor: Int32, limit: Int) throws(SystemError) -> [UInt8] {
        var content: [UInt8] = []
        let size = 65_536
        while true {
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                let got = Glibc.read(descriptor, buffer.baseAddress, size)
                if got < 0 { failure = errno }
                count = max(0, got)
            }
            if failure == EINTR { continue }
            guard failure == 0 else { throw SystemError("read", "", errno: failure) }
            if chunk.isEmpty { return content }
            content.append(contentsOf: chunk)
            guard content.count <= limit else { throw SystemError("read", "", errno: EFBIG) }
        }
    }

    /// Hands the file over in pieces of up to 256 KiB, from start to end.
    ///
    /// - Throws: `EINVAL` for anything that is not a regular file.
    package static func stream(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(SystemError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw SystemError("read", path, errno: EINVAL) }
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let got = piece.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if got < 0 {
                if errno == EINTR { continue }
                throw SystemError("read", path, errno: errno)
            }
            if got == 0 { return }
            body(piece[..<got])
        }
    }

    /// Writes all bytes, over partial writes and interruptions.
    package static func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            let wrote = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done)
            }
            if wrote < 0 {
                if errno == EINTR { continue }
                throw SystemError("write", "", errno: errno)
            }
            done += wrote
        }
    }

    /// Replaces a file whole: a reader sees the old content or the new, never a mixture, also after a crash.
    ///
    /// - Parameter isDurable: false for what its reader checks and can make anew: after a crash of the machine it may be
    ///   empty or missing, and nobody waits for the disk.
    package static func replace(
        _ path: String, with bytes: [UInt8], mode: UInt32 = 0o600, isDurable: Bool = true
    ) throws(SystemError) {
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
        let descriptor = Glibc.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw SystemError("open", temporary, errno: errno) }
        var failure: SystemError?
        do throws(SystemError) {
            try writeAll(descriptor, bytes)
        } catch {
            failure = SystemError(error.call, temporary, errno: error.errno)
        }
        if failure == nil, isDurable, fsync(descriptor) != 0 { failure = SystemError("fsync", temporary, errno: errno) }
        close(descriptor)
        if failure == nil, rename(temporary, path) != 0 { failure = SystemError("rename", path, errno: errno) }
        if let failure {
            unlink(temporary)
            throw failure
        }
    }

    /// Makes a folder and those above it; no error if it is there.
    package static func makeDirectory(_ path: String, mode: UInt32 = 0o700) throws(SystemError) {
        if mkdir(path, mode) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw SystemError("mkdir", path, errno: errno)
        }
        try makeDirectory(String(path[..<slash]), mode: mode)
        guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError("mkdir", path, errno: errno) }
    }

    /// Whether something is at the path, links followed.
    package static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    package static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// The path with all links resolved; nil if it does not exist.
    package static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The names in a folder but `.` and `..`, sorted by bytes; empty if it cannot be read.
    package static func list(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
