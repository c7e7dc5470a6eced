import ArgumentParser
import Basics
import Config
import Glibc
import Wire
import Workspace

/// What `undo` and `redo` share: where, whether to ask, and the preview.
struct RestoreOptions: ParsableArguments {
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The workspace, or a folder in it.")
    var directory: String?
    @Flag(name: .shortAndLong, help: "Do it without asking.") var yes = false

    /// The workspace that holds the folder, with its checkpoints.
    func workspace() throws(LockgateError) -> OpenWorkspace { try OpenWorkspace(directory) }

    /// Shows the plan, asks, and carries it out.
    func carryOut(_ plan: RestorePlan, in store: CheckpointStore) throws(LockgateError) {
        try carryOut(plan) { plan throws(LockgateError) in try store.apply(plan) }
    }

    /// The same with what carries it out.
    func carryOut(
        _ plan: RestorePlan, by apply: (RestorePlan) throws(LockgateError) -> [RestorePlan.Conflict]
    ) throws(LockgateError) {
        show(plan)
        guard !plan.isEmpty else { return print("Nothing would change.") }
        guard yes || asks() else {
            throw LockgateError(
                "workspace.not_confirmed", "Nothing was changed", remedy: "Add --yes to do what is listed above.")
        }
        let kept = try apply(plan)
        print("\(plan.steps.count) paths went back, \(kept.count) stayed.")
        for conflict in kept where !plan.conflicts.contains(conflict) { print(Self.line(conflict)) }
        guard kept.isEmpty else {
            throw LockgateError(
                "workspace.conflicts", "Some paths were edited since and stay as they are",
                remedy: "Compare them with the .lockgate-undo files beside them.", exitCode: 4)
        }
    }

    private func show(_ plan: RestorePlan) {
        let turns = plan.turns.map { "t\($0)" }.joined(separator: ", ")
        if !turns.isEmpty { print("\(plan.kind.rawValue) of \(turns):") }
        for step in plan.steps { print("  \(step.verb) \(step.path.isEmpty ? "." : step.path.shownPath)") }
        for conflict in plan.conflicts { print(Self.line(conflict)) }
        for ref in plan.left { print("  left \(ref.path.shownPath): \(ref.reason)") }
        for path in plan.lost { print("  lost \(path.shownPath): checkpoints do not cover it") }
    }

    private static func line(_ conflict: RestorePlan.Conflict) -> String {
        let copy = conflict.copy.map { "; the earlier one goes to \($0.shownPath)" } ?? ""
        return "  keep \(conflict.path.shownPath): \(conflict.reason)\(copy)"
    }

    /// Asks on a terminal; anything but yes is no.
    private func asks() -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        print("Do it? [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }

    /// Prints an error as the other verbs do and ends with its code.
    static func reporting(_ body: () throws(LockgateError) -> Void) throws {
        do throws(LockgateError) {
            try body()
        } catch {
            fflush(nil)
            CommandOutput.report(error)
            throw ExitCode(error.exitCode)
        }
    }
}

/// The nearest folder above with checkpoints.
struct OpenWorkspace {
    let store: CheckpointStore
    private let directory: String

    init(_ chosen: String?) throws(LockgateError) {
        let start = PathText.absolute(chosen ?? ".", from: ProcessEnvironment.workingDirectory)
        let home = try ConfigurationLoader.home(environment: ProcessEnvironment.variables)
        guard let workspace = CheckpointStore.enclosing(start, home: home) else {
            throw LockgateError(
                "workspace.no_checkpoints", "There are no checkpoints of \(start) or a folder above it",
                remedy: "Checkpoints are taken when the agent works there; name the folder with -C.")
        }
        store = try CheckpointStore(home: home, workspace: workspace)
        directory = PosixFile.canonical(start) ?? start
    }

    /// A path of the command line as the store knows it.
    func relative(_ path: String) throws(LockgateError) -> [UInt8] {
        let absolute = PathText.absolute(path, from: directory)
        guard PathText.isWithin(absolute, store.workspace) else {
            throw LockgateError(
                "workspace.outside", "\(path) is outside of the workspace \(store.workspace)", exitCode: 2)
        }
        return absolute == store.workspace ? [] : Array(PathText.relative(absolute, to: store.workspace).utf8)
    }
}
