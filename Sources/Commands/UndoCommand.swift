package import ArgumentParser
import Basics
import Wire
import Workspace

/// `lockgate undo`: take back what the agent's last turns did to the workspace.
package struct UndoCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "undo", abstract: "Take back what the last turns changed, after showing it.",
        discussion: """
            Files, modes, links, ignored files and .git go back to what they were before the turn. What you have edited \
            since stays: texts are merged, and where that is not possible the earlier content is put beside yours as \
            NAME.lockgate-undo. Undo is a turn of its own: `lockgate redo` takes it back.

            Without --yes nothing changes unless you agree on a terminal. Exits with 0 when all went back, 4 when \
            something stayed because it was edited since, 1 when nothing was done.
            """)

    @Argument(help: "How many turns (3), or back to before which (t12); then paths, all below them included.")
    var arguments: [String] = []
    @Flag(help: "In a session's stage instead of the workspace; then a session's id or its beginning may come first.")
    var staged = false
    @Flag(help: "List the turns instead.") var list = false
    @Flag(help: "List what checkpoints leave out instead.") var omitted = false
    @OptionGroup var options: RestoreOptions

    package init() {}

    package func run() throws {
        try RestoreOptions.reporting { () throws(LockgateError) in
            if staged { return try StagedUndo(options: options).run(arguments) }
            let folder = try options.workspace()
            let store = folder.store
            if list { return TurnList.show(store.turns(), size: store.size) }
            if omitted {
                for (path, reason) in try store.omissions() { print("\(path.shownPath)\t\(reason.text)") }
                return
            }
            let (choice, paths) = TurnChoice.parse(arguments)
            let relative = try paths.map { path throws(LockgateError) in try folder.relative(path) }
            let plan =
                switch choice {
                case .last(let count): try store.planUndo(last: count, paths: relative)
                case .turn(let id): try store.planUndo(backTo: id, paths: relative)
                }
            try options.carryOut(plan, in: store)
        }
    }
}

/// `lockgate redo`: take back the last undo.
package struct RedoCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "redo", abstract: "Take back the last undo, after showing what that changes.")

    @OptionGroup var options: RestoreOptions

    package init() {}

    package func run() throws {
        try RestoreOptions.reporting { () throws(LockgateError) in
            let store = try options.workspace().store
            try options.carryOut(try store.planRedo(), in: store)
        }
    }
}

/// Which turns an argument means.
enum TurnChoice: Equatable {
    /// So many from the newest.
    case last(Int)
    /// One by its number.
    case turn(Int)

    /// A first argument that is no turn is a path; `./3` is a file called 3.
    static func parse(_ arguments: [String]) -> (TurnChoice, paths: [String]) {
        guard let first = arguments.first else { return (.last(1), []) }
        if let count = Int(first), count > 0 { return (.last(count), Array(arguments.dropFirst())) }
        if first.hasPrefix("t"), let id = Int(first.dropFirst()), id > 0 {
            return (.turn(id), Array(arguments.dropFirst()))
        }
        return (.last(1), arguments)
    }
}

/// The turns of a workspace as lines.
enum TurnList {
    /// - Parameter size: what all checkpoints take, in bytes.
    static func show(_ turns: [TurnRecord], size: UInt64) {
        for turn in turns {
            let state = turn.after == nil ? "running or killed" : turn.after == turn.before ? "no changes" : "changed"
            let label = Array(turn.label.prefix(60).utf8).shownPath
            print("t\(turn.id)\t\(turn.began.rfc3339)\t\(turn.kind.rawValue)\t\(state)\t\(label)")
        }
        let megabytes = (size + 999_999) / 1_000_000
        print("checkpoints of this workspace: \(turns.count) turns, \(megabytes) MB")
    }
}
