import Basics
import Glibc
package import Wire

extension CheckpointStore {
    /// Takes in what `export` wrote, which anybody may have made: afterwards the turns can be taken back here like any
    /// other. Nothing of the workspace changes, and nothing is kept before all of it is checked.
    ///
    /// - Returns: how many turns are new here.
    /// - Throws: `bundle.checkpoints` with what is wrong with them.
    package func importTurns(from path: String) throws(LockgateError) -> Int {
        let source = try TurnImport(path)
        return try locked { () throws(LockgateError) in
            let known = Set(folder.turns().map { TurnIdentity($0) })
            let new = source.turns.filter { !known.contains(TurnIdentity($0)) }
            guard !new.isEmpty else { return 0 }
            // The tree as it is ends what is open, so that these turns are not taken for its work.
            try closeOpenTurns(try checkpoint())
            do throws(SystemError) {
                // Named by what they are, whatever the file says.
                try source.forEachNeeded { bytes throws(SystemError) in _ = try objects.add(bytes) }
                try objects.flush()
                for turn in new {
                    try folder.write(
                        TurnRecord(
                            id: folder.lastTurnID() + 1, kind: .turn, began: turn.began, label: turn.label,
                            before: turn.before, after: turn.after))
                }
            } catch {
                throw .store(error)
            }
            return new.count
        }
    }
}

/// What makes two records the same turn, whatever their numbers.
private struct TurnIdentity: Hashable {
    let began: WallTime
    let before: ContentDigest
    let after: ContentDigest?

    init(_ turn: TurnRecord) { (began, before, after) = (turn.began, turn.before, turn.after) }
}

/// The checked content of a file of turns.
private final class TurnImport {
    /// Of the records.
    private static let recordLimit = 16 << 20
    private static let turnLimit = 10_000
    /// Paths in one tree, those of a folder that occurs twice counted twice: what walking it costs.
    private static let pathLimit = 1_000_000
    /// Bytes of a turn's label.
    private static let labelLimit = 1000

    let turns: [TurnRecord]
    private let file: Int32
    private let places: [ContentDigest: Range<Int>]
    /// How many paths and how many levels a folder has, by its listing.
    private var folders: [ContentDigest: (count: Int, levels: Int)] = [:]
    private var needed: Set<ContentDigest> = []

    init(_ path: String) throws(LockgateError) {
        file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .store(SystemError("open", path, errno: errno)) }
        var places: [ContentDigest: Range<Int>] = [:]
        let records: [UInt8]
        do throws(SystemError) {
            var status = stat()
            guard fstat(file, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
            let pieces = try TransferFile.places(file, size: Int(status.st_size)) ?? []
            if let first = pieces.first, first.count <= Self.recordLimit {
                records = try ObjectFiles.read(file, at: first.lowerBound, count: first.count)
            } else {
                records = []
            }
            for place in pieces.dropFirst() where place.count <= TreeScanner.sizeLimit {
                places[ContentDigest(of: try ObjectFiles.read(file, at: place.lowerBound, count: place.count))] = place
            }
        } catch {
            close(file)
            throw .store(error)
        }
        self.places = places
        let listed = (try? JSONValue(parsing: records))?.array
        turns = (listed ?? []).compactMap(TurnRecord.init(json:))
        guard let listed, turns.count == listed.count, turns.count <= Self.turnLimit else {
            throw Self.refused("the records of its turns cannot be read")
        }
        for turn in turns { try check(turn) }
    }

    deinit { close(file) }

    /// Hands over all contents that the turns need.
    func forEachNeeded(_ body: ([UInt8]) throws(SystemError) -> Void) throws(SystemError) {
        let wanted = needed.compactMap { places[$0] }.sorted { $0.lowerBound < $1.lowerBound }
        for place in wanted { try body(ObjectFiles.read(file, at: place.lowerBound, count: place.count)) }
    }

    private static func refused(_ reason: String) -> LockgateError {
        LockgateError(
            "bundle.checkpoints", "the bundle's checkpoints are refused: \(reason)", remedy: "nothing was taken in")
    }

    private func check(_ turn: TurnRecord) throws(LockgateError) {
        guard turn.kind == .turn, turn.revoked.isEmpty, let after = turn.after, turn.label.utf8.count <= Self.labelLimit
        else { throw Self.refused("turn \(turn.id) is none that a session ran") }
        for root in [turn.before, after] {
            let items = try listing(root)
            guard items.count <= 1, items.allSatisfy({ $0.name == [UInt8(ascii: ".")] && $0.entry.kind == .folder })
            else { throw Self.refused("a checkpoint holds more than the workspace's folder") }
            needed.insert(root)
            for item in items { _ = try check(item.entry, depth: 0) }
        }
    }

    /// Checks an entry with all below it.
    ///
    /// - Returns: how many paths and levels that is.
    private func check(_ entry: SnapshotEntry, depth: Int) throws(LockgateError) -> (count: Int, levels: Int) {
        guard entry.mode <= 0o7777 || entry.kind == .omitted else { throw Self.refused("a mode is none") }
        // Somebody else's file must not come to run with the rights of whoever takes a turn back here.
        guard entry.kind != .file || entry.mode & 0o6000 == 0 else {
            throw Self.refused("a file in it would run with its owner's rights")
        }
        switch entry.kind {
        case .omitted: return (1, 0)
        case .file, .link:
            guard let place = places[entry.digest] else {
                throw Self.refused("the content \(entry.digest.text) is missing")
            }
            guard entry.kind == .link ? place.count <= Int(PATH_MAX) : UInt64(place.count) == entry.size else {
                throw Self.refused("the content \(entry.digest.text) has another size")
            }
            needed.insert(entry.digest)
            return (1, 0)
        case .folder:
            var (count, levels) = (1, 1)
            let known = folders[entry.digest]
            guard depth + (known?.levels ?? levels) <= TreeScanner.depthLimit else {
                throw Self.refused("its folders are too deep")
            }
            if let known { return known }
            var last: [UInt8]?
            for item in try listing(entry.digest) {
                let name = item.name
                guard !name.isEmpty, name.count <= Int(NAME_MAX), !name.contains(UInt8(ascii: "/")),
                    !name.contains(0), name != [UInt8(ascii: ".")], !name.elementsEqual("..".utf8)
                else { throw Self.refused("a name in it is none of a file") }
                guard !name.isGitFolder else { throw Self.refused("it holds a repository's own files") }
                if let last, !last.lexicographicallyPrecedes(name) {
                    throw Self.refused("a folder's names are not in order")
                }
                last = name
                let below = try check(item.entry, depth: depth + 1)
                count += below.count
                levels = max(levels, below.levels + 1)
                guard count <= Self.pathLimit else { throw Self.refused("it holds too many paths") }
            }
            needed.insert(entry.digest)
            folders[entry.digest] = (count, levels)
            return (count, levels)
        }
    }

    private func listing(_ digest: ContentDigest) throws(LockgateError) -> [FolderListing.Item] {
        guard let place = places[digest] else { throw Self.refused("the folder \(digest.text) is missing") }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try ObjectFiles.read(file, at: place.lowerBound, count: place.count)
        } catch {
            throw .store(error)
        }
        guard let items = FolderListing.decode(bytes) else { throw Self.refused("the folder \(digest.text) is none") }
        return items
    }
}
