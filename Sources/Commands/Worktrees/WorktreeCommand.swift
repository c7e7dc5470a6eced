package import ArgumentParser
import Basics
import Config
import Wire
import Workspace

/// `lockgate worktree`: the managed worktrees of a repository.
package struct WorktreeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "worktree", abstract: "List, compare, merge, hand over, remove and restore worktrees.",
        discussion: """
            `lockgate exec --worktree` makes a worktree below LOCKGATE_HOME/worktrees, on the branch lockgate/NAME. \
            What exists only there is never removed without an archive that `restore` brings back.
            """,
        subcommands: [
            List.self, Diff.self, Merge.self, WorktreeHandoff.self, Remove.self, Restore.self, Collect.self,
        ],
        defaultSubcommand: List.self)

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the worktrees of this repository.")

        @Flag(help: "The archives of those that were removed instead.") var archived = false
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let store = try place.store()
                if archived {
                    let all = store.archivedWorktrees
                    if place.json { return JSONValue.array(all.map(\.json)).text }
                    return all.isEmpty
                        ? "There are no archives."
                        : all.map { "\($0.id)\t\(LocalTime.text($0.archived))\t\($0.tip.prefix(12))" }
                            .joined(separator: "\n")
                }
                let records = store.records.filter { $0.state == .ready }
                // What cannot be looked into is listed all the same.
                let rows = records.map { record in (record, (try? store.changes(of: record.name))?.count) }
                if place.json {
                    return JSONValue.array(
                        rows.map { record, changes in
                            var json = record.json
                            json["changed"] = .optional(changes)
                            json["used"] = .string(store.lastUse(record).rfc3339)
                            return json
                        }
                    ).text
                }
                guard !rows.isEmpty else { return "There are no worktrees. Make one: lockgate exec --worktree \"...\"" }
                return rows.map { record, changes in
                    "\(record.name)\t\(record.branch)\t\(changes.map { "\($0) changed" } ?? "damaged")\tused \(LocalTime.text(store.lastUse(record)))\t\(record.path)"
                }.joined(separator: "\n")
            }
        }
    }

    struct Diff: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show what changed in a worktree since it was made.",
            discussion: "Committed or not, untracked files included, as a diff that `git apply` reads.")

        @Argument(help: "The worktree.") var name: String
        @Flag(help: "Paths only.") var nameOnly = false
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let store = try place.store()
                if place.json {
                    return JSONValue.object([
                        "name": .string(name),
                        "changes": .array(
                            try store.changes(of: name).map {
                                ["path": .string($0.path.shownPath), "kind": .string($0.kind.rawValue)]
                            }),
                    ]).text
                }
                let bytes = try store.diff(name, namesOnly: nameOnly)
                try CommandOutput.reporting { try PosixFile.writeAll(1, bytes) }
                return ""
            }
        }
    }

    struct Merge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take a worktree's changes over into the local tree, after showing them.",
            discussion: """
                All that changed there, committed or not, stands in the local tree as uncommitted changes; `lockgate \
                undo` takes it back. Texts that changed on both sides are merged; where that is not possible nothing is \
                merged, the paths are listed, and the exit code is 4. For the commits themselves: git merge lockgate/NAME.
                """)

        @Argument(help: "The worktree.") var name: String
        @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let store = try place.store()
                let merge = try store.planMerge(name)
                return try MergeReport(merge, isJSON: place.json).carryOut(in: store, yes: yes)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove a worktree and its branch; what exists only there is archived first.")

        @Argument(help: "The worktree.") var name: String
        @Flag(help: "Make no archive: what exists only there is gone.") var discard = false
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let removed = try place.store().remove(name, discards: discard)
                return place.json ? WorktreeOptions.json(removed).text : WorktreeOptions.line(removed)
            }
        }
    }

    struct Restore: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Bring a removed worktree back as it was, with its branch and index.")

        @Argument(help: "An archive, or a worktree's name for its newest one.") var archive: String
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let record = try place.store().restore(archive)
                return place.json ? record.json.text : "\(record.name) is back at \(record.path)"
            }
        }
    }

    struct Collect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "gc", abstract: "Remove worktrees that no session has used for long, by the rule of `remove`.")

        @Option(help: "After how many days; worktree.days if not given.") var days: Int?
        @Option(help: "Delete archives that are older than so many days as well; without it they stay.")
        var archives: Int?
        @OptionGroup var place: WorktreeOptions

        func run() async throws {
            try await CommandOutput.printing {
                let store = try place.store()
                let limit = try days ?? place.configuration().settings.worktree.days
                let (removed, kept) = try store.collect(unusedFor: max(0, limit))
                let forgotten = try archives.map { days throws(LockgateError) in
                    try store.forgetArchives(olderThan: max(0, days))
                }
                if place.json {
                    return JSONValue.object([
                        "removed": .array(removed.map(WorktreeOptions.json)),
                        "archives_deleted": .array((forgotten ?? []).map { .string($0) }),
                        "kept": .array(kept.map { ["name": .string($0.name), "reason": .string($0.reason)] }),
                    ]).text
                }
                let deleted = (forgotten ?? []).map { "archive \($0) deleted" }
                let lines = removed.map(WorktreeOptions.line) + deleted + kept.map { "\($0.name) stays: \($0.reason)" }
                return lines.isEmpty ? "Nothing to remove." : lines.joined(separator: "\n")
            }
        }
    }
}

/// What the worktree verbs share.
struct WorktreeOptions: ParsableArguments {
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The repository, or a folder in it.")
    var directory: String?
    @Flag(help: "As data.") var json = false

    func store() throws(LockgateError) -> WorktreeStore {
        let environment = ProcessEnvironment.variables
        let start = ProcessEnvironment.workingDirectory
        let folder = directory.map { PathText.absolute($0, from: start) } ?? start
        let home = try ConfigurationLoader.home(environment: environment)
        let search = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
        // Within a worktree its local tree is meant.
        if let record = WorktreeStore.record(at: PosixFile.canonical(folder) ?? folder, home: home) {
            return WorktreeStore(of: record, home: home, search: search)
        }
        return try WorktreeStore(home: home, directory: folder, search: search)
    }

    func configuration() throws(LockgateError) -> Configuration {
        try ConfigurationArguments.loader(directory: directory).load()
    }

    static func json(_ removed: RemovedWorktree) -> JSONValue {
        ["name": .string(removed.name), "archive": removed.archive?.json ?? .null]
    }

    static func line(_ removed: RemovedWorktree) -> String {
        guard let archive = removed.archive else { return "\(removed.name) removed; there was nothing only it had" }
        return "\(removed.name) removed; bring it back with: lockgate worktree restore \(archive.id)"
    }
}
