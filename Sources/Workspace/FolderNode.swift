import Glibc

/// What tells without reading whether a file may have changed. `ctime` cannot be set by a program.
struct FileStamp: Hashable {
    var inode: UInt64 = 0
    var size: UInt64 = 0
    /// Nanoseconds since 1970.
    var modified: Int64 = 0
    var changed: Int64 = 0

    /// Matches no file: it is read again the next time.
    static let unknown = FileStamp()

    init() {}

    init(_ status: stat) {
        inode = UInt64(status.st_ino)
        size = UInt64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    /// The stamp as content, so that something whose bytes are not kept can still be told from another.
    var digest: ContentDigest {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return ContentDigest(of: bytes)
    }

    func append(to bytes: inout [UInt8]) {
        LittleEndian.append(inode, to: &bytes)
        LittleEndian.append(size, to: &bytes)
        LittleEndian.append(modified, to: &bytes)
        LittleEndian.append(changed, to: &bytes)
    }

    init?(_ reader: inout ByteReader) {
        guard let inode = reader.integer(UInt64.self), let size = reader.integer(UInt64.self),
            let modified = reader.integer(Int64.self), let changed = reader.integer(Int64.self)
        else { return nil }
        (self.inode, self.size, self.modified, self.changed) = (inode, size, modified, changed)
    }
}

/// A folder as it was last seen: what makes the next checkpoint cheap. Only an optimisation: without it everything is
/// read again.
final class FolderNode {
    struct Item {
        /// With its final NUL, as the kernel takes it.
        var name: [CChar]
        var entry: SnapshotEntry
        var stamp: FileStamp
        /// Of a folder.
        var node: FolderNode?
    }

    /// The folder's own; `unknown` when its names have to be read again.
    var stamp: FileStamp
    /// Of its listing.
    var digest: ContentDigest
    /// Sorted by name.
    var items: [Item]

    init(stamp: FileStamp, digest: ContentDigest, items: [Item]) {
        self.stamp = stamp
        self.digest = digest
        self.items = items
    }

    // MARK: On disk

    private static let magic: [UInt8] = Array("lockgate stat cache 1\n".utf8)

    func encoded() -> [UInt8] {
        var bytes = Self.magic
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        stamp.append(to: &bytes)
        bytes += digest.bytes
        LittleEndian.append(UInt32(items.count), to: &bytes)
        for item in items {
            FolderListing.append(item.entry, name: item.name.nameBytes, to: &bytes)
            item.stamp.append(to: &bytes)
            item.node?.write(to: &bytes)
        }
    }

    /// Enough of the bytes for `listing(inHead:)`.
    static var headSize: Int { magic.count + 4 * 8 + ContentDigest.size }

    /// The listing that encoded bytes begin with.
    static func listing(inHead bytes: [UInt8]) -> ContentDigest? {
        guard bytes.starts(with: magic) else { return nil }
        return bytes.withUnsafeBytes { raw in
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: raw[magic.count...]))
            return FileStamp(&reader) == nil ? nil : reader.digest()
        }
    }

    /// Whether a store has everything that the tree names.
    func isWhole(in store: ObjectStore) -> Bool {
        store.contains(digest)
            && items.allSatisfy { item in
                switch item.entry.kind {
                case .file, .link: store.contains(item.entry.digest)
                case .folder: item.node?.isWhole(in: store) ?? false
                case .omitted: true
                }
            }
    }

    /// Nil for anything but what `encoded` makes.
    static func decode(_ bytes: [UInt8]) -> FolderNode? {
        guard bytes.starts(with: magic) else { return nil }
        return bytes.withUnsafeBytes { raw in
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: raw[magic.count...]))
            let node = read(&reader, depth: 0)
            return reader.isAtEnd ? node : nil
        }
    }

    private static func read(_ reader: inout ByteReader, depth: Int) -> FolderNode? {
        guard depth <= TreeScanner.depthLimit + 1, let stamp = FileStamp(&reader), let digest = reader.digest(),
            let count = reader.integer(UInt32.self)
        else { return nil }
        var items: [Item] = []
        for _ in 0..<count {
            guard let kind = reader.integer(UInt8.self).flatMap(SnapshotEntry.Kind.init(rawValue:)),
                let mode = reader.integer(UInt32.self), let size = reader.integer(UInt64.self),
                let content = reader.digest(), let length = reader.integer(UInt16.self),
                let name = reader.bytes(Int(length)), let itemStamp = FileStamp(&reader)
            else { return nil }
            var node: FolderNode?
            if kind == .folder {
                node = read(&reader, depth: depth + 1)
                if node == nil { return nil }
            }
            let entry = SnapshotEntry(kind: kind, mode: mode, size: size, digest: content)
            items.append(Item(name: name.cString, entry: entry, stamp: itemStamp, node: node))
        }
        return FolderNode(stamp: stamp, digest: digest, items: items)
    }
}
