import Basics
import Glibc

/// Removes the stores of workspaces that were not used for long, whether they are still there or not: the workspace
/// that is gone may be the one to bring back.
struct StoreSweep {
    private let folder: String
    private let limit: WallTime
    private let now: WallTime

    /// - Parameter home: LOCKGATE_HOME.
    init(home: String, retention: CheckpointRetention, now: WallTime = .now) {
        folder = home + "/workspaces"
        limit = retention.limit(now)
        self.now = now
    }

    /// Once a day is enough.
    var isDue: Bool {
        let pause = now.milliseconds - (Self.changed(folder + "/.swept")?.milliseconds ?? 0)
        return pause < 0 || pause > 86_400_000
    }

    /// - Returns: the removed stores' names.
    @discardableResult
    func run() -> [String] {
        if let lock = try? FileLock(folder + "/.swept") { futimens(lock.descriptor, nil) }
        var removed: [String] = []
        for name in PosixFile.list(folder) {
            let path = "\(folder)/\(name)"
            // Taken out of use by a sweep that was killed.
            if name.hasPrefix(Self.mark) { Self.remove(path) }
            guard !name.hasPrefix("."), PosixFile.isDirectory(path), isUnused(path) else { continue }
            // Whoever waits for the lock finds that its file is gone, and makes a new store.
            guard let lock = try? FileLock(path + "/lock"), let expiry = try? FileLock(path + "/expiry.lock"),
                isUnused(path)
            else { continue }
            let aside = "\(folder)/\(Self.mark)\(name)"
            let isAside = withExtendedLifetime((lock, expiry)) { rename(path, aside) == 0 }
            guard isAside else { continue }
            Self.remove(aside)
            removed.append(name)
        }
        return removed
    }

    private static let mark = ".unused-"

    /// An undo that was interrupted keeps its store.
    private func isUnused(_ path: String) -> Bool {
        let used = ["", "/lock", "/turns", "/objects/index"].compactMap { Self.changed(path + $0) }
        guard let last = used.max() else { return false }
        guard last < limit, !PosixFile.exists(path + "/pending") else { return false }
        // A stage that waits may be applied on any day.
        guard let workspace = try? PosixFile.read(path + "/path", limit: 1 << 16) else { return true }
        let bases = try? StageFolder.bases(
            home: PathText.parent(folder), workspace: String(decoding: workspace, as: UTF8.self))
        return bases?.isEmpty ?? false
    }

    private static func changed(_ path: String) -> WallTime? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return WallTime(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
    }

    /// Links are removed, never followed.
    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in PosixFile.list(path) { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
