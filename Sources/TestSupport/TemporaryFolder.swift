import Glibc

/// A fresh folder for one test, removed with everything in it when the scope ends.
package struct TemporaryFolder: Sendable {
    package let path: String

    /// Makes a folder, runs `body` and removes the folder, also when `body` throws.
    package static func with<T>(_ body: (TemporaryFolder) throws -> T) throws -> T {
        let folder = try make()
        defer { remove(folder.path) }
        return try body(folder)
    }

    /// The same for a body that waits.
    ///
    /// - Parameter base: nil for the usual place of temporary files.
    package static func with<T>(
        in base: String? = nil, _ body: (TemporaryFolder) async throws -> T
    ) async throws -> T {
        let folder = try make(in: base)
        defer { remove(folder.path) }
        return try await body(folder)
    }

    private static func make(in place: String? = nil) throws -> TemporaryFolder {
        let base = place ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/lockgate-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw TestFailure("mkdtemp in \(base): errno \(errno)") }
        return TemporaryFolder(
            path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// The absolute path of something in the folder.
    package func at(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, making the folders above it.
    package func write(_ name: String, _ bytes: some Sequence<UInt8>) throws {
        let parts = name.split(separator: "/")
        for end in parts.indices.dropFirst() { mkdir(at(parts[..<end].joined(separator: "/")), 0o777) }
        let file = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard file >= 0 else { throw TestFailure("open \(name): errno \(errno)") }
        defer { close(file) }
        let all = Array(bytes)
        var done = 0
        while done < all.count {
            let count = all[done...].withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { throw TestFailure("write \(name): errno \(errno)") }
            done += count
        }
    }

    package func write(_ name: String, _ text: String) throws { try write(name, text.utf8) }

    package func makeFolder(_ name: String) throws {
        guard mkdir(at(name), 0o777) == 0 else { throw TestFailure("mkdir \(name): errno \(errno)") }
    }

    /// A file's bytes; nil if it is not there.
    package func read(_ name: String) throws -> [UInt8]? {
        let file = open(at(name), O_RDONLY | O_CLOEXEC)
        if file < 0, errno == ENOENT || errno == ENOTDIR { return nil }
        guard file >= 0 else { throw TestFailure("open \(name): errno \(errno)") }
        defer { close(file) }
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            guard count >= 0 else { throw TestFailure("read \(name): errno \(errno)") }
            if count == 0 { return all }
            all.append(contentsOf: chunk[..<count])
        }
    }

    /// A file's text; nil if it is not there.
    package func text(_ name: String) throws -> String? {
        try read(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package func names(_ name: String = ".") throws -> [String] {
        guard let folder = opendir(at(name)) else { throw TestFailure("opendir \(name): errno \(errno)") }
        defer { closedir(folder) }
        var result: [String] = []
        while let entry = readdir(folder) {
            let text = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if text != ".", text != ".." { result.append(text) }
        }
        return result.sorted()
    }

    private static func remove(_ path: String) {
        remove(Array(path.utf8CString))
    }

    /// Removes a tree by its C path, since names in it need not be UTF-8.
    private static func remove(_ path: [CChar]) {
        // A test may leave folders without permissions behind; they still have to go.
        if unlink(path) == 0 { return }
        chmod(path, 0o700)
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    $0.prefix { $0 != 0 }.map { CChar(bitPattern: $0) }
                }
                if name == [46] || name == [46, 46] { continue }
                remove(path.dropLast() + [47] + name + [0])
            }
            closedir(folder)
        }
        rmdir(path)
    }
}

/// What went wrong in a test's own machinery.
package struct TestFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
