import ArgumentParser
import Basics
import Config
import Journal
import Wire
import Workspace

/// `lockgate worktree handoff`: a session goes on elsewhere, with its changes.
struct WorktreeHandoff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "handoff", abstract: "Move a session and its changes between the local tree and a worktree.",
        discussion: """
            A session in the local tree goes on in a worktree, which gets the uncommitted changes; the local tree then \
            has none, unless --keep is given, and `lockgate undo` takes that back. A session in a worktree goes on in \
            the local tree, which gets the worktree's changes as `merge` does.
            """)

    @Argument(help: "The session: its id, the beginning of one, or its name.") var session: String
    @Option(help: "The worktree; made if there is none of that name.") var to: String?
    @Flag(help: "Leave the changes in the local tree as well.") var keep = false
    @OptionGroup var place: WorktreeOptions

    func run() async throws {
        try await CommandOutput.printing {
            let environment = ProcessEnvironment.variables
            let home = try ConfigurationLoader.home(environment: environment)
            let location = try SessionStore(home: home).resolve(session)
            var move = Move(home: home, to: to, keeps: keep)
            // What stands in the way is told as well.
            defer { for note in move.notes { CommandOutput.warn(note) } }
            let (folder, target, name) = try move.carryOut(location)
            let remedy = "lockgate exec resume \(location.id) \"...\""
            if place.json {
                return JSONValue.object([
                    "session": .string(location.id.text), "from": .string(folder), "to": .string(target),
                    "worktree": .optional(name),
                ]).text
            }
            return "the session goes on in \(target): \(remedy)"
        }
    }

    /// What it does, for front ends that ask and tell in their own way.
    struct Move {
        let home: String
        /// The worktree; nil for a new one, or for back to the local tree.
        let to: String?
        /// Whether the changes stay in the local tree as well.
        let keeps: Bool
        /// What was left as it was, and why.
        private(set) var notes: [String] = []

        init(home: String, to: String?, keeps: Bool) {
            self.home = home
            self.to = to
            self.keeps = keeps
        }

        /// Moves the session's changes and records where it goes on. Nobody else goes on with it meanwhile.
        mutating func carryOut(
            _ location: SessionLocation
        ) throws(LockgateError) -> (from: String, folder: String, worktree: String?) {
            let (journal, records) = try SessionJournal.restore(
                id: location.id, path: location.path, keyFile: SessionStore(home: home).keyFile)
            var kept = SessionNotes.read(of: location)
            guard let from = kept.directory ?? records.header?.payload["cwd"]?.string else {
                throw LockgateError("session.unreadable", "the session does not say where it ran")
            }
            let (target, name) = try move(from: from)
            try journal.append(
                "session.moved", ["from": .string(from), "to": .string(target), "worktree": .optional(name)])
            try? journal.seal()
            try journal.sync()
            kept.directory = target
            try kept.write(of: location)
            return (from, target, name)
        }

        /// Moves the changes; returns where the session goes on.
        private mutating func move(
            from folder: String
        ) throws(LockgateError) -> (folder: String, worktree: String?) {
            let search = ProcessEnvironment.variables["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            if let record = WorktreeStore.record(at: folder, home: home) {
                guard to == nil else {
                    throw LockgateError(
                        "usage", "the session is in the worktree \(record.name); it goes back to the local tree first",
                        remedy: "leave --to out", exitCode: 2)
                }
                let store = WorktreeStore(of: record, home: home, search: search)
                let merge = try store.planMerge(record.name)
                if !merge.plan.conflicts.isEmpty {
                    notes += MergeReport(merge, isJSON: false).preview.split(separator: "\n").map(String.init)
                }
                let kept = merge.plan.isEmpty ? [] : try store.merge(merge)
                for conflict in kept { notes.append("\(conflict.path.shownPath) stays: \(conflict.reason)") }
                return (Self.counterpart(of: folder, from: record.path, to: record.root), nil)
            }
            let store = try WorktreeStore(home: home, directory: folder, search: search)
            let settings = try ConfigurationArguments.loader(directory: folder).load().settings.worktree
            let name = to ?? WorktreeRequest.freeName()
            let record: WorktreeRecord
            if let known = try? store.record(name) {
                record = known
                let kept = try store.carry(into: known)
                for conflict in kept { notes.append("\(conflict.path.shownPath) stays: \(conflict.reason)") }
            } else {
                let created = try store.create(
                    WorktreeRequest(name: name, carries: true, copies: settings.copies + settings.links))
                notes += created.notes
                record = created.record
            }
            if !keeps {
                try store.takeOver(record)
                for conflict in try store.clearLocal(label: "handoff to the worktree \(name)") {
                    notes.append("\(conflict.path.shownPath) stays: \(conflict.reason)")
                }
            }
            return (Self.counterpart(of: folder, from: store.root, to: record.path), name)
        }

        /// The same folder in another tree, or that tree's top where it has none.
        private static func counterpart(of folder: String, from root: String, to other: String) -> String {
            guard PathText.isWithin(folder, root), folder != root else { return other }
            let path = "\(other)/\(PathText.relative(folder, to: root))"
            return PosixFile.isDirectory(path) ? path : other
        }
    }
}
