import Basics
import Wire

/// Whose a file of a repository's common folder is, by its name (gitrepository-layout(5), git-worktree(1)).
enum RepositoryPath: Hashable {
    case object
    /// A ref's own file, by the ref's name; also a folder of refs.
    case ref([UInt8])
    case packedRefs
    /// A ref's reflog, by the ref's name.
    case log([UInt8])
    /// HEAD, index and the like of one working tree: its folder in the common one, empty for the main tree's.
    case tree(folder: [UInt8], name: [UInt8])
    /// Submodules and large files: like objects, what came with others' work is not taken away.
    case nested
    /// Locks, and notes of git's housekeeping.
    case transient
    /// Configuration, hooks and the rest.
    case shared

    /// - Parameter path: relative to the common folder.
    init(_ path: [UInt8]) {
        let names = path.split(separator: UInt8(ascii: "/"))
        func name(_ index: Int) -> String { index < names.count ? String(decoding: names[index], as: UTF8.self) : "" }
        func rest(_ count: Int) -> [UInt8] {
            Array(names.dropFirst(count).joined(separator: [UInt8(ascii: "/")]))
        }
        if path.suffix(5).elementsEqual(".lock".utf8) || name(0).hasPrefix("gc.") {
            self = .transient
            return
        }
        switch name(0) {
        case "objects": self = .object
        case "packed-refs": self = .packedRefs
        case "modules", "lfs": self = .nested
        case "worktrees" where names.count > 1:
            self = .tree(folder: Array("worktrees/".utf8) + names[1], name: rest(2))
        case "refs": self = Self.isOfOneTree(name(1)) ? .tree(folder: [], name: path) : .ref(path)
        case "logs" where name(1) == "refs":
            self = Self.isOfOneTree(name(2)) ? .tree(folder: [], name: path) : .log(rest(1))
        case "logs" where name(1) == "HEAD": self = .tree(folder: [], name: path)
        case "index", "rebase-merge", "rebase-apply", "sequencer": self = .tree(folder: [], name: path)
        case let first where !first.isEmpty && first.utf8.allSatisfy { (0x41...0x5A).contains($0) || $0 == 0x5F }:
            self = .tree(folder: [], name: path)
        default: self = .shared
        }
    }

    /// Refs that each working tree has for itself, by the folder below `refs`.
    private static func isOfOneTree(_ name: String) -> Bool { ["bisect", "worktree", "rewritten"].contains(name) }

    /// Without these a working tree's state is lost, and no ordinary work removes them.
    static func isEssential(_ name: [UInt8]) -> Bool {
        ["HEAD", "index", "logs", "logs/HEAD", "gitdir", "commondir", ""].contains { name.elementsEqual($0.utf8) }
    }
}

/// A repository as one checkpoint has it, or as a plan will leave it.
struct RepositoryView {
    typealias Lookup = ([UInt8]) throws(LockgateError) -> SnapshotEntry?

    /// The common folder, absolute.
    let root: [UInt8]
    private let store: ObjectStore
    private let lookup: Lookup
    /// From `packed-refs`: values by names.
    let packed: [[UInt8]: [UInt8]]

    init(_ root: [UInt8], _ store: ObjectStore, lookup: @escaping Lookup) throws(LockgateError) {
        self.root = root
        self.store = store
        self.lookup = lookup
        packed = Self.packed(try Self.content(lookup(root.child(Array("packed-refs".utf8))), store))
    }

    func entry(_ path: [UInt8]) throws(LockgateError) -> SnapshotEntry? { try lookup(root.child(path)) }

    func content(_ path: [UInt8]) throws(LockgateError) -> [UInt8] { try Self.content(try entry(path), store) }

    private static func content(
        _ entry: SnapshotEntry?, _ store: ObjectStore
    ) throws(LockgateError) -> [UInt8] {
        guard let entry, entry.kind == .file else { return [] }
        return try store.read(entry.digest)
    }

    /// What a ref's own file says.
    func loose(_ ref: [UInt8]) throws(LockgateError) -> [UInt8]? {
        let line = try content(ref).prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : Array(line)
    }

    func value(of ref: [UInt8]) throws(LockgateError) -> [UInt8]? { try loose(ref) ?? packed[ref] }

    /// The branch that a working tree is on; nil for none.
    func branch(ofTree folder: [UInt8]) throws(LockgateError) -> [UInt8]? {
        let mark = Array("ref: ".utf8)
        guard let line = try loose(folder.child(Array("HEAD".utf8))), line.starts(with: mark) else { return nil }
        return Array(line.dropFirst(mark.count))
    }

    private static func packed(_ bytes: [UInt8]) -> [[UInt8]: [UInt8]] {
        var refs: [[UInt8]: [UInt8]] = [:]
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            if words.count == 2, words[1].starts(with: "refs/".utf8) { refs[Array(words[1])] = Array(words[0]) }
        }
        return refs
    }

    /// `packed-refs` without some refs; nil where it names none of them.
    func packedRefs(without refs: Set<[UInt8]>) throws(LockgateError) -> [UInt8]? {
        guard refs.contains(where: { packed[$0] != nil }) else { return nil }
        var kept: [UInt8] = []
        var isLeftOut = false
        for line in try content(Array("packed-refs".utf8)).split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            // What an annotated tag leads to follows it after a `^`.
            if line.first != UInt8(ascii: "^") {
                isLeftOut = words.count == 2 && refs.contains(Array(words[1]))
            }
            if !isLeftOut { kept += line + [UInt8(ascii: "\n")] }
        }
        return kept
    }
}
