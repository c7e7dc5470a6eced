package import ArgumentParser
import Basics
import Glibc
import Text
import Wire
import Workspace

/// `lockgate diff`: what a turn changed, in git's form.
package struct DiffCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what the agent's last turn, or another, changed.",
        discussion: """
            Files and links outside of .git as a diff that `git apply` reads; changes in .git by name. With --staged what \
            a session has staged and nobody has applied.
            """)

    @Argument(help: "How many turns back (1 is the last that changed something), or which (t12); then paths.")
    var arguments: [String] = []
    @Flag(help: "What is staged; then a session's id or its beginning may come first.") var staged = false
    @Flag(help: "With --staged: print one JSON object.") var json = false
    @Flag(help: "Paths only.") var nameOnly = false
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The workspace, or a folder in it.")
    var directory: String?

    package init() {}

    package func run() throws {
        try RestoreOptions.reporting { () throws(LockgateError) in
            guard !staged else { return try showStaged() }
            let folder = try OpenWorkspace(directory)
            let (choice, names) = TurnChoice.parse(arguments)
            let paths = try names.map { name throws(LockgateError) in try folder.relative(name) }
            let turn = try Self.turn(choice, in: folder.store)
            var out: [UInt8] = []
            for change in try folder.store.changes(of: turn) {
                guard paths.isEmpty || paths.contains(where: { change.path.isWithin($0) }) else { continue }
                out += try nameOnly ? Self.name(change) : Self.rendered(change, folder.store)
            }
            try Self.write(out)
        }
    }

    private func showStaged() throws(LockgateError) {
        let stage = try OpenStage(arguments, in: directory)
        let paths = try stage.rest.map { name throws(LockgateError) in try stage.relative(name) }
        let report = StagedReport(staged: try stage.store.staged(stage.folder), store: stage.store)
        if json { return try Self.write(try report.json.bytes + [0x0A]) }
        var out: [UInt8] = []
        for change in report.staged.changes {
            guard paths.isEmpty || paths.contains(where: { change.path.isWithin($0) }) else { continue }
            out += try nameOnly ? Self.name(change) : Self.staged(change, stage.store)
        }
        if !nameOnly { out += try report.notes().flatMap { Array("# \($0)\n".utf8) } }
        try Self.write(out)
    }

    /// In a repository by name, since its files are nothing to read; folders and modes in a line, which a diff has not.
    private static func staged(_ change: TreeChange, _ store: CheckpointStore) throws(LockgateError) -> [UInt8] {
        guard !change.isInRepository else { return [] }
        let diff = try rendered(change, store)
        let sides = [change.old, change.new].compactMap(\.self)
        let isWhole = sides.allSatisfy { $0.kind == .file || $0.kind == .link }
        guard isWhole, change.old?.mode == change.new?.mode || sides.count == 1 else {
            let modes = sides.map { String($0.mode, radix: 8) }.joined(separator: " -> ")
            let kinds = sides.contains { $0.kind == .folder } ? "folder, " : ""
            let line = name(change).dropLast() + Array(" (\(kinds)mode \(modes))\n".utf8)
            return Array("# ".utf8) + line + diff
        }
        return diff
    }

    private static func write(_ bytes: [UInt8]) throws(LockgateError) {
        do throws(SystemError) {
            try PosixFile.writeAll(STDOUT_FILENO, bytes)
        } catch {
            throw LockgateError("output.failed", "standard output: \(error.reason)")
        }
    }

    private static func turn(_ choice: TurnChoice, in store: CheckpointStore) throws(LockgateError) -> TurnRecord {
        switch choice {
        case .turn(let id): return try store.turn(id)
        case .last(let count):
            guard let found = store.turns().filter({ $0.after != $0.before }).suffix(count).first else {
                throw LockgateError("workspace.nothing", "There is no such turn")
            }
            return found
        }
    }

    private static func name(_ change: TreeChange) -> [UInt8] {
        let mark = change.old == nil ? "A" : change.new == nil ? "D" : "M"
        return Array("\(mark)\t\(change.path.shownPath)\n".utf8)
    }

    static func rendered(_ change: TreeChange, _ store: CheckpointStore) throws(LockgateError) -> [UInt8] {
        let isInGit = change.isInRepository
        let sides = [change.old, change.new].compactMap { $0 }
        guard !isInGit, sides.allSatisfy({ $0.kind == .file || $0.kind == .link }) else {
            return isInGit || sides.contains { $0.kind == .omitted } ? Array("# ".utf8) + name(change) : []
        }
        return UnifiedDiff(
            old: try version(change.path, change.old, store), new: try version(change.path, change.new, store)
        ).rendered()
    }

    private static func version(
        _ path: [UInt8], _ entry: SnapshotEntry?, _ store: CheckpointStore
    ) throws(LockgateError) -> UnifiedDiff.Version? {
        guard let entry else { return nil }
        let mode: UInt32 = entry.kind == .link ? 0o120000 : 0o100000 | (entry.mode & 0o100 == 0 ? 0o644 : 0o755)
        return UnifiedDiff.Version(
            path: String(decoding: path, as: UTF8.self), bytes: try store.content(entry), mode: mode)
    }
}
