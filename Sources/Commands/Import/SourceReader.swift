import Basics
import CLinux
import Config
import Glibc
import Import
import Wire

/// Reads another agent's setup. It may be a stranger's: the kernel resolves every name beneath the folder, so that no
/// link leads out of it, and sizes and numbers are bounded.
struct SourceReader {
    /// One file; larger ones are refused.
    static let maximumSize = 4 << 20
    /// Files of one folder.
    static let maximumCount = 200

    private let root: String
    private let folder: Int32
    private(set) var refused: [ImportPlan.Leftover] = []

    private init(_ root: String, _ folder: Int32) {
        self.root = root
        self.folder = folder
    }

    /// What a layout names, in one folder.
    ///
    /// - Parameter beside: single files in other folders, by the name they have in the source.
    /// - Throws: `import.source` for a folder that is not there or cannot be read.
    static func read(
        _ agent: ImportedAgent, isProject: Bool, root: String, beside: [String: String] = [:]
    ) throws(LockgateError) -> ImportSource {
        let layout = SourceLayout.of(agent, isProject: isProject)
        var reader = try SourceReader.open(root)
        defer { close(reader.folder) }
        var files: [ImportSource.File] = []
        for name in layout.files {
            if let file = try reader.read(name) { files.append(file) }
        }
        for place in layout.folders {
            for name in reader.names(place) where !files.contains(where: { $0.name == name }) {
                if let file = try reader.read(name) { files.append(file) }
            }
        }
        var unread: [String: String] = [:]
        for entry in layout.unread where reader.exists(entry.name) { unread[entry.name] = "\(root)/\(entry.name)" }
        var refused = reader.refused
        for (name, path) in beside where !files.contains(where: { $0.name == name }) {
            guard PosixFile.isDirectory(PathText.parent(path)) else { continue }
            var other = try SourceReader.open(PathText.parent(path))
            defer { close(other.folder) }
            if let file = try other.read(PathText.name(path)) {
                files.append(ImportSource.File(name: name, path: file.path, bytes: file.bytes))
            }
            refused += other.refused
        }
        return ImportSource(agent: agent, isProject: isProject, files: files, unread: unread, refused: refused)
    }

    private static func open(_ root: String) throws(LockgateError) -> SourceReader {
        let folder = Glibc.open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else {
            throw LockgateError(
                "import.source", "cannot read \(root): \(String(cString: strerror(errno)))",
                remedy: "name the folder that holds the setup: --from DIR")
        }
        return SourceReader(root, folder)
    }

    /// `RESOLVE_BENEATH` of openat2(2): nothing above the folder, by whatever name or link.
    private static let beneath: UInt64 = 0x08

    private func open(_ name: String, _ flags: Int32) -> Int32 {
        clinux_openat2(folder, name, flags | O_NONBLOCK | O_NOCTTY, 0, Self.beneath | clinux_no_magic_links)
    }

    private func exists(_ name: String) -> Bool {
        var status = stat()
        return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// A file's bytes; nil where there is none, or where it is refused.
    private mutating func read(_ name: String) throws(LockgateError) -> ImportSource.File? {
        let path = "\(root)/\(name)"
        let file = open(name, O_RDONLY)
        guard file >= 0 else {
            switch -file {
            case ENOENT, ENOTDIR:
                // A link that leads nowhere is worth a word; a file that is not there is not.
                if exists(name) { refuse(name, "the link leads nowhere") }
            case EXDEV, ELOOP:
                refuse(
                    name, "it is a link that leads out of the folder, which is not followed",
                    "put the file itself there, or name the folder that holds it: --from DIR")
            default: throw unreadable(path, -file)
            }
            return nil
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw unreadable(path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            refuse(name, "it is no regular file")
            return nil
        }
        do throws(SystemError) {
            let bytes = try PosixFile.readAll(file, limit: Self.maximumSize)
            return ImportSource.File(name: name, path: path, bytes: bytes)
        } catch {
            guard error.errno == EFBIG else { throw unreadable(path, error.errno) }
            refuse(name, "it is larger than \(Self.maximumSize >> 20) MiB")
            return nil
        }
    }

    /// The names in a folder that a setup may have, sorted; others are refused, and so are too many.
    private mutating func names(_ place: SourceLayout.Folder) -> [String] {
        let listed = open(place.name.isEmpty ? "." : place.name, O_RDONLY | O_DIRECTORY)
        guard listed >= 0 else {
            if -listed == EXDEV || -listed == ELOOP {
                refuse(place.name, "it is a link that leads out of the folder, which is not followed")
            }
            return []
        }
        defer { close(listed) }
        let all = PosixFile.list("/proc/self/fd/\(listed)").filter { $0.hasSuffix(place.suffix) }
        if all.count > Self.maximumCount {
            refuse(place.name, "only the first \(Self.maximumCount) of its \(all.count) files were read")
        }
        return all.prefix(Self.maximumCount).compactMap { name in
            let path = place.name.isEmpty ? name : "\(place.name)/\(name)"
            if Self.isPlain(name) { return path }
            refuse(path, "its name holds other characters than letters, digits, '-', '_' and '.'")
            return nil
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "_-.".utf8.contains(byte)
            }
    }

    private mutating func refuse(_ name: String, _ reason: String, _ remedy: String? = nil) {
        refused.append(
            ImportPlan.Leftover(name, from: SourcePlace(file: "\(root)/\(name)"), reason: reason, remedy: remedy))
    }

    private func unreadable(_ path: String, _ code: Int32) -> LockgateError {
        LockgateError(
            "import.unreadable", "cannot read \(path): \(String(cString: strerror(code)))",
            remedy: "make it readable, or import from a copy: --from DIR")
    }
}
