import Glibc
package import Text
package import Wire

/// A change whose paths are resolved and allowed.
struct PlannedChange {
    /// An existing file.
    struct Source {
        let path: [UInt8]
        let folder: [UInt8]
        let name: [UInt8]
        let status: stat
    }

    /// Where a file is to be.
    struct Target {
        let path: [UInt8]
        /// Canonical; it exists.
        let folder: [UInt8]
        /// Folders to make below it.
        let newFolders: [[UInt8]]
        let name: [UInt8]
    }

    let change: FileChange
    /// Nil for a new file.
    let source: Source?
    /// Nil for a deletion.
    let target: Target?

    var asked: [UInt8] { Array(change.path.utf8) }
}

extension WorkspaceFiles {
    /// Carries out changes all or not at all.
    ///
    /// Each file must still be what its change was made for: absent for an addition, else with the change's old bytes.
    /// Missing folders are made. A replaced file keeps its permission bits and, as far as the kernel allows, its owner;
    /// extended attributes are not carried over.
    ///
    /// - Parameter isDurable: wait until contents and names are on the disk.
    /// - Throws: a denial, `files.changed`, `files.exists`, `files.not_found`, `files.no_space` and such, after which
    ///   nothing has changed; `files.partly_applied`, naming what is where, if even putting back failed.
    package func apply(_ changes: [FileChange], isDurable: Bool = false) throws(LockgateError) {
        let planned = try plan(changes)
        var transaction = FileTransaction(files: self, isDurable: isDurable)
        try transaction.run(planned)
    }

    /// Throws what `apply` would throw if the files stay as they are, without changing anything. A full disk does not
    /// show here.
    package func check(_ changes: [FileChange]) throws(LockgateError) {
        _ = try plan(changes)
    }

    /// Puts a file in place as a whole, whatever was there before, and makes missing folders.
    ///
    /// - Returns: the change that was made, with the old bytes if there were any.
    /// - Throws: as `apply`, and `files.too_large` for an old file beyond `defaultReadLimit`.
    @discardableResult
    package func write(
        _ path: String, _ bytes: [UInt8], mode: UInt32? = nil, isDurable: Bool = false
    ) throws(LockgateError) -> FileChange {
        let asked = Array(path.utf8)
        if let denial = rules.writeDenial(try resolve(asked).canonicalPath, asked: asked) { throw denial }
        let old = try readIfPresent(path)
        let change: FileChange =
            old.map { .update(path, from: $0.bytes, to: bytes, mode: mode) } ?? .add(path, bytes, mode: mode)
        try apply([change], isDurable: isDurable)
        return change
    }

    func plan(_ changes: [FileChange]) throws(LockgateError) -> [PlannedChange] {
        var taken: Set<[UInt8]> = []
        return try changes.map { change throws(LockgateError) in
            let planned = try plan(change)
            let paths = Set([planned.source?.path, planned.target?.path].compactMap { $0 })
            guard taken.isDisjoint(with: paths) else {
                throw LockgateError(
                    "files.duplicate", "\(change.path) is the same file as another of these changes",
                    remedy: "Put all that happens to one file into one change.")
            }
            taken.formUnion(paths)
            return planned
        }
    }

    private func plan(_ change: FileChange) throws(LockgateError) -> PlannedChange {
        switch change.kind {
        case .add: return PlannedChange(change: change, source: nil, target: try freePlace(change.path))
        case .update:
            let source = try oldFile(change)
            let target = PlannedChange.Target(
                path: source.path, folder: source.folder, newFolders: [], name: source.name)
            return PlannedChange(change: change, source: source, target: target)
        case .delete: return PlannedChange(change: change, source: try oldFile(change), target: nil)
        case .move:
            let target = try freePlace(change.destination ?? change.path)
            return PlannedChange(change: change, source: try oldFile(change), target: target)
        }
    }

    /// Where a new file may go.
    private func freePlace(_ path: String) throws(LockgateError) -> PlannedChange.Target {
        let asked = Array(path.utf8)
        let place = try resolve(asked)
        if let denial = rules.writeDenial(place.canonicalPath, asked: asked) { throw denial }
        guard case .missing(let folder, let names) = place, let name = names.last else {
            throw SystemError(number: EEXIST).named(asked)
        }
        return PlannedChange.Target(
            path: place.canonicalPath, folder: folder, newFolders: names.dropLast(), name: name)
    }

    /// The file that a change replaces, moves or deletes, if it still is as the change expects.
    private func oldFile(_ change: FileChange) throws(LockgateError) -> PlannedChange.Source {
        let asked = Array(change.path.utf8)
        let place = try resolve(asked)
        if let denial = rules.writeDenial(place.canonicalPath, asked: asked) { throw denial }
        guard case .existing(let found) = place, let split = found.canonicalPath.folderAndName else {
            throw PathProblem.notFound.named(asked)
        }
        if found.isReachedByLink, change.kind != .update {
            throw LockgateError(
                "files.is_link", "\(change.path) is a symbolic link to \(found.canonicalPath.shown)",
                remedy: "Name the file itself, or remove the link with a command.")
        }
        let (file, status) = try openForReading(asked)
        let limit = change.old?.count ?? 0
        let bytes = try named(asked) { () throws(SystemError) in try file.read(limit: limit + 1) }
        guard status.isSameFile(as: found.status), bytes == change.old else {
            throw LockgateError(
                "files.changed", "\(change.path) was changed by somebody else in the meantime",
                remedy: "Read it again and make the change anew. Nothing was changed.")
        }
        return PlannedChange.Source(
            path: found.canonicalPath, folder: split.folder, name: split.name, status: status)
    }
}
