package import Basics
package import Wire

/// Removes what stages nobody needs any more, so that they do not fill the disk. One that waits is never removed.
package struct StageSweep {
    private let home: String
    private let days: Int
    private let maxBytes: UInt64

    package init(home: String, days: Int, maxBytes: Int) {
        self.home = home
        self.days = days
        self.maxBytes = UInt64(max(0, maxBytes))
    }

    /// - Returns: bytes that are left.
    @discardableResult
    package func run(now: WallTime = .now) -> UInt64 {
        let limit = now.milliseconds - Int64(days) * 86_400_000
        var sum: UInt64 = 0
        var dropped: [(folder: StageFolder, size: UInt64, changed: Int64)] = []
        for (folder, record) in StageFolder.all(home: home) {
            let isOld = record.changed.milliseconds < limit
            switch record.state {
            case .open: sum += folder.size
            case .applied:
                if isOld { remove(folder) } else { emptied(folder) }
            case .dropped:
                if isOld {
                    remove(folder)
                } else {
                    let size = folder.size
                    sum += size
                    dropped.append((folder, size, record.changed.milliseconds))
                }
            }
        }
        for folder in StageFolder.withoutRecord(home: home) { remove(folder) }
        for stage in dropped.sorted(by: { $0.changed < $1.changed }) where sum > maxBytes {
            if remove(stage.folder) { sum -= min(sum, stage.size) }
        }
        return sum
    }

    /// Refuses a new stage while those that wait take more than they may.
    package func makeRoom() throws(LockgateError) {
        guard run() > maxBytes else { return }
        throw LockgateError(
            "workspace.stages_full", "Stages that wait to be applied take more than staged.max_bytes (\(maxBytes))",
            remedy: "Apply or drop some: `lockgate apply --list`.")
    }

    /// Not while a session is at work in it.
    @discardableResult
    private func remove(_ folder: StageFolder) -> Bool {
        guard let lock = try? folder.lock() else { return false }
        withExtendedLifetime(lock) { folder.remove() }
        return true
    }

    private func emptied(_ folder: StageFolder) {
        guard let lock = try? folder.lock() else { return }
        withExtendedLifetime(lock) { folder.empty() }
    }
}
