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
    private var watch: PlanWatch?
    private var isUnwatchable = false

    private let policy: SandboxPolicy
    private let environment: [String: String]

    init(_ policy: SandboxPolicy, environment: [String: String]) throws(LockgateError) {
        self.policy = policy
        self.environment = environment
        base = MountPlan()
        if policy.mode != .dangerFullAccess { base = try PlanCompiler.compile(policy, environment: environment) }
    }

    /// Looks for changes, at the price of one system call when there are none. False when another view is needed.
    ///
    /// `isForced`: the helper found a difference, so the plan is to be put in place even if it reads the same.
    mutating func update(isForced: Bool, helper: String) throws(LockgateError) -> Bool {
        if policy.mode == .dangerFullAccess { return true }
        // The first command of a session is often its only one: watching begins with the second.
        if watch == nil, !isUnwatchable { watch = PlanWatch() }
        let hasChanged = watch?.hasChanged() ?? true
        if !hasChanged, !isForced { return true }
        let witness = watch?.begin()
        let plan = try PlanCompiler.compile(policy, environment: environment, witness: witness)
        if let witness, watch?.follow(witness) == false {
            isUnwatchable = true
            watch = nil
        }
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
