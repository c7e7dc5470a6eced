/// Finds the repositories in writable folders and plans their protection: git works, but nothing that git runs by
/// itself can be changed.
///
/// `.git` is a mount of itself, because otherwise renaming it carries every mount below it away. Inside, hooks and
/// configuration are read-only, and `commondir` cannot appear: it would let any folder provide both (git reads it in
/// every repository, linked or not).
struct GitGuard {
    private var plan: MountPlan
    private let home: String
    /// Whether a repository that lies outside of the writable folders stays as it is: a stage holds the workspace alone.
    private let isStaged: Bool
    private let witness: PlanWitness?
    private var done: Set<String> = []
    /// Folders looked into while searching for nested repositories.
    private var visited = 0

    /// Search bounds. What lies deeper is left to the report of sensitive changes.
    private static let maximumDepth = 5
    private static let maximumFolders = 3000
    private static let skipped: Set<String> = [
        "node_modules", ".build", "target", ".venv", "venv", "__pycache__", ".cache", "dist", ".gradle", ".tox",
        "vendor",
    ]

    init(plan: MountPlan, home: String, isStaged: Bool = false, witness: PlanWitness? = nil) {
        self.plan = plan
        self.home = home
        self.isStaged = isStaged
        self.witness = witness
    }

    /// Adds what the repositories in and around these canonical folders need. `workspace` may lie inside a repository:
    /// then that repository's `.git` becomes writable too, guarded, so that commits work.
    static func guarding(
        _ plan: MountPlan, workspace: String?, home: String, isStaged: Bool = false, witness: PlanWitness? = nil
    ) -> MountPlan {
        var search = GitGuard(plan: plan, home: home, isStaged: isStaged, witness: witness)
        for root in plan.writableRoots { search.visit(root, depth: 0) }
        if let workspace { search.guardEnclosing(workspace) }
        return search.plan
    }

    private mutating func guardEnclosing(_ workspace: String) {
        var folder = workspace
        while folder != "/" {
            let candidate = Paths.join(folder, ".git")
            witness?.asked(candidate)
            if Paths.exists(candidate) {
                if !done.contains(candidate) { guardRepository(at: folder) }
                return
            }
            folder = Paths.parent(folder)
        }
    }

    private mutating func visit(_ folder: String, depth: Int) {
        visited += 1
        guard visited <= Self.maximumFolders, Paths.kind(folder) == .folder else { return }
        witness?.listed(folder, names: [".git", "HEAD", "objects", "refs"])
        let names = Paths.names(in: folder)
        if names.contains(where: { $0.name == ".git" }) { guardRepository(at: folder) }
        // A bare repository in the tree, or a git folder under another name.
        if isGitDirectory(folder), Paths.lastComponent(folder) != ".git" { guardDirectory(folder, worktree: nil) }
        guard depth < Self.maximumDepth else { return }
        for entry in names where entry.isFolder && entry.name != ".git" && !Self.skipped.contains(entry.name) {
            visit(Paths.join(folder, entry.name), depth: depth + 1)
        }
    }

    /// As `Paths.canonical`, for a name that the plan depends on.
    private func canonical(_ path: String) -> String? {
        witness?.asked(path)
        let real = Paths.canonical(path)
        if let real { witness?.asked(real) }
        return real
    }

    private func isGitDirectory(_ folder: String) -> Bool {
        Paths.exists(Paths.join(folder, "HEAD")) && Paths.kind(Paths.join(folder, "objects")) == .folder
            && Paths.kind(Paths.join(folder, "refs")) == .folder
    }

    private mutating func guardRepository(at worktree: String) {
        let dotGit = Paths.join(worktree, ".git")
        witness?.asked(dotGit)
        guard done.insert(dotGit).inserted else { return }
        switch Paths.kind(dotGit) {
        case .folder:
            if !plan.isWritable(dotGit) {
                guard !isStaged else { return }
                plan.addWritable(dotGit)
            }
            guardDirectory(dotGit, worktree: worktree)
        case .file:
            if let anchor = plan.anchor(of: dotGit) { plan.protect(dotGit, below: anchor) }
            guard let target = Self.gitFileTarget(dotGit), let folder = canonical(target) else { return }
            guardLinked(folder, worktree: worktree, dotGit: dotGit)
        case .link:
            if plan.isWritable(dotGit) { plan.add(.readOnly, dotGit) }
            if let folder = canonical(dotGit), plan.isWritable(folder) {
                guardDirectory(folder, worktree: worktree)
            }
        case .other, nil:
            return
        }
    }

    /// The `gitdir:` line of a `.git` file, absolute.
    static func gitFileTarget(_ file: String) -> String? {
        guard let text = firstLine(of: file), text.hasPrefix("gitdir:") else { return nil }
        let target = text.dropFirst("gitdir:".count).drop { $0 == " " }
        return target.hasPrefix("/") ? String(target) : Paths.normalized(Paths.join(Paths.parent(file), String(target)))
    }

    private static func firstLine(of file: String) -> String? {
        guard let bytes = Paths.contents(file, limit: 8192) else { return nil }
        let line = bytes.prefix { $0 != 0x0A }
        return line.isEmpty ? nil : String(validating: line, as: UTF8.self)
    }

    /// A git folder elsewhere: of a linked worktree or of a submodule. A `.git` file may name any folder, so it is
    /// believed only when that folder names this worktree in return: nothing a sandboxed command wrote can make
    /// another folder writable.
    private mutating func guardLinked(_ folder: String, worktree: String, dotGit: String) {
        witness?.listed(folder, names: ["gitdir", "commondir", "config", "HEAD", "objects", "refs"])
        if let backLink = Self.firstLine(of: Paths.join(folder, "gitdir")) {
            let back = backLink.hasPrefix("/") ? backLink : Paths.normalized(Paths.join(folder, backLink))
            guard canonical(back) == dotGit else { return }
            guard let common = commonDirectory(of: folder), isGitDirectory(common) else { return }
            guard Paths.isUnder(folder, Paths.join(common, "worktrees")) else { return }
            guard !isStaged || plan.isWritable(common) else { return }
            plan.addWritable(common)
            guardDirectory(common, worktree: worktree)
        } else {
            let configured = Paths.contents(Paths.join(folder, "config")).map(GitConfigFile.init)?.last(
                "core", "worktree")
            guard let configured, isGitDirectory(folder) else { return }
            let back = configured.hasPrefix("/") ? configured : Paths.normalized(Paths.join(folder, configured))
            guard canonical(back) == worktree, !isStaged || plan.isWritable(folder) else { return }
            plan.addWritable(folder)
            guardDirectory(folder, worktree: worktree)
        }
    }

    private func commonDirectory(of folder: String) -> String? {
        guard let text = Self.firstLine(of: Paths.join(folder, "commondir")) else { return nil }
        return canonical(text.hasPrefix("/") ? text : Paths.join(folder, text))
    }

    /// Guards one git folder, which is writable, and those of its worktrees and submodules.
    private mutating func guardDirectory(_ folder: String, worktree: String?) {
        guard done.insert(folder + "/").inserted else { return }
        witness?.listed(folder, names: ["hooks", "config", "config.worktree", "commondir", "HEAD", "objects", "refs"])
        plan.add(.pin, folder)
        plan.reserve(Paths.join(folder, "hooks"), below: folder, content: nil)
        let configPath = Paths.join(folder, "config")
        plan.reserve(configPath, below: folder, content: "")
        plan.reserve(Paths.join(folder, "commondir"), below: folder, content: ".\n")
        let config = GitConfigFile(Paths.contents(configPath) ?? [])
        let hasWorktreeConfig = config.isOn("extensions", "worktreeconfig")
        if hasWorktreeConfig { plan.reserve(Paths.join(folder, "config.worktree"), below: folder, content: "") }
        witness?.listed(Paths.join(folder, "worktrees"))
        for entry in Paths.names(in: Paths.join(folder, "worktrees")) where entry.isFolder {
            let linked = Paths.join(folder, "worktrees/\(entry.name)")
            witness?.listed(linked, names: ["commondir", "gitdir", "config.worktree"])
            plan.protect(Paths.join(linked, "commondir"), below: folder)
            plan.protect(Paths.join(linked, "gitdir"), below: folder)
            if hasWorktreeConfig { plan.reserve(Paths.join(linked, "config.worktree"), below: folder, content: "") }
        }
        ignorePlaceholders(Paths.join(folder, "info/exclude"))
        guardModules(Paths.join(folder, "modules"), below: folder, depth: 0)
        guardSettings(of: config, configPath: configPath, worktree: worktree)
    }

    /// Reserved names stand as empty folders in the worktree while a command runs; `git clean -fd` would fail on them.
    private mutating func ignorePlaceholders(_ exclude: String) {
        witness?.asked(exclude)
        guard !plan.placeholders.isEmpty, Paths.kind(exclude) == .file, let bytes = Paths.contents(exclude) else {
            return
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.utf8.contains(0) else { return }
        let names = AutoRunFiles.reserved.map { "/\($0)/\n" }.joined()
        plan.add(.content, exclude, target: text + (text.hasSuffix("\n") || text.isEmpty ? "" : "\n") + names)
    }

    /// Submodules' git folders; names may have slashes, so a folder that is none may hold some.
    private mutating func guardModules(_ folder: String, below anchor: String, depth: Int) {
        guard depth < 6 else { return }
        witness?.listed(folder, names: ["config", "HEAD"])
        for entry in Paths.names(in: folder) where entry.isFolder {
            let module = Paths.join(folder, entry.name)
            guard isGitDirectory(module) || Paths.exists(Paths.join(module, "config")) else {
                guardModules(module, below: anchor, depth: depth + 1)
                continue
            }
            plan.protect(Paths.join(module, "config"), below: anchor)
            guardDirectory(module, worktree: nil)
        }
    }

    /// `core.hooksPath` and included files, from every configuration git reads for this repository.
    private mutating func guardSettings(of config: GitConfigFile, configPath: String, worktree: String?) {
        let global = [
            "/etc/gitconfig", Paths.join(home, ".gitconfig"), Paths.join(home, ".config/git/config"),
        ]
        for path in global { witness?.asked(path) }
        var queue = global.compactMap { path in Paths.contents(path).map { (path, GitConfigFile($0)) } }
        queue.append((configPath, config))
        var read = 0
        var hooksPaths: Set<String> = []
        while read < queue.count, read < 32 {
            let (path, file) = queue[read]
            read += 1
            for include in file.includes {
                let target = expandHome(include, relativeTo: Paths.parent(path))
                if let real = canonical(target) {
                    if let bytes = Paths.contents(real) { queue.append((real, GitConfigFile(bytes))) }
                }
                reserveIfWritable(Paths.canonicalAllowingMissing(target), content: "")
            }
            if let hooks = file.last("core", "hookspath") { hooksPaths.insert(hooks) }
        }
        for hooks in hooksPaths {
            let target = expandHome(hooks, relativeTo: worktree ?? Paths.parent(configPath))
            witness?.asked(target)
            let real = Paths.canonicalAllowingMissing(target)
            witness?.asked(real)
            // Hooks that are the worktree itself cannot be protected without making all of it read-only.
            if let worktree, Paths.isUnder(worktree, real) { continue }
            reserveIfWritable(real, content: nil)
        }
    }

    private mutating func reserveIfWritable(_ path: String, content: String?) {
        if let anchor = plan.anchor(of: path) { plan.reserve(path, below: anchor, content: content) }
    }

    private func expandHome(_ path: String, relativeTo folder: String) -> String {
        if path.hasPrefix("~/") { return Paths.join(home, String(path.dropFirst(2))) }
        return path.hasPrefix("/") ? path : Paths.normalized(Paths.join(folder, path))
    }
}
