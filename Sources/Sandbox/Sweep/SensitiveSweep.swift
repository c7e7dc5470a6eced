import Glibc
import Synchronization
package import Wire

/// Notices what commands change of the files that programs outside the sandbox run or obey: the list of `AutoRunFile`,
/// and what makes git run something, in the writable folders and, within bounds, below them.
///
/// A look costs one `lstat` a known folder, and the reading of the known files, which are few and small: what a store to a
/// mapped page changes, or a clock that was set back hides, no time tells. Folders are listed again only when their change
/// time says that a name came or went, so an unchanged tree of hundreds of folders takes a fraction of a millisecond.
package final class SensitiveSweep: Sendable {
    /// Bounds of what is watched. Deeper folders are not: the sandbox's own protections hold there as everywhere.
    struct Bounds: Sendable {
        var depth = 4
        var folders = 256
        var files = 1024
        /// Of files that are read at each look, all together. The first that are watched have it: what a command adds
        /// cannot take it from what was there.
        var readBytes = 4 << 20
    }

    private struct Watched {
        var fingerprint: SensitiveFingerprint
        /// Nil where the fingerprint alone decides: a large file, or one beyond the bounds.
        var content: SensitiveContent?
        var runner: String
        /// Whether it says nothing: empty, as the sandbox's own placeholders are.
        var isVoid: Bool
    }

    private struct Folder {
        var fingerprint: SensitiveFingerprint
        var depth: Int
        /// Set where everything in it is watched: the folder belongs to this program.
        var runner: String?
        /// Whether only some names in it are watched, such as `tasks.json` in `.vscode`.
        var isOnTheWay = false
    }

    private struct State {
        var folders: [String: Folder] = [:]
        var files: [String: Watched] = [:]
        /// Of the contents that are known.
        var readBytes = 0
        var hasBaseline = false
    }

    private let roots: [String]
    private let bounds: Bounds
    private let state = Mutex(State())

    /// Folders whose content comes from elsewhere and is too much to look at.
    private static let skipped: Set<String> = [
        "node_modules", ".build", "target", ".venv", "venv", "__pycache__", ".cache", "dist", ".gradle", ".tox",
        "vendor", "build", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".next",
    ]
    /// Of a git folder: where programs are named or lie.
    private static let gitFiles = ["config", "config.worktree", "commondir"]

    /// - Parameter roots: the writable folders; canonical.
    package convenience init(roots: [String]) { self.init(roots: roots, bounds: Bounds()) }

    init(roots: [String], bounds: Bounds) {
        self.roots = roots
        self.bounds = bounds
    }

    /// Takes things as they are for what they were; for the moment before the first command.
    package func begin() {
        state.withLock { state in
            guard !state.hasBaseline else { return }
            _ = look(&state)
            state.hasBaseline = true
        }
    }

    /// What changed since the last look, by path. Empty at the first.
    package func changes() -> [SensitiveChange] {
        state.withLock { state in
            let changes = look(&state)
            defer { state.hasBaseline = true }
            return state.hasBaseline ? changes.sorted { $0.path < $1.path } : []
        }
    }

    private func look(_ state: inout State) -> [SensitiveChange] {
        var changes: [SensitiveChange] = []
        if state.folders.isEmpty {
            for root in roots { enter(root, depth: 0, runner: nil, &state, &changes) }
            return changes
        }
        for (path, file) in state.files {
            guard let now = SensitiveFingerprint(path) else {
                state.files[path] = nil
                state.readBytes -= file.content?.count ?? 0
                if !file.isVoid { changes.append(SensitiveChange(path: path, kind: .removed, runner: file.runner)) }
                continue
            }
            guard now != file.fingerprint || file.content != nil else { continue }
            state.readBytes -= file.content?.count ?? 0
            let content = read(path, now, &state)
            if now == file.fingerprint, content == file.content { continue }
            let isVoid = Self.isVoid(path, now)
            state.files[path] = Watched(fingerprint: now, content: content, runner: file.runner, isVoid: isVoid)
            guard !(file.isVoid && isVoid) else { continue }
            changes.append(
                SensitiveChange(path: path, kind: file.isVoid ? .added : .modified, runner: file.runner))
        }
        for (path, folder) in state.folders {
            guard let now = SensitiveFingerprint(path), now.isFolder else {
                state.folders[path] = nil
                continue
            }
            guard now != folder.fingerprint else { continue }
            guard !folder.isOnTheWay else {
                state.folders[path]?.fingerprint = now
                for file in AutoRunFile.entries(under: Paths.lastComponent(path)) {
                    watch(file, at: Paths.parent(path), folder.depth, &state, &changes)
                }
                continue
            }
            list(path, depth: folder.depth, runner: folder.runner, now, &state, &changes)
        }
        return changes
    }

    /// Begins to watch a folder unless it is watched.
    private func enter(
        _ path: String, depth: Int, runner: String?, _ state: inout State, _ changes: inout [SensitiveChange]
    ) {
        guard state.folders[path] == nil, state.folders.count < bounds.folders, depth <= bounds.depth,
            let now = SensitiveFingerprint(path), now.isFolder
        else { return }
        list(path, depth: depth, runner: runner, now, &state, &changes)
    }

    private func list(
        _ path: String, depth: Int, runner: String?, _ fingerprint: SensitiveFingerprint, _ state: inout State,
        _ changes: inout [SensitiveChange]
    ) {
        state.folders[path] = Folder(fingerprint: fingerprint, depth: depth, runner: runner)
        let isGitFolder = Paths.lastComponent(path) == ".git"
        for entry in Paths.names(in: path) {
            let child = Paths.join(path, entry.name)
            if isGitFolder {
                if Self.gitFiles.contains(entry.name) { watch(child, "git", &state, &changes) }
                if entry.name == "hooks" { enter(child, depth: depth, runner: "git", &state, &changes) }
                continue
            }
            if let runner {
                // Samples that git puts there itself run nothing until they are renamed.
                if runner == "git", entry.name.hasSuffix(".sample") { continue }
                if entry.isFolder {
                    enter(child, depth: depth + 1, runner: runner, &state, &changes)
                } else {
                    watch(child, runner, &state, &changes)
                }
                continue
            }
            if entry.name == ".git" {
                if entry.isFolder {
                    enter(child, depth: depth, runner: nil, &state, &changes)
                } else {
                    watch(child, "git", &state, &changes)
                }
                continue
            }
            for file in AutoRunFile.entries(under: entry.name) { watch(file, at: path, depth, &state, &changes) }
            if entry.isFolder, !AutoRunFile.firstNames.contains(entry.name), !Self.skipped.contains(entry.name) {
                enter(child, depth: depth + 1, runner: nil, &state, &changes)
            }
        }
    }

    /// An entry of the list below a folder: the file, or all of the folder, and the folder on the way, in which it can
    /// come into being later. No entry has more than two names.
    private func watch(
        _ file: AutoRunFile, at folder: String, _ depth: Int, _ state: inout State, _ changes: inout [SensitiveChange]
    ) {
        let path = Paths.join(folder, file.path)
        let holder = Paths.parent(path)
        if holder != folder {
            guard let now = SensitiveFingerprint(holder), now.isFolder else { return }
            if state.folders[holder] == nil, state.folders.count < bounds.folders {
                state.folders[holder] = Folder(fingerprint: now, depth: depth, isOnTheWay: true)
            }
        }
        guard let now = SensitiveFingerprint(path) else { return }
        if now.isFolder {
            enter(path, depth: depth + 1, runner: file.runner, &state, &changes)
        } else {
            watch(path, file.runner, &state, &changes)
        }
    }

    private func watch(
        _ path: String, _ runner: String, _ state: inout State, _ changes: inout [SensitiveChange]
    ) {
        guard state.files[path] == nil, state.files.count < bounds.files, let now = SensitiveFingerprint(path),
            !now.isFolder
        else { return }
        let isVoid = Self.isVoid(path, now)
        state.files[path] = Watched(
            fingerprint: now, content: read(path, now, &state), runner: runner, isVoid: isVoid)
        if !isVoid { changes.append(SensitiveChange(path: path, kind: .added, runner: runner)) }
    }

    /// The content of a file, as long as there is room for it.
    private func read(_ path: String, _ file: SensitiveFingerprint, _ state: inout State) -> SensitiveContent? {
        guard let content = SensitiveContent(path, file, limit: bounds.readBytes - state.readBytes) else { return nil }
        state.readBytes += content.count
        return content
    }

    /// An empty file, or a `commondir` of one name, which is its own folder. The helper puts both where nothing may come
    /// into being, for as long as a command runs.
    private static func isVoid(_ path: String, _ file: SensitiveFingerprint) -> Bool {
        !file.isLink && (file.size == 0 || file.size == 2 && Paths.lastComponent(path) == "commondir")
    }
}
