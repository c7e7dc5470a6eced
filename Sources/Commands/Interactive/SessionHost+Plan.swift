import Config
import Engine
import TUI
import Wire
import Workspace

/// Plan mode: turns in which the agent looks and plans, and can change nothing.
///
/// The session goes on under another policy: read-only, without a network, and without anybody who is asked for more. The
/// gate refuses by it and the sandbox is set up by it; the words that go along with a prompt only say what is wanted.
extension SessionHost {
    private static let restrictions = [
        ExecRequest.Override(key: "sandbox_mode", text: "read-only", flag: "/plan"),
        ExecRequest.Override(key: "network.mode", text: "off", flag: "/plan"),
        ExecRequest.Override(key: "approval_policy", text: "never", flag: "/plan"),
    ]

    /// - Parameter prompt: what is to be planned; empty only changes the mode.
    func togglePlan(_ prompt: String) async {
        guard await setPlanning(!isPlanning || !prompt.isEmpty) else { return }
        if !prompt.isEmpty { post(.submit(prompt)) }
    }

    /// - Returns: whether the mode is the wanted one.
    @discardableResult
    func setPlanning(_ wanted: Bool) async -> Bool {
        guard wanted != isPlanning else { return true }
        if wanted {
            // The plan is made of the folder itself; what waits in a stage would not be seen.
            guard (try? waiting()) ?? 0 == 0 else {
                fail(
                    LockgateError(
                        "plan.staged",
                        "plan mode looks at the folder itself, and this session's changes wait in a stage",
                        remedy: "apply or drop them first: /review"))
                return false
            }
            let former = request.overrides
            formerOverrides = former
            let keys = Set(Self.restrictions.map(\.key))
            let wanted = former.filter { !keys.contains($0.key) } + Self.restrictions
            if await change(to: wanted, "Plan mode: the agent looks, asks and plans. Nothing can be changed.") {
                return true
            }
            formerOverrides = nil
            return false
        }
        guard let former = formerOverrides else { return true }
        formerOverrides = nil
        if await change(to: former, "Plan mode is over.") { return true }
        formerOverrides = former
        return false
    }

    /// How many changes wait in this session's stage.
    private func waiting() throws -> Int {
        guard let stage = try stage() else { return 0 }
        return try stage.store.staged(stage.folder).changes.count
    }

    /// What goes to the model with a prompt.
    func parts(_ prompt: String) -> [ContentPart] {
        defer { images = [] }
        return [.text(prompt)] + images + (isPlanning ? [.text(PlanMode.instructions)] : [])
    }

    /// Asks what becomes of the plan that a turn ended with.
    func offerPlan(_ end: TurnEnd) {
        guard isPlanning else { return }
        switch end {
        case .done(let message), .doneWithDenials(let message):
            guard let plan = ProposedPlan.plan(in: message) else { return }
            proposedPlan = plan
            post(
                .pick(
                    Picker(
                        .plan, title: "Go on with this plan?",
                        items: [
                            Picker.Item(
                                id: "accept", title: "Yes, carry it out",
                                detail: "under the permissions from before: \(formerMode)"),
                            Picker.Item(id: "edit", title: "Edit it first", detail: "it opens in the composer"),
                            Picker.Item(
                                id: "refuse", title: "No, go on planning", detail: "say what should be different"),
                        ])))
        case .failed: return
        }
    }

    private var formerMode: String {
        var request = request
        request.overrides = formerOverrides ?? request.overrides
        let setup = try? SessionSetup.load(request, environment: environment)
        return setup?.settings.sandboxMode.rawValue ?? "?"
    }

    func decidePlan(_ choice: String) async {
        guard let plan = proposedPlan else { return }
        proposedPlan = nil
        switch choice {
        case "accept": if await setPlanning(false) { post(.submit(ProposedPlan.prompt(plan))) }
        case "edit": if await setPlanning(false) { post(.edited(ProposedPlan.prompt(plan))) }
        default:
            post(
                .note(.init(.info, "The plan was not taken. Say what should be different; Shift-Tab leaves plan mode."))
            )
        }
    }
}
