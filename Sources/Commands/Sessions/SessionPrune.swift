import ArgumentParser
import Basics
import Config
import Glibc
import Journal
import Sessions
import Wire
import Workspace

extension SessionsCommand {
    /// `lockgate sessions prune`.
    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete and compress old sessions as [retention] says.",
            discussion: """
                The oldest first; one that is open, has a name, or has changes waiting in a stage stays. The same happens \
                once a day beside a run. Without any setting in [retention] nothing is ever deleted.
                """)

        @Flag(help: "Say what would be done, and do nothing.") var dryRun = false
        @Flag(help: "Print one JSON object.") var json = false

        func run() async throws {
            try await CommandOutput.printing {
                let loader = try ConfigurationArguments.loader(directory: nil)
                let settings = try loader.load(trust: .untrusted).settings
                let pruning = SessionPruning(home: loader.home, settings: settings)
                let plan = pruning.plan()
                if !dryRun { _ = pruning.begin() }
                let failures = dryRun ? [] : pruning.carryOut(plan)
                if plan.isBehind(WallTime.now) {
                    CommandOutput.warn(
                        "the clock went more than a week ahead since it was last looked at: ages are counted to "
                            + "\(LocalTime.text(plan.now)); if it is right, the rest is done from tomorrow on")
                }
                if json { return Self.json(plan, failures).text }
                for failure in failures { CommandOutput.warn(failure.message) }
                return Self.text(of: plan, isDone: !dryRun)
            }
        }

        private static func text(of plan: RetentionPlan, isDone: Bool) -> String {
            func line(_ verb: String, _ candidate: RetentionPlan.Candidate, _ why: String) -> String {
                "\(verb) \(candidate.location.id.text.prefix(18))  \(LocalTime.text(candidate.lastUse))  "
                    + "\(candidate.bytes) bytes  \(why)"
            }
            var lines = plan.deletions.map { line(isDone ? "deleted" : "would delete", $0.candidate, $0.setting) }
            lines += plan.archivings.map {
                line(isDone ? "archived" : "would archive", $0, "retention.archive_after_days")
            }
            lines += plan.held.map { line("kept", $0, $0.hold ?? "") }
            return lines.isEmpty ? "Nothing is to be done." : lines.joined(separator: "\n")
        }

        private static func json(_ plan: RetentionPlan, _ failures: [LockgateError]) -> JSONValue {
            func list(_ candidates: [RetentionPlan.Candidate]) -> JSONValue {
                .array(candidates.map { .string($0.location.id.text) })
            }
            return [
                "deleted": list(plan.deletions.map(\.candidate)), "archived": list(plan.archivings),
                "held": list(plan.held), "failures": .array(failures.map { .string($0.message) }),
            ]
        }
    }
}

extension SessionPruning {
    init(home: String, settings: Settings) {
        let retention = settings.retention
        self.init(
            home: home,
            policy: RetentionPolicy(
                maxAgeDays: retention.maxAgeDays, maxBytes: retention.maxBytes ?? settings.history.maxBytes,
                archiveAfterDays: retention.archiveAfterDays)
        ) { id in
            // A stage whose state cannot be read may hold something.
            do { return try StageFolder(home: home, session: id.text).read()?.state == .open } catch { return true }
        }
    }

    /// Does what is due once a day, beside a run and behind it. The end of the process may cut it at any point: each step
    /// takes effect whole or not at all.
    static func runBeside(home: String, settings: Settings) {
        let pruning = SessionPruning(home: home, settings: settings)
        guard pruning.isDue else { return }
        DetachedThread {
            // On Linux this is the thread's own.
            _ = nice(19)
            let plan = pruning.plan()
            if pruning.begin() { pruning.carryOut(plan) }
        }.start()
    }
}
