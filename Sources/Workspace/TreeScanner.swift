import Basics
import Glibc

/// Reads a workspace into the store: files, links, folders (empty ones too) and modes, `.git` like everything else.
///
/// Nothing is interpreted: no ignore file, attribute or configuration of the tree has a say, and no program runs. Links
/// are recorded, never followed. A file that changes while it is read is read again by the next checkpoint.
struct TreeScanner {
    /// Larger files are listed, not kept: 128 MiB.
    static let sizeLimit = 128 << 20
    /// Folders below the root.
    static let depthLimit = 200
    /// The sandbox's placeholders hold no more than a harmless line.
    private static let placeholderSize: UInt64 = 16
    /// A file that changed this shortly before the scan may change again within the same tick of the file system's
    /// clock, so its stamp is not believed: 20 ms.
    private static let distrust: Int64 = 20_000_000

    private let store: ObjectStore
    private let device: dev_t
    /// The folder that holds the store.
    private let home: FileStamp?
    private let trustedUntil: Int64
    /// How many files were read because nothing told that they are as before.
    private(set) var filesRead = 0
    /// Whether a folder was covered for the first time: from then on it stays covered, which must not be forgotten.
    private(set) var hasNewFolders = false
    /// A repository's own folder is no build folder, whatever a branch is called.
    private var isInRepository: Bool

    init(store: ObjectStore, device: dev_t, home: FileStamp?, isInRepository: Bool = false) {
        self.isInRepository = isInRepository
        self.store = store
        self.device = device
        self.home = home
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        trustedUntil = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - Self.distrust
    }

    /// - Parameter old: the folder as it was last seen.
    /// - Returns: `old` itself with fresh stamps when its listing is the same.
    mutating func scan(_ folder: FolderHandle, old: FolderNode?, depth: Int = 0) throws(SystemError) -> FolderNode {
        // The stamp is taken before the names: a change in between shows the next time.
        let stamp = believed(FileStamp(try folder.status()))
        if let old, old.stamp == stamp, stamp != .unknown {
            try refresh(old, folder, depth)
            return old
        }
        var items: [FolderNode.Item] = []
        var known = old?.items[...] ?? []
        for name in try folder.names() {
            while let first = known.first, first.name.precedes(name) { known.removeFirst() }
            var before: FolderNode.Item?
            if let first = known.first, first.name == name { before = known.removeFirst() }
            if let item = try item(name, in: folder, before: before, depth) { items.append(item) }
        }
        let isSame =
            old.map { old in
                old.items.count == items.count
                    && zip(old.items, items).allSatisfy { $0.name == $1.name && $0.entry == $1.entry }
            } ?? false
        if isSame, let old { return FolderNode(stamp: stamp, digest: old.digest, items: items) }
        return FolderNode(stamp: stamp, digest: try list(items), items: items)
    }

    /// The names are as before: only what they stand for is looked at.
    private mutating func refresh(_ node: FolderNode, _ folder: FolderHandle, _ depth: Int) throws(SystemError) {
        var hasChanged = false
        var gone = false
        for index in node.items.indices {
            if isUnchangedFile(node.items[index], folder) { continue }
            let before = node.items[index]
            guard let item = try item(before.name, in: folder, before: before, depth) else {
                gone = true
                continue
            }
            if item.entry != before.entry { hasChanged = true }
            if item.stamp != before.stamp || item.entry != before.entry || item.node !== before.node {
                node.items[index] = item
            }
        }
        if gone {
            // Removed since the stamp was taken.
            node.stamp = .unknown
            node.items.removeAll { folder.status(of: $0.name) == nil }
            hasChanged = true
        }
        if hasChanged { node.digest = try list(node.items) }
    }

    /// By far the most frequent case, on its own because it copies nothing.
    private func isUnchangedFile(_ item: borrowing FolderNode.Item, _ folder: FolderHandle) -> Bool {
        guard item.entry.kind == .file else { return false }
        var status = stat()
        return fstatat(folder.descriptor, item.name, &status, AT_SYMLINK_NOFOLLOW) == 0
            && status.st_mode & S_IFMT == S_IFREG && FileStamp(status) == item.stamp
            && UInt32(status.st_mode & 0o7777) == item.entry.mode
    }

    private func list(_ items: [FolderNode.Item]) throws(SystemError) -> ContentDigest {
        var bytes: [UInt8] = []
        for item in items { FolderListing.append(item.entry, name: item.name.nameBytes, to: &bytes) }
        return try store.add(bytes)
    }

    private func believed(_ stamp: FileStamp) -> FileStamp { stamp.changed < trustedUntil ? stamp : .unknown }

    /// Nil for a name that is gone.
    private mutating func item(
        _ name: [CChar], in folder: FolderHandle, before: FolderNode.Item?, _ depth: Int
    ) throws(SystemError) -> FolderNode.Item? {
        guard let status = folder.status(of: name) else { return nil }
        let stamp = FileStamp(status)
        let mode = UInt32(status.st_mode & 0o7777)
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            if let before, before.entry.kind == .file, before.stamp == stamp, before.entry.mode == mode {
                return before
            }
            return try file(name, in: folder, isNew: before == nil, stamp, mode)
        case S_IFLNK:
            if let before, before.entry.kind == .link, before.stamp == stamp { return before }
            guard let target = try? folder.linkTarget(name) else { return nil }
            let entry = SnapshotEntry(
                kind: .link, mode: 0, size: UInt64(target.count), digest: try store.add(target))
            return FolderNode.Item(name: name, entry: entry, stamp: believed(stamp), node: nil)
        case S_IFDIR:
            return try subfolder(name, in: folder, before: before, status, mode, depth)
        default:
            return omitted(name, .special, stamp.digest)
        }
    }

    private mutating func file(
        _ name: [CChar], in folder: FolderHandle, isNew: Bool, _ stamp: FileStamp, _ mode: UInt32
    ) throws(SystemError) -> FolderNode.Item? {
        guard stamp.size <= UInt64(Self.sizeLimit) else { return omitted(name, .large, stamp.digest) }
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try folder.open(file: name)
        } catch {
            return error.errno == ENOENT ? nil : omitted(name, .unreadable, stamp.digest)
        }
        defer { close(descriptor) }
        if isNew, stamp.size <= Self.placeholderSize, SandboxPlaceholder.isMarked(descriptor) { return nil }
        filesRead += 1
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            return omitted(name, .special, stamp.digest)
        }
        guard let content = try store.add(file: descriptor, limit: Self.sizeLimit) else {
            return omitted(name, .large, stamp.digest)
        }
        let isSteady = FileStamp(status) == stamp && content.size == stamp.size
        let entry = SnapshotEntry(kind: .file, mode: mode, size: content.size, digest: content.digest)
        return FolderNode.Item(name: name, entry: entry, stamp: isSteady ? believed(stamp) : .unknown, node: nil)
    }

    private mutating func subfolder(
        _ name: [CChar], in folder: FolderHandle, before: FolderNode.Item?, _ status: stat, _ mode: UInt32,
        _ depth: Int
    ) throws(SystemError) -> FolderNode.Item? {
        let wasCovered = before?.entry.kind == .folder
        guard status.st_dev == device else { return omitted(name, .mount) }
        let isAroundRepository = isInRepository
        isInRepository = isInRepository || name.nameBytes.elementsEqual(".git".utf8)
        defer { isInRepository = isAroundRepository }
        if !wasCovered, !isInRepository, OmissionRules.omits(name: name.nameBytes) {
            return omitted(name, .rebuildable)
        }
        if let home, home.inode == UInt64(status.st_ino) { return omitted(name, .home) }
        guard depth < Self.depthLimit else { return omitted(name, .deep) }
        let opened: FolderHandle
        do throws(SystemError) {
            opened = try folder.folder(name.nameBytes)
        } catch {
            // Nothing may count as left out for want of something that is the process's.
            guard ![ENOSYS, EMFILE, ENFILE, ENOMEM].contains(error.errno) else { throw error }
            return error.errno == ENOENT ? nil : omitted(name, .unreadable)
        }
        if !wasCovered, !isInRepository,
            OmissionRules.markers.contains(where: { opened.status(of: Array($0.utf8).cString) != nil })
        {
            return omitted(name, .rebuildable)
        }
        if before == nil, SandboxPlaceholder.isMarked(opened.descriptor), try opened.names().isEmpty { return nil }
        if !wasCovered { hasNewFolders = true }
        let node = try scan(opened, old: before?.node, depth: depth + 1)
        let entry = SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: node.digest)
        return FolderNode.Item(name: name, entry: entry, stamp: .unknown, node: node)
    }

    private func omitted(
        _ name: [CChar], _ reason: Omission, _ digest: ContentDigest = .none
    ) -> FolderNode.Item {
        let entry = SnapshotEntry(kind: .omitted, mode: reason.rawValue, size: 0, digest: digest)
        return FolderNode.Item(name: name, entry: entry, stamp: .unknown, node: nil)
    }
}
