import Basics
import Wire

/// What an apply means for its stage: written down before the first change and carried out at its end, also by the next
/// process when this one was killed.
struct StageSettlement: Hashable {
    let folder: StageFolder
    /// What the stage began with.
    let base: ContentDigest
    /// The same with what is applied.
    let wanted: ContentDigest
    /// Paths that stay staged because the workspace has later edits there.
    let kept: [[UInt8]]
    /// Whether nothing else is staged.
    let isWhole: Bool

    /// - Parameter keeping: further paths that went otherwise than planned.
    func settle(keeping problems: [[UInt8]], in store: ObjectStore) throws(LockgateError) {
        let kept = kept + problems
        let choice = TreeChoice(store, SnapshotTree(store: store)) { path, _, _ throws(LockgateError) in
            kept.contains { path.isWithin($0) } ? .old : .new
        }
        let settled = try choice.combine(base, wanted)
        do throws(SystemError) { try store.flush() } catch { throw .store(error) }
        // Removed meanwhile: then there is nothing to tell.
        guard try folder.read() != nil else { return }
        try folder.update { record in
            record.base = settled
            record.turns = []
            record.changed = .now
            if kept.isEmpty, isWhole { record.state = .applied }
        }
    }

    var json: JSONValue {
        [
            "folder": .string(folder.path), "base": .string(base.text), "wanted": .string(wanted.text),
            "kept": .array(kept.map { .string(Hexadecimal.text(of: $0)) }), "whole": .bool(isWhole),
        ]
    }

    init(folder: StageFolder, base: ContentDigest, wanted: ContentDigest, kept: [[UInt8]], isWhole: Bool) {
        self.folder = folder
        self.base = base
        self.wanted = wanted
        self.kept = kept
        self.isWhole = isWhole
    }

    init?(json: JSONValue) {
        guard let folder = json["folder"]?.string, let base = json["base"]?.string.flatMap(ContentDigest.init(text:)),
            let wanted = json["wanted"]?.string.flatMap(ContentDigest.init(text:)), let paths = json["kept"]?.array,
            let isWhole = json["whole"]?.bool
        else { return nil }
        let kept = paths.compactMap { $0.string.flatMap { Hexadecimal.bytes($0) } }
        guard kept.count == paths.count else { return nil }
        self.init(folder: StageFolder(path: folder), base: base, wanted: wanted, kept: kept, isWhole: isWhole)
    }
}
