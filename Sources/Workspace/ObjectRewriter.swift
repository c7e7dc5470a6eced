import Basics
import Glibc

/// Writes a store's objects anew without those that nothing needs any more.
///
/// `copy` needs no lock, since what an object store names never moves: it may take minutes while others go on adding.
/// `commit` is short, and does its work by one rename: whoever is killed leaves the old store or the new one. Files that
/// were not swapped in are the next opener's to remove (`ObjectFiles.removeLeftovers`).
struct ObjectRewriter {
    /// What has just been done. Tests stop there, as a kill would; a session stops when it ends.
    enum Step: Hashable, Sendable {
        case created, copied, synced, indexed, swapped, removed
    }

    private static let bufferLimit = 1 << 20

    private let store: ObjectStore
    private let generation: UInt64
    private let file: Int32
    private let reached: (Step) throws(SystemError) -> Void
    private var size: UInt64 = 0
    private var buffer: [UInt8] = []
    private var records: [UInt8] = []
    private var copied: Set<ContentDigest> = []

    /// - Parameter store: opened for this alone.
    init(_ store: ObjectStore, reached: @escaping (Step) throws(SystemError) -> Void) throws(SystemError) {
        self.store = store
        self.reached = reached
        generation = store.files.generation + 1
        file = try ObjectFiles.open("\(store.folder)/\(ObjectFiles.dataName(generation))", O_TRUNC)
        LittleEndian.append(self.generation, to: &records)
        LittleEndian.append(UInt64(0), to: &records)
        records = ContentDigest.none.bytes + records
        do throws(SystemError) {
            try reached(.created)
        } catch {
            Glibc.close(file)
            throw error
        }
    }

    func close() { Glibc.close(file) }

    /// Copies those objects that have not been yet, in the order in which they lie.
    mutating func copy(_ digests: Set<ContentDigest>) throws(SystemError) {
        var work: [(digest: ContentDigest, place: ObjectStore.Place)] = []
        for digest in digests where !copied.contains(digest) {
            if let place = store.place(of: digest) { work.append((digest, place)) }
        }
        work.sort { $0.place.offset < $1.place.offset }
        for (digest, place) in work {
            records += digest.bytes
            LittleEndian.append(size + UInt64(buffer.count), to: &records)
            LittleEndian.append(place.length, to: &records)
            copied.insert(digest)
            var (offset, left) = (Int(place.offset), Int(place.length))
            while left > 0 {
                let count = min(left, Self.bufferLimit)
                buffer += try ObjectFiles.read(store.files.data, at: offset, count: count)
                if buffer.count >= Self.bufferLimit { try writeBuffer() }
                offset += count
                left -= count
            }
        }
        try writeBuffer()
    }

    /// Waits for the disk: the old store is removed for this one.
    func sync() throws(SystemError) {
        guard fdatasync(file) == 0 else { throw SystemError("fdatasync", store.folder, errno: errno) }
        try reached(.synced)
    }

    /// Swaps the copy in and removes the old files. The caller holds the store's lock.
    func commit() throws(SystemError) {
        let (new, target) = (store.folder + "/index.new", store.folder + "/index")
        let index = try ObjectFiles.open(new, O_TRUNC)
        defer { Glibc.close(index) }
        try ObjectFiles.write(index, records[...], at: 0)
        guard fsync(index) == 0 else { throw SystemError("fsync", new, errno: errno) }
        try reached(.indexed)
        guard rename(new, target) == 0 else { throw SystemError("rename", target, errno: errno) }
        try reached(.swapped)
        // The old data must not be gone from the disk before the new name is there.
        let folder = open(store.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw SystemError("open", store.folder, errno: errno) }
        defer { Glibc.close(folder) }
        guard fsync(folder) == 0 else { throw SystemError("fsync", store.folder, errno: errno) }
        unlink("\(store.folder)/\(ObjectFiles.dataName(store.files.generation))")
        try reached(.removed)
    }

    private mutating func writeBuffer() throws(SystemError) {
        guard !buffer.isEmpty else { return }
        try ObjectFiles.write(file, buffer[...], at: size)
        size += UInt64(buffer.count)
        buffer.removeAll(keepingCapacity: true)
        try reached(.copied)
    }
}
