package import Basics

/// What is known of a managed worktree. Lies outside of every sandbox, so that what an agent writes cannot change it.
package struct WorktreeRecord: Sendable, Hashable {
    package enum State: String, Sendable, Hashable {
        /// Being made: nobody has worked in it.
        case creating
        case ready
        /// What it held is archived, or is nowhere needed; the rest of the removal follows.
        case removing
    }

    package var name: String
    /// The repository's common folder, canonical.
    package var repository: String
    /// The local tree it was made from, canonical.
    package var root: String
    /// The worktree's own folder.
    package var path: String
    package var state: State
    /// The commit it began at.
    package var baseCommit: String
    /// Its files as they were when it was ready, carried changes included; empty before.
    package var baseTree: String
    /// Its files when the local tree last had them, by a merge or before a hand-over; nil if never.
    package var mergedTree: String?
    /// Made, or brought back.
    package var created: WallTime
    /// The first of its ports.
    package var portBase: Int
    /// While it is removed: the branch's commit.
    package var tip: String?

    /// Ports in a row that belong to one worktree.
    package static let ports = 20

    /// The short name of its branch.
    package var branch: String { "lockgate/\(name)" }
    var branchRef: String { "refs/heads/\(branch)" }
    /// Keeps the trees alive that a merge needs.
    var baseRef: String { "refs/lockgate/base/\(name)" }
    var mergedRef: String { "refs/lockgate/merged/\(name)" }

    /// What commands in it find in their environment.
    package var environment: [String: String] {
        [
            "LOCKGATE_WORKTREE": name, "LOCKGATE_PORT_BASE": "\(portBase)", "LOCKGATE_PORT_COUNT": "\(Self.ports)",
        ]
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "repository": .string(repository), "root": .string(root), "path": .string(path),
            "branch": .string(branch), "state": .string(state.rawValue), "base_commit": .string(baseCommit),
            "base_tree": .string(baseTree), "created_ms": .int(Int(created.milliseconds)),
            "port_base": .int(portBase),
        ]
        if let mergedTree { object["merged_tree"] = .string(mergedTree) }
        if let tip { object["tip"] = .string(tip) }
        return .object(object)
    }

    init?(json: JSONValue) {
        guard let name = json["name"]?.string, let repository = json["repository"]?.string,
            let root = json["root"]?.string, let path = json["path"]?.string,
            let state = json["state"]?.string.flatMap(State.init(rawValue:)),
            let commit = json["base_commit"]?.string, let tree = json["base_tree"]?.string,
            let created = json["created_ms"]?.int, let port = json["port_base"]?.int,
            Self.isName(name)
        else { return nil }
        self.init(
            name: name, repository: repository, root: root, path: path, state: state, baseCommit: commit,
            baseTree: tree, mergedTree: json["merged_tree"]?.string, created: WallTime(milliseconds: Int64(created)),
            portBase: port, tip: json["tip"]?.string)
    }

    init(
        name: String, repository: String, root: String, path: String, state: State, baseCommit: String,
        baseTree: String = "", mergedTree: String? = nil, created: WallTime, portBase: Int,
        tip: String? = nil
    ) {
        self.name = name
        self.repository = repository
        self.root = root
        self.path = path
        self.state = state
        self.baseCommit = baseCommit
        self.baseTree = baseTree
        self.mergedTree = mergedTree
        self.created = created
        self.portBase = portBase
        self.tip = tip
    }

    /// Letters, digits, `-`, `_` and `.` in between, 64 at most: a folder's name and a part of a ref at once.
    package static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, let last = text.utf8.last, text.utf8.count <= 64 else { return false }
        func isPlain(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isPlain(first) && isPlain(last) && !text.contains("..") && !text.hasSuffix(".lock")
            && text.utf8.allSatisfy { isPlain($0) || "-_.".utf8.contains($0) }
    }
}
