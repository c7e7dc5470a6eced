import Glibc
package import Wire

/// The files that the session's own tools may touch, on this machine, without a sandboxed command in between.
///
/// Every path is resolved by the kernel, so `..`, links and mounts mean here what they mean to a command. Reading works
/// on the very file that was checked. Writing opens the checked path anew with no link allowed on the way and puts the
/// new file in place by a rename, so a link that is swapped in between is never written through, and another name of
/// the same file (a hard link) keeps its bytes.
///
/// Errors are `LockgateError`s. `files.outside_workspace`, `files.read_only`, `files.protected` and `files.masked` are
/// denials by rule (see `isDenial`); the others (`files.not_found`, `files.changed`, `files.no_space`, ...) are facts.
package struct WorkspaceFiles: Sendable {
    /// Names whose files make git, agents or editors run code, and so are never written below a root.
    package static let defaultProtectedNames: Set<String> = [
        ".git", ".codex", ".agents", ".lockgate", ".claude", ".mcp.json", ".envrc", ".vscode",
    ]
    /// Larger files are refused unless the caller sets another limit: 16 MiB.
    package static let defaultReadLimit = 16 << 20

    let rules: FileAccessRules
    let resolver: PathResolver
    private let view: FileViewSource?

    /// Prepares access for a session.
    ///
    /// - Parameters:
    ///   - roots: folders below which files may change; none in read-only mode.
    ///   - workspace: where relative paths start; an existing folder.
    ///   - protectedNames: names that no written path may have below its root.
    ///   - allowedPaths: files and folders that may be written in spite of `protectedNames`.
    ///   - protectedPaths: further files and folders that are not written, with all below.
    ///   - maskedPaths: files and folders that are neither read nor written, with all below. Whatever is not masked can
    ///     be read.
    ///   - view: where all of this is found instead of on the machine itself.
    /// - Throws: `files.not_found` and such if the workspace is not there. Other paths need not exist.
    package init(
        roots: [String], workspace: String, protectedNames: Set<String> = defaultProtectedNames,
        allowedPaths: [String] = [], protectedPaths: [String] = [], maskedPaths: [String] = [],
        view: FileViewSource? = nil
    ) throws(LockgateError) {
        // Not yet canonical, but absolute for all that follows.
        let start = PathResolver(workspace: [UInt8(ascii: "/")])
        let canonical = { (path: String) throws(LockgateError) -> [UInt8] in
            let bytes = Array(path.utf8)
            do throws(PathProblem) { return try start.resolve(bytes).canonicalPath } catch { throw error.named(bytes) }
        }
        let home = try canonical(workspace)
        resolver = PathResolver(workspace: home)
        rules = FileAccessRules(
            workspace: home, writableRoots: try roots.map(canonical), protectedNames: protectedNames,
            protectedPaths: try protectedPaths.map(canonical), allowedPaths: try allowedPaths.map(canonical),
            maskedPaths: try maskedPaths.map(canonical))
        self.view = view
        let found: PathResolver.Place
        do throws(PathProblem) { found = try resolver.resolve(home) } catch { throw error.named(home) }
        guard case .existing(let folder) = found, folder.status.isFolder else {
            throw LockgateError(
                "files.not_found", "The workspace \(workspace) is not a folder", remedy: "Check the path.")
        }
    }

    /// Whether an error says that a rule forbids the access, and not that it went wrong.
    package static func isDenial(_ error: LockgateError) -> Bool {
        ["files.outside_workspace", "files.read_only", "files.protected", "files.masked"].contains(error.code)
    }

    func resolve(_ path: [UInt8]) throws(LockgateError) -> PathResolver.Place {
        var resolver = resolver
        resolver.view = try currentView()
        do throws(PathProblem) { return try resolver.resolve(path) } catch { throw error.named(path) }
    }

    /// The root under which absolute paths are found; nil for the process's own.
    func currentView() throws(LockgateError) -> (any FileView)? {
        do throws(LockgateError) {
            return try view?()
        } catch {
            throw LockgateError("files.no_view", "No file can be reached: \(error.message)", remedy: error.remedy)
        }
    }
}

// MARK: Reading

/// A file's bytes with the permission bits it has.
package struct FileContents: Sendable, Hashable {
    package let bytes: [UInt8]
    /// 0o777 at most.
    package let mode: UInt32
}

/// What a path names.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case file, folder, link, other
    }

    package let kind: Kind
    /// In bytes.
    package let size: Int
    /// 0o777 at most.
    package let mode: UInt32
    /// Last change of the content, in nanoseconds since 1970.
    package let modified: Int64
}

/// A name in a folder.
package struct FolderEntry: Sendable, Hashable {
    /// As it is on disk; need not be UTF-8.
    package let name: [UInt8]
    package let kind: FileStatus.Kind

    /// The name as text; invalid UTF-8 becomes U+FFFD.
    package var text: String { String(decoding: name, as: UTF8.self) }
}

extension WorkspaceFiles {
    /// A regular file's whole content.
    ///
    /// - Parameter limit: in bytes; a larger file is refused with `files.too_large`.
    package func read(_ path: String, limit: Int = defaultReadLimit) throws(LockgateError) -> FileContents {
        try read(Array(path.utf8), limit: limit)
    }

    package func read(_ path: [UInt8], limit: Int = defaultReadLimit) throws(LockgateError) -> FileContents {
        let (file, status) = try openForReading(path)
        // A sparse file may claim a size that no memory holds; a growing one may outrun the size it claims.
        let isLarge = status.st_size > limit
        let bytes = try named(path) { () throws(SystemError) in
            isLarge ? [] : try file.read(limit: min(max(0, limit), .max - 1) + 1)
        }
        guard !isLarge, bytes.count <= limit else {
            throw LockgateError(
                "files.too_large", "\(path.shown) is larger than \(limit) bytes (\(status.st_size))",
                remedy: "Read a part of it, or search it with a command.")
        }
        return FileContents(bytes: bytes, mode: status.permissions)
    }

    /// As `read`, but nil where there is no such file.
    package func readIfPresent(_ path: String, limit: Int = defaultReadLimit) throws(LockgateError) -> FileContents? {
        do throws(LockgateError) {
            return try read(path, limit: limit)
        } catch {
            if error.code == "files.not_found" { return nil }
            throw error
        }
    }

    /// At most `count` bytes of a regular file from `offset` on; fewer at its end.
    package func readPart(_ path: String, offset: Int, count: Int) throws(LockgateError) -> [UInt8] {
        let (file, _) = try openForReading(Array(path.utf8))
        return try named(Array(path.utf8)) { () throws(SystemError) in
            try file.read(from: max(0, offset), limit: max(0, count))
        }
    }

    /// What a path names after all links; nil if nothing does.
    package func status(_ path: String) throws(LockgateError) -> FileStatus? {
        let bytes = Array(path.utf8)
        do throws(LockgateError) {
            guard case .existing(let found) = try resolve(bytes) else { return nil }
            if let denial = rules.readDenial(found.canonicalPath, asked: bytes) { throw denial }
            return FileStatus(found.status)
        } catch {
            if error.code == "files.not_found" { return nil }
            throw error
        }
    }

    /// The names in a folder, sorted by bytes.
    ///
    /// - Parameter limit: at most so many names are read; which ones of a larger folder is up to the file system.
    package func entries(_ path: String, limit: Int = 10_000) throws(LockgateError) -> [FolderEntry] {
        let bytes = Array(path.utf8)
        let found = try readable(bytes)
        guard found.status.isFolder else {
            throw LockgateError("files.not_a_folder", "\(path) is not a folder", remedy: "Read it as a file.")
        }
        return try named(bytes) { () throws(SystemError) in
            try FolderEntry.list(found.file.reopenedForReading(folder: true), limit: limit)
        }
    }

    private func readable(_ path: [UInt8]) throws(LockgateError) -> PathResolver.Existing {
        guard case .existing(let found) = try resolve(path) else { throw PathProblem.notFound.named(path) }
        if let denial = rules.readDenial(found.canonicalPath, asked: path) { throw denial }
        if let denial = try hardLinkDenial(found, asked: path) { throw denial }
        return found
    }

    func openForReading(_ path: [UInt8]) throws(LockgateError) -> (OpenFile, stat) {
        let found = try readable(path)
        guard found.status.isRegular else {
            let kind = found.status.isFolder ? "a folder" : "a device, FIFO or socket"
            throw LockgateError(
                "files.not_a_file", "\(path.shown) is \(kind), not a file",
                remedy: found.status.isFolder ? "List it, or name a file in it." : nil)
        }
        let file = try named(path) { () throws(SystemError) -> OpenFile? in
            try found.file.isOnProcfs() ? nil : found.file.reopenedForReading()
        }
        guard let file else {
            throw LockgateError(
                "files.masked", "\(path.shown) is hidden: /proc shows the agent's own memory and environment",
                remedy: "Look at /proc with a command; the sandbox has its own.")
        }
        return (file, found.status)
    }

    /// A masked file has other names if it was linked; those give its bytes no more than its own.
    private func hardLinkDenial(
        _ found: PathResolver.Existing, asked: [UInt8]
    ) throws(LockgateError) -> LockgateError? {
        guard found.status.isRegular, found.status.st_nlink > 1 else { return nil }
        let view = try currentView()
        for mask in rules.maskedPaths {
            let status = try? OpenFile.locate(mask, view: view, links: .none).status()
            if status?.isSameFile(as: found.status) == true { return rules.readDenial(mask, asked: asked) }
        }
        return nil
    }

    /// Gives an errno the path that it happened to.
    func named<T>(_ path: [UInt8], _ body: () throws(SystemError) -> T) throws(LockgateError) -> T {
        do throws(SystemError) { return try body() } catch { throw PathProblem(error).named(path) }
    }
}

extension FileStatus {
    init(_ status: stat) {
        kind = status.isRegular ? .file : status.isFolder ? .folder : status.isLink ? .link : .other
        size = Int(status.st_size)
        mode = status.permissions
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }
}

extension PathProblem {
    /// The problem as a person reads it.
    func named(_ path: [UInt8]) -> LockgateError {
        let name = path.shown
        switch self {
        case .invalid(let reason):
            return LockgateError(
                "files.invalid_path", "The path '\(name)' \(reason)", remedy: "Name a file by another path.")
        case .notFound:
            return LockgateError("files.not_found", "\(name): there is no such file", remedy: "Check the path.")
        case .danglingLink:
            return LockgateError(
                "files.dangling_link", "\(name) runs through a symbolic link that leads nowhere",
                remedy: "Remove the link, or create what it points to.")
        case .system(let error):
            return error.named(path)
        }
    }
}

extension SystemError {
    func named(_ path: [UInt8]) -> LockgateError {
        let (code, remedy): (LockgateError.Code, String?) =
            switch number {
            case EACCES, EPERM:
                ("files.permission_denied", "Check the owner and permissions of the file and its folder.")
            case EROFS: ("files.read_only_file_system", "Choose a place on a writable file system.")
            case ENOSPC, EDQUOT: ("files.no_space", "Free some space and try again. Nothing was changed.")
            case EEXIST: ("files.exists", "Update the file, or delete it first.")
            default: ("files.failed", nil)
            }
        return LockgateError(code, "\(path.shown): \(text)", remedy: remedy)
    }
}
