import Basics
import Journal
import Policy
import Wire

/// How the policy stands to an effect at one moment, grants included, with what a question about it would show.
struct EffectStanding: Sendable {
    let verdict: Verdict
    /// The grants that answered; empty where none had to.
    let grants: [Grant]
    private let subject: Subject

    private enum Subject: Sendable {
        case command(CommandDecision, argv: [String], cwd: String)
        case changes([FileChangeSummary], FileChangeDecision)
        case toolCall(ServerToolCall)
        /// Asked about for itself alone, if at all.
        case other
    }

    /// - Parameters:
    ///   - policy: with the grants that count now.
    ///   - byHook: the verdict of a hook that wants it asked about; it stands whatever the policy would say.
    init(_ effect: Effect, context: EffectContext, policy: AccessPolicy, byHook: Verdict? = nil) {
        switch effect {
        case .runCommand(let argv, _, let cwd) where policy.judgesCommands || byHook != nil:
            let decision = policy.decision(onCommand: argv, in: cwd)
            (verdict, grants) = (byHook ?? decision.verdict, decision.grants)
            subject = .command(decision, argv: argv, cwd: cwd)
        case .changeFiles(let changes):
            let decision = policy.decision(onChanges: changes)
            (verdict, grants) = (byHook ?? decision.verdict, decision.grants)
            subject = .changes(changes, decision)
        case .callTool(let call):
            let decision = policy.decision(onToolCall: call)
            (verdict, grants) = (byHook ?? decision.verdict, decision.grants)
            subject = .toolCall(call)
        case .writeInput where context.isInterrupt:
            (verdict, grants, subject) = (policy.allowed, [], .other)
        default:
            (verdict, grants, subject) = (byHook ?? policy.verdict(on: effect), [], .other)
        }
    }

    /// What an answer is bound to, as the files are now.
    func binding(
        _ effect: Effect, context: EffectContext, surroundings: Approvals.Surroundings, policy: AccessPolicy,
        tree: FileBinding
    ) -> EffectBinding {
        switch subject {
        case .command(let decision, let argv, let cwd):
            EffectBinding(
                argv: argv, cwd: cwd, analysis: decision.analysis, environment: surroundings.environment,
                path: surroundings.path, roots: policy.writableRoots.map(\.value), tree: tree)
        case .changes(let changes, _): EffectBinding(changes: changes, diff: context.diff, tree: tree)
        case .toolCall, .other: EffectBinding(changes: [], diff: effect.json.text + (context.input ?? ""), tree: tree)
        }
    }

    func reach(_ binding: EffectBinding) -> EffectReach {
        switch subject {
        case .command(let decision, _, _):
            var reach = EffectReach(decision.analysis)
            reach.unknown += binding.limits
            return reach
        case .changes(let changes, _): return EffectReach(changes)
        case .toolCall, .other: return EffectReach()
        }
    }

    /// What a yes could keep; nil where nothing may be kept.
    func rememberable(_ binding: EffectBinding) -> [GrantRule]? {
        switch subject {
        case .command(let decision, let argv, let cwd):
            // A folder that is reached by a link can become another one.
            PosixFile.canonical(cwd) == cwd
                ? decision.rememberable(argv: argv, cwd: cwd, files: binding.files) : nil
        case .toolCall(let call): [.tool(server: call.server, tool: call.tool, definition: call.definition)]
        case .changes(_, let decision): decision.root.map { [.changes(root: $0)] }
        case .other: nil
        }
    }
}

extension EffectBinding {
    /// A change of files is worked out before it is asked about, and applied only to the contents it was worked out
    /// for; so it is bound to its paths, where they lead, and what it says.
    init(changes: [FileChangeSummary], diff: String?, tree: FileBinding) {
        let paths = changes.flatMap { [$0.path] + ($0.movedTo.map { [$0] } ?? []) }
        let files = paths.map(tree.place)
        let bound: JSONValue = [
            "changes": .array(changes.map(\.json)), "diff": .optional(diff), "files": .array(files.map(\.json)),
        ]
        self.init(digest: JournalRecord.digest(bound.bytes), files: files)
    }
}
