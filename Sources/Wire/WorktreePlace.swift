package import Basics

/// The managed worktree that a session works in, as events and a session's first record name it.
package struct WorktreePlace: Sendable, Hashable {
    package var name: String
    package var branch: String
    package var path: String
    /// The local tree that it was made from.
    package var root: String
    package var portBase: Int
    /// Whether it was made for this session.
    package var isNew: Bool

    package init(name: String, branch: String, path: String, root: String, portBase: Int, isNew: Bool) {
        self.name = name
        self.branch = branch
        self.path = path
        self.root = root
        self.portBase = portBase
        self.isNew = isNew
    }

    package var json: JSONObject {
        [
            "name": .string(name), "branch": .string(branch), "path": .string(path), "root": .string(root),
            "port_base": .int(portBase), "new": .bool(isNew),
        ]
    }
}
