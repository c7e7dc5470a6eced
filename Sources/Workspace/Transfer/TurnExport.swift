import Basics
import Glibc
package import Wire

extension CheckpointStore {
    /// Writes turns with what taking them back needs, for another machine, and nothing else of the workspace: trees that
    /// hold only what the turns changed, without any `.git`, whose state there is another one.
    ///
    /// - Parameters:
    ///   - wanted: by number and both checkpoints; those that are forgotten or changed nothing are left out.
    ///   - file: open for writing.
    /// - Returns: how many turns it has written.
    package func export(
        _ wanted: [(id: Int, before: String, after: String)], to file: Int32
    ) throws(LockgateError) -> Int {
        try locked { () throws(LockgateError) in
            var pruning = TreePruning(objects)
            var turns: [TurnRecord] = []
            for turn in folder.turns() where turn.kind == .turn {
                guard let after = turn.after,
                    wanted.contains(where: {
                        $0.id == turn.id && $0.before == turn.before.text && $0.after == after.text
                    }), objects.contains(turn.before), objects.contains(after)
                else { continue }
                let pair = try pruning.prune(turn.before, after)
                guard pair.before != pair.after else { continue }
                turns.append(
                    TurnRecord(
                        id: turn.id, kind: .turn, began: turn.began, label: turn.label, before: pair.before,
                        after: pair.after))
            }
            do throws(SystemError) {
                try TransferFile.write(JSONValue.array(turns.map(\.json)).bytes, to: file)
                for listing in pruning.listings { try TransferFile.write(listing, to: file) }
            } catch {
                throw .store(error)
            }
            for digest in pruning.contents {
                let bytes = try objects.read(digest)
                do throws(SystemError) { try TransferFile.write(bytes, to: file) } catch { throw .store(error) }
            }
            return turns.count
        }
    }
}

/// Makes of two checkpoints two trees that hold what differs between them.
private struct TreePruning {
    private let store: ObjectStore
    private let tree: SnapshotTree
    /// The trees' own folders, each once.
    private(set) var listings: [[UInt8]] = []
    /// Contents of files and targets of links, each once.
    private(set) var contents: [ContentDigest] = []
    private var known: Set<ContentDigest> = []

    init(_ store: ObjectStore) {
        self.store = store
        tree = SnapshotTree(store: store)
    }

    mutating func prune(
        _ before: ContentDigest, _ after: ContentDigest
    ) throws(LockgateError) -> (before: ContentDigest, after: ContentDigest) {
        let (old, new) = try pair(tree.top(of: before), tree.top(of: after))
        func root(_ entry: SnapshotEntry?) -> [FolderListing.Item] {
            entry.map { [FolderListing.Item(name: [UInt8(ascii: ".")], entry: $0)] } ?? []
        }
        return (add(root(old)), add(root(new)))
    }

    /// nil for both where they are the same but for what is left out.
    private mutating func pair(
        _ old: SnapshotEntry?, _ new: SnapshotEntry?
    ) throws(LockgateError) -> (SnapshotEntry?, SnapshotEntry?) {
        guard old != new else { return (nil, nil) }
        var (left, right): ([FolderListing.Item], [FolderListing.Item]) = ([], [])
        let (before, after) = (try children(of: old), try children(of: new))
        for name in Set(before.keys).union(after.keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard !name.isGitFolder else { continue }
            let (one, other) = try pair(before[name], after[name])
            if let one { left.append(FolderListing.Item(name: name, entry: one)) }
            if let other { right.append(FolderListing.Item(name: name, entry: other)) }
        }
        if let old, let new, old.alone == new.alone, old.kind == .folder, left.isEmpty, right.isEmpty {
            return (nil, nil)
        }
        return (entry(old, left), entry(new, right))
    }

    private func children(of entry: SnapshotEntry?) throws(LockgateError) -> [[UInt8]: SnapshotEntry] {
        guard let entry, entry.kind == .folder else { return [:] }
        return Dictionary(try tree.listing(entry.digest).map { ($0.name, $0.entry) }) { first, _ in first }
    }

    private mutating func entry(_ entry: SnapshotEntry?, _ items: [FolderListing.Item]) -> SnapshotEntry? {
        guard var entry else { return nil }
        switch entry.kind {
        case .folder: entry.digest = add(items)
        case .file, .link: if known.insert(entry.digest).inserted { contents.append(entry.digest) }
        case .omitted: break
        }
        return entry
    }

    private mutating func add(_ items: [FolderListing.Item]) -> ContentDigest {
        var bytes: [UInt8] = []
        for item in items { FolderListing.append(item.entry, name: item.name, to: &bytes) }
        let digest = ContentDigest(of: bytes)
        if known.insert(digest).inserted { listings.append(bytes) }
        return digest
    }
}

extension [UInt8] {
    /// Whether a folder of this name is a repository's own, however it is spelled.
    var isGitFolder: Bool {
        count == 4 && zip(self, ".git".utf8).allSatisfy { $0 == $1 || $0 | 0x20 == $1 }
    }
}

/// The file that carries turns: pieces, each after its length of 8 bytes, the least significant first. The first is the
/// records, the others are contents, which are known by their digests alone.
enum TransferFile {
    static func write(_ bytes: [UInt8], to file: Int32) throws(SystemError) {
        var head: [UInt8] = []
        LittleEndian.append(UInt64(bytes.count), to: &head)
        try PosixFile.writeAll(file, head)
        try PosixFile.writeAll(file, bytes)
    }

    /// Where the pieces lie; nil for a file that is none.
    static func places(_ file: Int32, size: Int) throws(SystemError) -> [Range<Int>]? {
        var places: [Range<Int>] = []
        var at = 0
        while at < size {
            guard size - at >= 8 else { return nil }
            let head = try ObjectFiles.read(file, at: at, count: 8)
            let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            guard length <= UInt64(size - at - 8) else { return nil }
            places.append(at + 8..<at + 8 + Int(length))
            at += 8 + Int(length)
        }
        return places
    }
}
