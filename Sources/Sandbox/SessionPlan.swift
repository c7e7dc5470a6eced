import Wire

/// What a session protects, kept up to date: compiled once, and again only when something changed that it was made of.
///
/// The view is built from `base`. What is to be protected since then goes along with each command (`current`), which
/// puts it into its own copy of the view. Only another set of writable folders needs another view.
struct SessionPlan {
    private(set) var base: MountPlan
    /// nil while it is `base`.
    private(set) var current: MountPlan?
    private(set) var keeper: ReservedNames?
    /// For a fence's commands.
    private(set) var temporary: TemporaryFolder?
    private var watch: PlanWatch?
    private var isUnwatchable = false
    /// How often watching began anew, and which of these the last command was sent in.
    private(set) var watching = 0
    private var sent = 0
    /// Whether every name on the way to what is protected is watched.
    private var isCovered = false

    let policy: SandboxPolicy
    private let environment: [String: String]

    /// - Parameter temporary: of the plan before, which goes on in use.
    init(
        _ policy: SandboxPolicy, environment: [String: String], temporary known: TemporaryFolder? = nil
    ) throws(LockgateError) {
        self.policy = policy
        self.environment = environment
        base = MountPlan()
        guard hasPlan else { return }
        base = try PlanCompiler.compile(policy, environment: environment)
        guard policy.level == .fence else { return }
        let folder = if let known { known } else { try TemporaryFolder() }
        temporary = folder
        base = try FencePlan.make(base, policy: policy, temporary: folder.path)
    }

    /// The command with the variables that lead to its temporary folder, where that is not /tmp.
    func completed(_ command: SandboxCommand) -> SandboxCommand {
        guard let temporary else { return command }
        var command = command
        for name in ["TMPDIR", "TMP", "TEMP"] { command.environment[name] = temporary.path }
        return command
    }

    /// Whether there is anything to put in place.
    private var hasPlan: Bool { policy.mode != .dangerFullAccess && policy.level != .outerSandbox }

    /// Whether, after an `update`, the helper may take what it last found in place for being in place still: no name on the
    /// way to it has changed since before the last command was sent, and the helper looks after each command it is not told
    /// this with. A stage has names of its own, which nobody watches.
    var isSettled: Bool {
        watch != nil && isCovered && sent == watching && current == nil && policy.stage == nil && temporary == nil
    }

    /// A command was sent that had been prepared in this `watching`.
    mutating func wasSent(in watching: Int) { sent = max(sent, watching) }

    /// Looks for changes, at the price of one system call when there are none. False when another view is needed.
    ///
    /// `isForced`: the helper found a difference, so the plan is to be put in place even if it reads the same.
    mutating func update(isForced: Bool, helper: String) throws(LockgateError) -> Bool {
        guard hasPlan else { return true }
        if let temporary {
            // Nothing of a fence can be changed once it stands; a new one costs little and takes nothing along.
            let plan = try PlanCompiler.compile(policy, environment: environment)
            return try FencePlan.make(plan, policy: policy, temporary: temporary.path) == base
        }
        // The first command of a session is often its only one: watching begins with the second.
        if watch == nil, !isUnwatchable { watch = PlanWatch() }
        let hasChanged = watch?.hasChanged() ?? true
        if !hasChanged, !isForced { return true }
        watching += 1
        let witness = watch?.begin()
        let plan = try PlanCompiler.compile(policy, environment: environment, witness: witness)
        if let witness, watch?.follow(witness) == false {
            isUnwatchable = true
            watch = nil
        }
        isCovered = witness.map { plan.protectedPaths.allSatisfy($0.covers) } ?? false
        if plan == current ?? base, !isForced { return true }
        guard plan.hasSameView(as: base) else { return false }
        let known = Set(base.placeholders)
        if isForced || plan.placeholders.contains(where: { !known.contains($0) }) {
            // The new one holds all names before the old one lets go.
            keeper = try ReservedNames(plan, helper: helper)
        }
        current = plan == base && !isForced && keeper == nil ? nil : plan
        return true
    }
}
