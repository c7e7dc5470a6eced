import CLinux
import Glibc
import Text
import Wire

/// Carries out file changes all or not at all.
///
/// First every new content is written to a temporary file beside its target; so a full disk or a missing permission
/// shows while nothing has changed. Then the files change places by renames, each of which the kernel does in one
/// step. An old file is taken aside rather than overwritten, compared with what the change was made for, and put back
/// when it differs or when a later change fails. Only at the end are the old files deleted.
///
/// A process that is killed in the middle leaves `.lockgate-*.tmp` files, which hold the new or the old contents.
struct FileTransaction {
    private let files: WorkspaceFiles
    private let isDurable: Bool
    /// Whether the file system can swap two files; some network ones cannot.
    private let canSwap: Bool

    /// Open folders by canonical path: changes often share one, and descriptors are few.
    private var folders: [[UInt8]: OpenFile] = [:]
    private var staged: [StagedChange] = []
    private var madeFolders: [(parent: OpenFile, name: [UInt8])] = []
    private var undo: [UndoStep] = []
    /// Old files taken aside and temporary files: what goes at the end.
    private var leftovers: [(folder: OpenFile, name: [UInt8])] = []

    /// How to take back one rename.
    private enum UndoStep {
        case rename(from: [UInt8], to: [UInt8], in: OpenFile)
        case swap([UInt8], [UInt8], in: OpenFile)
        case remove([UInt8], in: OpenFile)
    }

    init(files: WorkspaceFiles, isDurable: Bool, canSwap: Bool = true) {
        self.files = files
        self.isDurable = isDurable
        self.canSwap = canSwap
    }

    mutating func run(_ planned: [PlannedChange]) throws(LockgateError) {
        do throws(LockgateError) {
            for change in planned { try stage(change) }
            for change in staged { try commit(change) }
            if isDurable { for change in staged { try sync(change) } }
        } catch {
            throw rollBack(after: error)
        }
        for file in leftovers { unlinkat(file.folder.descriptor, file.name.cPath, 0) }
    }

    // MARK: Staging

    /// A planned change with its folders open and its new content on disk.
    private struct StagedChange {
        let plan: PlannedChange
        /// Where the old file is, and where the new one goes; the same but for a move.
        let sourceFolder: OpenFile?
        let targetFolder: OpenFile?
        /// The temporary file with the new content.
        let temporary: [UInt8]?
    }

    private mutating func stage(_ plan: PlannedChange) throws(LockgateError) {
        var sourceFolder: OpenFile?
        if let source = plan.source { sourceFolder = try open(source.folder, for: plan) }
        guard let target = plan.target, let bytes = plan.change.new else {
            staged.append(StagedChange(plan: plan, sourceFolder: sourceFolder, targetFolder: nil, temporary: nil))
            return
        }
        var folder = try open(target.folder, for: plan)
        for name in target.newFolders { folder = try makeFolder(name, in: folder, for: plan) }
        let name = Self.temporaryName()
        try files.named(plan.asked) { () throws(SystemError) in
            // A new file gets what the umask leaves of 0o666. One that replaces another stays closed until it has
            // that one's mode.
            let file = try OpenFile.create(name, in: folder, mode: plan.source == nil ? 0o666 : 0o600)
            leftovers.append((folder, name))
            try file.write(bytes)
            if let status = plan.source?.status { try file.takeOver(status) }
            if let mode = plan.change.mode { try file.setMode(mode) }
            if isDurable { try file.sync() }
        }
        staged.append(StagedChange(plan: plan, sourceFolder: sourceFolder, targetFolder: folder, temporary: name))
    }

    /// Opens a folder by its canonical path with no link on the way: the names that were checked are the names taken.
    private mutating func open(_ folder: [UInt8], for plan: PlannedChange) throws(LockgateError) -> OpenFile {
        if let known = folders[folder] { return known }
        let view = try files.currentView()
        do throws(SystemError) {
            let opened = try OpenFile.locate(folder, view: view, links: .none, folderOnly: true)
            folders[folder] = opened
            return opened
        } catch {
            if [ENOENT, ENOTDIR, ELOOP].contains(error.number) { throw Self.changed(plan) }
            throw error.named(plan.asked)
        }
    }

    private mutating func makeFolder(
        _ name: [UInt8], in parent: OpenFile, for plan: PlannedChange
    ) throws(LockgateError) -> OpenFile {
        if mkdirat(parent.descriptor, name.cPath, 0o777) == 0 {
            madeFolders.append((parent, name))
        } else if errno != EEXIST {
            throw SystemError(number: errno).named(plan.asked)
        }
        do throws(SystemError) {
            return try OpenFile.locate(name, in: parent, links: .none, folderOnly: true)
        } catch {
            throw Self.changed(plan)
        }
    }

    private static func temporaryName() -> [UInt8] {
        Array(".lockgate-\(String(UInt64.random(in: .min ... .max), radix: 16)).tmp".utf8)
    }

    // MARK: Committing

    private mutating func commit(_ staged: StagedChange) throws(LockgateError) {
        let plan = staged.plan
        let isSamePlace = plan.source != nil && plan.source?.path == plan.target?.path
        if isSamePlace, let source = plan.source, let folder = staged.targetFolder, let temporary = staged.temporary {
            try replace(source.name, with: temporary, in: folder, plan)
            return
        }
        if let source = plan.source, let folder = staged.sourceFolder {
            try takeAside(source.name, in: folder, plan)
        }
        if let target = plan.target, let folder = staged.targetFolder, let temporary = staged.temporary {
            try moved(plan, target.path) { () throws(SystemError) in
                try Rename.withoutReplacing(temporary, to: target.name, in: folder)
            }
            undo.append(.remove(target.name, in: folder))
        }
    }

    /// Puts a new file in an old one's place and keeps the old one under the new one's temporary name.
    private mutating func replace(
        _ name: [UInt8], with temporary: [UInt8], in folder: OpenFile, _ plan: PlannedChange
    ) throws(LockgateError) {
        if canSwap {
            let result = clinux_rename(folder.descriptor, temporary.cPath, folder.descriptor, name.cPath, 1)
            if result == 0 {
                undo.append(.swap(temporary, name, in: folder))
                try verify(temporary, in: folder, plan)
                return
            }
            guard [-EINVAL, -ENOSYS, -EOPNOTSUPP].contains(result) else {
                if result == -ENOENT { throw Self.changed(plan) }
                throw SystemError(number: -result).named(plan.asked)
            }
        }
        try takeAside(name, in: folder, plan)
        try moved(plan, plan.asked) { () throws(SystemError) in
            try Rename.withoutReplacing(temporary, to: name, in: folder)
        }
        undo.append(.remove(name, in: folder))
    }

    /// Renames an old file out of the way.
    private mutating func takeAside(
        _ name: [UInt8], in folder: OpenFile, _ plan: PlannedChange
    ) throws(LockgateError) {
        let aside = Self.temporaryName()
        try moved(plan, plan.asked) { () throws(SystemError) in
            try Rename.withoutReplacing(name, to: aside, in: folder)
        }
        undo.append(.rename(from: aside, to: name, in: folder))
        try verify(aside, in: folder, plan)
        leftovers.append((folder, aside))
    }

    /// Makes sure that a file which was taken out of its place is the one that the change was made for.
    private func verify(_ name: [UInt8], in folder: OpenFile, _ plan: PlannedChange) throws(LockgateError) {
        guard let old = plan.change.old else { return }
        let found = try? { () throws(SystemError) -> [UInt8]? in
            let file = try OpenFile.read(name, in: folder)
            return try file.status().isRegular ? file.read(limit: old.count + 1) : nil
        }()
        if found != old { throw Self.changed(plan) }
    }

    private func moved(
        _ plan: PlannedChange, _ path: [UInt8], _ body: () throws(SystemError) -> Void
    ) throws(LockgateError) {
        do throws(SystemError) {
            try body()
        } catch {
            if error.number == ENOENT || error.number == EEXIST { throw Self.changed(plan) }
            throw error.named(path)
        }
    }

    private static func changed(_ plan: PlannedChange) -> LockgateError {
        LockgateError(
            "files.changed", "\(plan.asked.shown) was changed by somebody else in the meantime",
            remedy: "Read it again and make the change anew. Nothing was changed.")
    }

    private func sync(_ staged: StagedChange) throws(LockgateError) {
        for folder in [staged.sourceFolder, staged.targetFolder] {
            guard let folder else { continue }
            try files.named(staged.plan.asked) { () throws(SystemError) in
                try folder.reopenedForReading(folder: true).sync()
            }
        }
    }

    // MARK: Taking back

    /// Puts everything back and returns the error to throw: the one given, or, if not everything could be put back,
    /// one that says where the old contents are.
    private mutating func rollBack(after error: LockgateError) -> LockgateError {
        var stuck: [String] = []
        for step in undo.reversed() {
            do throws(SystemError) {
                switch step {
                case .rename(let from, let to, let folder):
                    try Rename.withoutReplacing(from, to: to, in: folder)
                    leftovers.removeAll { $0.folder === folder && $0.name == from }
                case .swap(let temporary, let name, let folder):
                    let result = clinux_rename(folder.descriptor, temporary.cPath, folder.descriptor, name.cPath, 1)
                    if result < 0 { throw SystemError(number: -result) }
                case .remove(let name, let folder):
                    try check(unlinkat(folder.descriptor, name.cPath, 0))
                }
            } catch {
                stuck.append(contentsOf: keep(step))
            }
        }
        for file in leftovers { unlinkat(file.folder.descriptor, file.name.cPath, 0) }
        for made in madeFolders.reversed() { unlinkat(made.parent.descriptor, made.name.cPath, AT_REMOVEDIR) }
        if stuck.isEmpty { return error }
        return LockgateError(
            "files.partly_applied",
            "\(error.message). Not everything could be put back; old contents are in \(stuck.joined(separator: ", "))",
            remedy: "Compare these files with their originals and rename them back.")
    }

    /// What a step that cannot be taken back leaves; its old content is then not deleted.
    private mutating func keep(_ step: UndoStep) -> [String] {
        switch step {
        case .rename(let kept, _, let folder), .swap(let kept, _, let folder):
            leftovers.removeAll { $0.folder === folder && $0.name == kept }
            let path = (try? folder.canonicalPath())?.appending(name: kept) ?? kept
            return [path.shown]
        case .remove: return []
        }
    }
}

/// Renames within a folder.
enum Rename {
    /// Renames a file if the new name is free, by whatever means the file system has; EEXIST if it is not.
    static func withoutReplacing(_ from: [UInt8], to: [UInt8], in folder: OpenFile) throws(SystemError) {
        let result = clinux_rename(folder.descriptor, from.cPath, folder.descriptor, to.cPath, 0)
        if result == 0 { return }
        guard [-EINVAL, -ENOSYS, -EOPNOTSUPP].contains(result) else { throw SystemError(number: -result) }
        try byLink(from, to: to, in: folder)
    }

    /// The same by a second name, for file systems without `RENAME_NOREPLACE`.
    static func byLink(_ from: [UInt8], to: [UInt8], in folder: OpenFile) throws(SystemError) {
        try check(linkat(folder.descriptor, from.cPath, folder.descriptor, to.cPath, 0))
        try check(unlinkat(folder.descriptor, from.cPath, 0))
    }
}

extension OpenFile {
    /// Gives a new file the permission bits and, where allowed, the owner of the one that it replaces.
    fileprivate func takeOver(_ old: stat) throws(SystemError) {
        let own = try status()
        if own.st_uid != old.st_uid || own.st_gid != old.st_gid {
            // Only root may give files away; a member of the group may at least keep the group.
            if fchown(descriptor, old.st_uid, old.st_gid) != 0 { _ = fchown(descriptor, uid_t.max, old.st_gid) }
        }
        try setMode(old.permissions)
    }
}
