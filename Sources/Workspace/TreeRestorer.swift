import Basics
import CLinux
import Glibc
import Wire

/// Carries out a plan's steps, each file in one step of the kernel.
///
/// Running it again after it was killed completes it: a step whose result is there is done. What was found at a path is
/// taken aside, compared with what the plan was made for, and put back if somebody has changed it in the meantime.
struct TreeRestorer {
    private let root: FolderHandle
    private let store: ObjectStore
    /// Of a repository outside of the workspace: what its steps' paths begin with.
    private let prefix: [UInt8]

    /// - Parameter repository: the folder of a repository; its steps have absolute paths.
    init(repository: String, store: ObjectStore) throws(LockgateError) {
        try self.init(root: repository, store: store, prefix: Array(repository.utf8))
    }

    init(root path: String, store: ObjectStore) throws(LockgateError) {
        try self.init(root: path, store: store, prefix: [])
    }

    init(folder: FolderHandle, store: ObjectStore) {
        root = folder
        self.store = store
        prefix = []
    }

    private init(root path: String, store: ObjectStore, prefix: [UInt8]) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.makeDirectory(path)
            root = try FolderHandle.root(path)
        } catch {
            throw .workspace(error)
        }
        self.store = store
        self.prefix = prefix
    }

    /// - Returns: what went otherwise than planned, by path.
    func run(_ steps: [RestorePlan.Step]) -> [RestorePlan.Conflict] {
        guard !prefix.isEmpty else { return runBelowRoot(steps) }
        var problems: [RestorePlan.Conflict] = []
        var below: [RestorePlan.Step] = []
        for step in steps {
            if step.path.isWithin(prefix) {
                below.append(step.moved(to: Array(step.path.dropFirst(prefix.count + 1))))
            } else {
                note(step.path, "the repository is another one now", &problems)
            }
        }
        return problems
            + runBelowRoot(below).map {
                RestorePlan.Conflict(path: prefix.child($0.path), reason: $0.reason, copy: nil)
            }
    }

    private func runBelowRoot(_ steps: [RestorePlan.Step]) -> [RestorePlan.Conflict] {
        var problems: [RestorePlan.Conflict] = []
        for step in steps { attempt(step, &problems) { step throws(SystemError) in try settleLeftover(step) } }
        for step in steps.reversed() where !step.path.isEmpty && Self.removesFirst(step) {
            attempt(step, &problems) { step throws(SystemError) in try remove(step) }
        }
        // A repository's objects are there before the refs that name them, and its index is the last.
        for step in GitFolder.ordered(steps, isRepository: !prefix.isEmpty) where !step.path.isEmpty {
            guard let to = step.to else { continue }
            switch to.kind {
            case .folder: attempt(step, &problems) { step throws(SystemError) in try makeFolder(step.path) }
            case .file, .link:
                // One damaged object must not keep the rest from coming back.
                do throws(LockgateError) {
                    let bytes = try store.read(to.digest)
                    attempt(step, &problems) { step throws(SystemError) in try put(step, bytes) }
                } catch {
                    note(step.path, error.message, &problems)
                }
            case .omitted: continue
            }
        }
        for step in steps.reversed() {
            guard let to = step.to, to.kind == .folder else { continue }
            attempt(step, &problems) { step throws(SystemError) in
                let folder = try root.folder(step.path)
                guard fchmod(folder.descriptor, mode_t(to.mode)) == 0 else {
                    throw SystemError("chmod", step.path.shownPath, errno: errno)
                }
                return nil
            }
        }
        return problems
    }

    private func attempt(
        _ step: RestorePlan.Step, _ problems: inout [RestorePlan.Conflict],
        _ body: (RestorePlan.Step) throws(SystemError) -> String?
    ) {
        do throws(SystemError) {
            if let problem = try body(step) { note(step.path, problem, &problems) }
        } catch {
            let reason = error.errno == ELOOP ? "a link stands in a folder's place now" : error.reason
            note(step.path, reason, &problems)
        }
    }

    private func note(_ path: [UInt8], _ reason: String, _ problems: inout [RestorePlan.Conflict]) {
        guard !problems.contains(where: { $0.path == path }) else { return }
        problems.append(RestorePlan.Conflict(path: path, reason: reason, copy: nil))
    }

    /// Whether the old thing has to be gone before the new one can come.
    private static func removesFirst(_ step: RestorePlan.Step) -> Bool {
        guard let from = step.from else { return false }
        return step.to == nil || (from.kind == .folder) != (step.to?.kind == .folder)
    }

    private func parent(_ step: RestorePlan.Step) throws(SystemError) -> (folder: FolderHandle, name: [CChar]) {
        let (parent, name) = step.path.parentAndName
        return (try root.folder(parent), name.cString)
    }

    private static func temporaryName(_ step: RestorePlan.Step) -> [CChar] {
        let mark = ContentDigest(of: step.path).text.prefix(16)
        return Array(".lockgate-\(mark).restore".utf8).cString
    }

    // MARK: Steps

    /// A killed run may have left a file under its temporary name: the new content, the old, or an edit by somebody
    /// else that was about to be put back.
    private func settleLeftover(_ step: RestorePlan.Step) throws(SystemError) -> String? {
        let name = Self.temporaryName(step)
        let folder: FolderHandle
        do throws(SystemError) {
            folder = try parent(step).folder
        } catch {
            return nil
        }
        guard let left = try observe(name, in: folder) else { return nil }
        // A new file is closed to others until it has its mode.
        let isOurs =
            left == step.from || (left.digest == step.to?.digest)
            || left.mode == 0o600 && left.kind == .file
                && isStaged(left, step)
        if isOurs {
            unlinkat(folder.descriptor, name, 0)
            return nil
        }
        let kept = step.path.parentAndName.name + Array(".lockgate-kept".utf8)
        let result = clinux_rename(folder.descriptor, name, folder.descriptor, kept.cString, 0)
        guard result == 0 else { throw SystemError("rename", step.path.shownPath, errno: -result) }
        return "edited during an interrupted restore; the edit is in \(kept.shownPath)"
    }

    /// Whether a file may be the beginning of a step's new content.
    private func isStaged(_ left: SnapshotEntry, _ step: RestorePlan.Step) -> Bool {
        guard let to = step.to, left.size < to.size, let bytes = try? store.read(to.digest) else { return false }
        return ContentDigest(of: Array(bytes.prefix(Int(left.size)))) == left.digest
    }

    private func remove(_ step: RestorePlan.Step) throws(SystemError) -> String? {
        let (folder, name): (FolderHandle, [CChar])
        do throws(SystemError) {
            (folder, name) = try parent(step)
        } catch {
            // What held it is gone, or is a file now: so is it.
            if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
            throw error
        }
        if step.from?.kind == .folder {
            if unlinkat(folder.descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT { return nil }
            // What was to come in its place may be there, from a run that was killed; `put` judges.
            if errno == ENOTDIR, step.to != nil { return nil }
            // What others have put in it stays, and so does the folder.
            return errno == ENOTEMPTY ? "the folder holds other files now; kept" : String(cString: strerror(errno))
        }
        guard let status = folder.status(of: name) else { return nil }
        // The folder that was to come in its place is there, from a run that was killed.
        if step.to?.kind == .folder, status.st_mode & S_IFMT == S_IFDIR { return nil }
        let aside = Self.temporaryName(step)
        try rename(name, aside, folder, step)
        guard try observe(aside, in: folder) == step.from else {
            try rename(aside, name, folder, step)
            return "edited since; kept"
        }
        guard unlinkat(folder.descriptor, aside, 0) == 0 else {
            throw SystemError("unlink", step.path.shownPath, errno: errno)
        }
        return nil
    }

    /// Makes a folder and those above it that are missing.
    @discardableResult
    private func makeFolder(_ path: [UInt8]) throws(SystemError) -> String? {
        guard !path.isEmpty else { return nil }
        let (above, name) = path.parentAndName
        let parent: FolderHandle
        do throws(SystemError) {
            parent = try root.folder(above)
        } catch {
            guard error.errno == ENOENT else { throw error }
            try makeFolder(above)
            parent = try root.folder(above)
        }
        guard mkdirat(parent.descriptor, name.cString, 0o700) != 0 else { return nil }
        guard errno == EEXIST else { throw SystemError("mkdir", path.shownPath, errno: errno) }
        _ = try root.folder(path)
        return nil
    }

    private func put(_ step: RestorePlan.Step, _ bytes: [UInt8]) throws(SystemError) -> String? {
        guard let to = step.to else { return nil }
        try makeFolder(step.path.parentAndName.parent)
        let (folder, name) = try parent(step)
        let found = try observe(name, in: folder)
        if found == to { return nil }
        let expected = Self.removesFirst(step) ? nil : step.from
        guard found == expected else { return "edited since; kept" }
        let temporary = Self.temporaryName(step)
        try stage(to, bytes, temporary, folder)
        guard expected != nil else {
            let result = clinux_rename(folder.descriptor, temporary, folder.descriptor, name, 0)
            guard result == 0 else {
                unlinkat(folder.descriptor, temporary, 0)
                if result == -EEXIST { return "something was put there in the meantime; kept" }
                throw SystemError("rename", step.path.shownPath, errno: -result)
            }
            return nil
        }
        try exchange(temporary, name, folder, step)
        guard try observe(temporary, in: folder) == expected else {
            try exchange(temporary, name, folder, step)
            unlinkat(folder.descriptor, temporary, 0)
            return "edited since; kept"
        }
        guard unlinkat(folder.descriptor, temporary, 0) == 0 else {
            throw SystemError("unlink", step.path.shownPath, errno: errno)
        }
        return nil
    }

    private func stage(
        _ entry: SnapshotEntry, _ bytes: [UInt8], _ name: [CChar], _ folder: FolderHandle
    ) throws(SystemError) {
        if entry.kind == .link {
            guard symlinkat(bytes.cString, folder.descriptor, name) == 0 else {
                throw SystemError("symlink", name.shownPath, errno: errno)
            }
            return
        }
        let file = openat(folder.descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open", name.shownPath, errno: errno) }
        defer { close(file) }
        do throws(SystemError) {
            try PosixFile.writeAll(file, bytes)
            guard fchmod(file, mode_t(entry.mode)) == 0 else { throw SystemError("chmod", "", errno: errno) }
        } catch {
            unlinkat(folder.descriptor, name, 0)
            throw error
        }
    }

    private func rename(
        _ from: [CChar], _ to: [CChar], _ folder: FolderHandle, _ step: RestorePlan.Step
    ) throws(SystemError) {
        let result = clinux_rename(folder.descriptor, from, folder.descriptor, to, 0)
        guard result == 0 else { throw SystemError("rename", step.path.shownPath, errno: -result) }
    }

    private func exchange(
        _ from: [CChar], _ to: [CChar], _ folder: FolderHandle, _ step: RestorePlan.Step
    ) throws(SystemError) {
        let result = clinux_rename(folder.descriptor, from, folder.descriptor, to, 1)
        guard result == 0 else { throw SystemError("rename", step.path.shownPath, errno: -result) }
    }

    /// What a name stands for, read without storing it.
    private func observe(_ name: [CChar], in folder: FolderHandle) throws(SystemError) -> SnapshotEntry? {
        guard let status = folder.status(of: name) else { return nil }
        let mode = UInt32(status.st_mode & 0o7777)
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            let file = try folder.open(file: name)
            defer { close(file) }
            let bytes = try PosixFile.readAll(file, limit: TreeScanner.sizeLimit)
            return SnapshotEntry(
                kind: .file, mode: mode, size: UInt64(bytes.count), digest: ContentDigest(of: bytes))
        case S_IFLNK:
            let target = try folder.linkTarget(name)
            return SnapshotEntry(
                kind: .link, mode: 0, size: UInt64(target.count), digest: ContentDigest(of: target))
        case S_IFDIR: return SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: .none)
        default:
            return SnapshotEntry(kind: .omitted, mode: Omission.special.rawValue, size: 0, digest: .none)
        }
    }
}
