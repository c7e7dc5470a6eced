import Basics
import CLinux
import Glibc
import Wire

/// Something that differs in a stage and cannot be applied.
package struct StagedLeftOut: Hashable, Sendable {
    package let path: [UInt8]
    package let reason: String
    /// Whether a tool can make it again, so that nobody misses it.
    package let isRebuildable: Bool
}

/// Reads what an overlay's upper layer holds, on the tree that it began with, into the store: the tree that its session
/// sees. Costs what was changed, not what is there.
///
/// What overlayfs(5) writes there: a device 0:0 where something was removed, a folder marked as opaque where one was made
/// in another's place, and all else whole. Folders are not redirected and attributes are not kept apart (`userxattr`).
struct UpperScanner {
    private static let opaque = "user.overlay.opaque"

    private let store: ObjectStore
    private let tree: SnapshotTree
    private(set) var leftOut: [StagedLeftOut] = []

    init(store: ObjectStore, tree: SnapshotTree) {
        self.store = store
        self.tree = tree
    }

    /// - Parameter base: the root object of the tree below the layer.
    mutating func scan(_ upper: String, base: ContentDigest) throws(LockgateError) -> ContentDigest {
        let below = try tree.top(of: base)
        do throws(SystemError) {
            let root = try FolderHandle.root(upper)
            let mode = UInt32(try root.status().st_mode & 0o7777)
            let listing = try items(of: below)
            let digest = try scan(root, over: listing, [])
            var bytes: [UInt8] = []
            FolderListing.append(
                SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: digest), name: [UInt8(ascii: ".")], to: &bytes
            )
            return try store.add(bytes)
        } catch {
            throw .stage(error)
        }
    }

    /// A damaged listing reads as an I/O error here, so that one kind of error is enough.
    private func items(of entry: SnapshotEntry?) throws(SystemError) -> [FolderListing.Item] {
        guard let entry, entry.kind == .folder else { return [] }
        do throws(LockgateError) { return try tree.listing(entry.digest) } catch {
            throw SystemError("read", error.message, errno: EIO)
        }
    }

    private mutating func scan(
        _ folder: FolderHandle, over below: [FolderListing.Item], _ path: [UInt8], depth: Int = 0
    ) throws(SystemError) -> ContentDigest {
        var merged = Dictionary(below.map { ($0.name, $0.entry) }) { first, _ in first }
        for name in try folder.names() {
            guard let status = folder.status(of: name) else { continue }
            let bytes = name.nameBytes
            let old = merged[bytes]
            merged[bytes] = try entry(name, status, in: folder, over: old, path.child(bytes), depth)
        }
        var listing: [UInt8] = []
        for (name, entry) in merged.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            FolderListing.append(entry, name: name, to: &listing)
        }
        return try store.add(listing)
    }

    /// What is seen at a name; nil for nothing. What cannot be applied is noted, and counts as it was.
    private mutating func entry(
        _ name: [CChar], _ status: stat, in folder: FolderHandle, over old: SnapshotEntry?, _ path: [UInt8],
        _ depth: Int
    ) throws(SystemError) -> SnapshotEntry? {
        let mode = UInt32(status.st_mode & 0o7777)
        let isRemoved = status.st_mode & S_IFMT == S_IFCHR && status.st_rdev == 0
        if let omission = old?.omission {
            leave(path, isRemoved ? "removed; not covered: \(omission.text)" : omission.text, omission)
            return old
        }
        switch status.st_mode & S_IFMT {
        case _ where isRemoved: return nil
        case S_IFREG: return try file(name, status, in: folder, over: old, path)
        case S_IFLNK:
            let target = try folder.linkTarget(name)
            return SnapshotEntry(kind: .link, mode: 0, size: UInt64(target.count), digest: try store.add(target))
        case S_IFDIR:
            let opened: FolderHandle
            do throws(SystemError) {
                opened = try folder.folder(name.nameBytes)
            } catch {
                guard error.errno == EACCES else { throw error }
                leave(path, Omission.unreadable.text, .unreadable)
                return old
            }
            let isMerged = old?.kind == .folder
            let isMarked = OmissionRules.markers.contains { opened.status(of: Array($0.utf8).cString) != nil }
            if !isMerged, isMarked || OmissionRules.omits(name: name.nameBytes) {
                leave(path, Omission.rebuildable.text, .rebuildable)
                return old
            }
            guard depth < TreeScanner.depthLimit else {
                leave(path, Omission.deep.text, .deep)
                return old
            }
            let isOpaque = clinux_has_attribute(opened.descriptor, Self.opaque) == 1
            let below = isMerged && !isOpaque ? try items(of: old) : []
            let digest = try scan(opened, over: below, path, depth: depth + 1)
            return SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: digest)
        default:
            leave(path, Omission.special.text, .special)
            return old
        }
    }

    private mutating func file(
        _ name: [CChar], _ status: stat, in folder: FolderHandle, over old: SnapshotEntry?, _ path: [UInt8]
    ) throws(SystemError) -> SnapshotEntry? {
        let descriptor: Int32
        do throws(SystemError) {
            descriptor = try folder.open(file: name)
        } catch {
            guard error.errno == EACCES else { throw error }
            leave(path, Omission.unreadable.text, .unreadable)
            return old
        }
        defer { close(descriptor) }
        guard UInt64(status.st_size) <= UInt64(TreeScanner.sizeLimit),
            let content = try store.add(file: descriptor, limit: TreeScanner.sizeLimit)
        else {
            leave(path, Omission.large.text, .large)
            return old
        }
        return SnapshotEntry(
            kind: .file, mode: UInt32(status.st_mode & 0o7777), size: content.size, digest: content.digest)
    }

    private mutating func leave(_ path: [UInt8], _ reason: String, _ omission: Omission) {
        leftOut.append(StagedLeftOut(path: path, reason: reason, isRebuildable: omission == .rebuildable))
    }
}
