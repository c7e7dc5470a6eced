/// What the helper mounts, in order. Compiled from a policy by looking at the host; holds nothing but text.
struct MountPlan: Sendable, Hashable {
    /// The letters of the protocol; see `enum mount_kind` in policy.h.
    enum Kind: UInt8, Sendable, Hashable {
        case writable = 0x77
        case visible = 0x76
        case pin = 0x70
        case readOnly = 0x72
        case mask = 0x6D
        case symbolicLink = 0x6C
        case device = 0x64
        case content = 0x63
        /// A writable layer over what is there (`SandboxPolicy.Stage`).
        case overlay = 0x6F
        /// Another folder in the place of what is there, writable.
        case copy = 0x73
        /// No mount: what a fence lets commands read.
        case readable = 0x61

        /// Whether it takes something away from a view that is already there; the others make the view.
        var protects: Bool {
            switch self {
            case .pin, .readOnly, .mask, .content: true
            case .writable, .visible, .symbolicLink, .device, .readable, .overlay, .copy: false
            }
        }
    }

    struct Mount: Sendable, Hashable {
        var kind: Kind
        var path: String
        /// Where a symbolic link leads; what a replaced file holds; the folder of a stage.
        var target: String?
    }

    /// A name that must not come into being: the helper puts something harmless there for the time being.
    struct Placeholder: Sendable, Hashable {
        var path: String
        /// nil for a folder.
        var content: String?
    }

    private(set) var mounts: [Mount] = []
    /// Whether the view of the other plan serves for this one, with other protections in it.
    func hasSameView(as other: MountPlan) -> Bool {
        mounts.filter { !$0.kind.protects } == other.mounts.filter { !$0.kind.protects }
    }

    private(set) var placeholders: [Placeholder] = []
    /// What shall be in place before each command.
    var protectedPaths: [String] { mounts.filter(\.kind.protects).map(\.path) + placeholders.map(\.path) }
    /// Canonical folders that are writable, outermost only.
    private(set) var writableRoots: [String] = []
    /// Every mount that was added, by its path.
    private var seen: [String: [Mount]] = [:]

    mutating func add(_ kind: Kind, _ path: String, target: String? = nil) {
        let mount = Mount(kind: kind, path: path, target: target)
        guard !seen[path, default: []].contains(mount) else { return }
        seen[path, default: []].append(mount)
        mounts.append(mount)
    }

    /// Adds a writable folder or file unless one above it is writable already.
    mutating func addWritable(_ path: String) {
        guard !isWritable(path) else { return }
        writableRoots.append(path)
        add(.writable, path)
    }

    /// Makes the workspace writable in a stage, so that nothing of it changes on the host.
    mutating func addStaged(_ path: String, _ stage: SandboxPolicy.Stage) {
        writableRoots.append(path)
        add(stage.kind == .overlay ? .overlay : .copy, path, target: stage.folder)
    }

    /// Nothing is made on the host for a stage: what exists of the reserved names stays read-only, and what does not
    /// exist may come into being in the stage, from where it is not applied by itself.
    mutating func settle(stage root: String) {
        for placeholder in placeholders where Paths.isUnder(placeholder.path, root) {
            if Paths.exists(placeholder.path) { add(.readOnly, placeholder.path) }
        }
        placeholders.removeAll { Paths.isUnder($0.path, root) }
        mounts.removeAll { $0.kind == .content && Paths.isUnder($0.path, root) }
    }

    func isWritable(_ path: String) -> Bool { writableRoots.contains { Paths.isUnder(path, $0) } }

    /// The writable folder that `path` lies in, and is not itself.
    func anchor(of path: String) -> String? { writableRoots.first { $0 != path && Paths.isUnder(path, $0) } }

    mutating func addPlaceholder(_ path: String, content: String?) {
        let placeholder = Placeholder(path: path, content: content)
        if !placeholders.contains(placeholder) { placeholders.append(placeholder) }
    }

    /// Keeps `path` as it is, and keeps it reachable under its name: a folder between it and `anchor` that could be
    /// renamed away would take the protection with it. `anchor` is a mount already. A symbolic link is kept as a link,
    /// and what it leads to is kept too where it is writable.
    mutating func protect(_ path: String, below anchor: String) {
        guard let kind = Paths.kind(path) else { return }
        pinFolders(to: path, below: anchor)
        add(.readOnly, path)
        if kind == .link, let target = Paths.canonical(path), let root = self.anchor(of: target) {
            pinFolders(to: target, below: root)
            add(.readOnly, target)
        }
    }

    /// As `protect`, and where nothing is there, nothing can be made there. What is there now may be the placeholder of
    /// another command, so the helper looks again.
    mutating func reserve(_ path: String, below anchor: String, content: String?) {
        if Paths.kind(path) == .link { return protect(path, below: anchor) }
        guard Paths.kind(Paths.parent(path)) == .folder else { return }
        pinFolders(to: path, below: anchor)
        addPlaceholder(path, content: content)
    }

    private mutating func pinFolders(to path: String, below anchor: String) {
        var folders: [String] = []
        var folder = Paths.parent(path)
        while folder != anchor, folder != "/", Paths.isUnder(folder, anchor) {
            folders.append(folder)
            folder = Paths.parent(folder)
        }
        for folder in folders.reversed() where Paths.kind(folder) == .folder { add(.pin, folder) }
    }

    /// The order the helper needs: clones first, outer before inner; then protections, outer before inner; masks last.
    mutating func sort() {
        func rank(_ kind: Kind) -> Int {
            switch kind {
            case .visible, .writable, .symbolicLink, .device, .readable, .overlay, .copy: 0
            case .pin, .readOnly: 1
            case .mask, .content: 2
            }
        }
        // A folder pinned and read-only is read-only: the second mount covers the first.
        func order(_ mount: Mount) -> (Int, Int, Int) {
            (rank(mount.kind), mount.path.utf8.count { $0 == UInt8(ascii: "/") }, mount.kind == .readOnly ? 1 : 0)
        }
        mounts = mounts.enumerated().sorted { (order($0.element), $0.offset) < (order($1.element), $1.offset) }
            .map(\.element)
    }
}

private func < (left: ((Int, Int, Int), Int), right: ((Int, Int, Int), Int)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0 < right.0
}
