package import Basics
import Glibc
import Synchronization
package import Wire

/// What all sessions of this user have spent: `HOME/usage/YYYY-MM-DD.jsonl`, one file a day of UTC, one line a request
/// or reservation.
///
/// A line is written at once and never changed. A settled request names the reservation that it replaces; one that was
/// never settled, because its process was killed, stays counted, since the provider may charge for it.
package final class SpendLog: SharedSpend {
    private struct State {
        /// By the name of a day's file.
        var tallies: [String: SpendTally] = [:]
    }

    /// The `usage` folder.
    package let folder: String
    private let project: String
    private let now: @Sendable () -> WallTime
    private let state = Mutex(State())

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - project: the project's root, canonical.
    package init(home: String, project: String, now: @escaping @Sendable () -> WallTime = { .now }) {
        folder = home + "/usage"
        self.project = project
        self.now = now
    }

    package func totals() throws(LockgateError) -> (day: Spend, project: Spend) {
        try locked { state throws(SystemError) in try self.totals(&state) }
    }

    package func reserve(
        _ most: Spend, fits: (_ day: Spend, _ project: Spend) -> Bool
    ) throws(LockgateError) -> String? {
        try locked { state throws(SystemError) in
            let totals = try self.totals(&state)
            guard fits(totals.day, totals.project) else { return nil }
            // Random, since no process, clock or counter tells two logs apart that share a home.
            let id = "\(self.now().milliseconds).\(UInt64.random(in: 0 ... .max))"
            try self.append([
                "reserved": .string(id), "project": .string(self.project), "nano_usd": .int(Int(most.money.count)),
                "tokens": .int(most.tokens),
            ])
            return id
        }
    }

    package func settle(_ reservation: String?, _ entry: SpendEntry) throws(LockgateError) {
        var line: JSONObject = [
            "time": .string(now().rfc3339), "project": .string(project), "session": .string(entry.session),
            "model": .string(entry.model), "provider": .string(entry.provider), "source": .string(entry.source),
            "usage": entry.usage.json, "cost_usd": entry.cost.map { .double($0) } ?? .null,
        ]
        if let reservation { line["settles"] = .string(reservation) }
        let whole = line
        // One line by one write to a file opened for appending needs no lock.
        do throws(SystemError) { try append(whole) } catch { throw Self.failed(error) }
    }

    package func cancel(_ reservation: String) throws(LockgateError) {
        do throws(SystemError) {
            try append(["cancels": .string(reservation), "project": .string(project)])
        } catch {
            throw Self.failed(error)
        }
    }

    // MARK: Files

    /// Runs a body while no other process reserves.
    private func locked<T: Sendable>(
        _ body: (inout State) throws(SystemError) -> T
    ) throws(LockgateError) -> T {
        let result = state.withLock { state -> Result<T, SystemError> in
            do throws(SystemError) {
                try PosixFile.makeDirectory(folder)
                let lock = open(folder + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
                guard lock >= 0 else { throw SystemError("open", folder + "/lock", errno: errno) }
                defer { close(lock) }
                while flock(lock, LOCK_EX) != 0 {
                    guard errno == EINTR else { throw SystemError("flock", folder + "/lock", errno: errno) }
                }
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        do throws(SystemError) { return try result.get() } catch { throw Self.failed(error) }
    }

    private func totals(_ state: inout State) throws(SystemError) -> (day: Spend, project: Spend) {
        let today = day + ".jsonl"
        var totals = (day: Spend(), project: Spend())
        for name in PosixFile.list(folder) where name.hasSuffix(".jsonl") {
            var tally = state.tallies[name] ?? SpendTally()
            // Days that are over do not grow any more, but for requests that end after midnight.
            try tally.readMore(of: "\(folder)/\(name)")
            state.tallies[name] = tally
            if name == today { totals.day = tally.total }
            totals.project = totals.project + tally.total(ofProject: project)
        }
        return totals
    }

    private var day: String { String(now().rfc3339.prefix(10)) }

    private func append(_ line: JSONObject) throws(SystemError) {
        try PosixFile.makeDirectory(folder)
        let path = "\(folder)/\(day).jsonl"
        let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(file) }
        try PosixFile.writeAll(file, JSONValue.object(line).bytes + [UInt8(ascii: "\n")])
    }

    private static func failed(_ error: SystemError) -> LockgateError {
        LockgateError(
            "budget.unrecorded", "what is spent cannot be recorded: \(error)",
            remedy: "make LOCKGATE_HOME writable and free space on its disk, or run with --ephemeral")
    }
}
