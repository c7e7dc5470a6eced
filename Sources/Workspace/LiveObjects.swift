import Wire

/// The objects that checkpoints need, found by walking their trees. What two checkpoints share is walked once.
struct LiveObjects {
    /// What one marking has added.
    struct Addition {
        fileprivate var digests: [ContentDigest] = []
        fileprivate var listings: [ContentDigest] = []
    }

    private let store: ObjectStore
    private(set) var digests: Set<ContentDigest> = []
    /// Folders that were walked. A file may have the same bytes as a folder's listing, so `digests` does not tell.
    private var listings: Set<ContentDigest> = []
    /// What they take on disk.
    private(set) var bytes: UInt64 = 0

    init(store: ObjectStore) { self.store = store }

    /// Adds a listing with everything below it: a checkpoint's root, or a folder.
    @discardableResult
    mutating func mark(_ listing: ContentDigest) throws(LockgateError) -> Addition {
        var added = Addition()
        var open = [listing]
        while let digest = open.popLast() {
            guard store.contains(digest), listings.insert(digest).inserted else { continue }
            added.listings.append(digest)
            insert(digest, &added)
            let content: [UInt8]
            do throws(LockgateError) {
                content = try store.read(digest)
            } catch {
                // Nothing below a damaged folder can be reached any more, by an undo neither.
                guard error.code == "workspace.object_damaged" else { throw error }
                continue
            }
            for item in FolderListing.decode(content) ?? [] {
                switch item.entry.kind {
                case .folder: open.append(item.entry.digest)
                case .file, .link: insert(item.entry.digest, &added)
                case .omitted: continue
                }
            }
        }
        return added
    }

    mutating func remove(_ added: Addition) {
        for digest in added.digests where digests.remove(digest) != nil { bytes -= size(of: digest) }
        listings.subtract(added.listings)
    }

    private mutating func insert(_ digest: ContentDigest, _ added: inout Addition) {
        guard store.contains(digest), digests.insert(digest).inserted else { return }
        bytes += size(of: digest)
        added.digests.append(digest)
    }

    private func size(of digest: ContentDigest) -> UInt64 {
        (store.place(of: digest)?.length ?? 0) + UInt64(ObjectFiles.recordSize)
    }
}
