import Basics
import Config
import Engine
import Hooks
import Journal
import Models
import Policy
import Wire

extension GrantBook {
    /// The grants of a configuration's project, and those of the user.
    convenience init(
        _ configuration: Configuration, home: String, session: [Grant] = [], view: FileViewSource? = nil
    ) {
        self.init(
            storage: GrantStore(home: home), project: ProjectIdentity(configuration.project), session: session,
            tree: FileBinding(view: view))
    }
}

extension SessionSetup {
    /// What a run's questions are put to.
    struct Questions: Sendable {
        /// What the user asked for, for a reviewing model.
        var task = ""
        /// The grants of a session that is gone on with.
        var sessionGrants: [Grant] = []
        /// Told before a question on the terminal and after its answer.
        var pause: @Sendable (Bool) -> Void = { _ in }
        /// Who asks the person; nil for lines on the terminal.
        var person: (any Reviewer)?
        /// Who asks the person what is wanted; nil where the agent cannot ask.
        var inquirer: (any Inquirer)?
        /// Shown the end of a command's output while it runs, by its item.
        var output: (@Sendable (_ item: String, _ tail: String) -> Void)?
    }

    /// Whether anybody is there to be asked.
    var hasReviewer: Bool {
        switch settings.approvalsReviewer {
        case .user: request.asks
        case .command, .autoReview: true
        case .never: false
        }
    }

    /// The gate's stage for questions, with the reviewer that the configuration names.
    ///
    /// - Returns: also the reviewing model, which has to be told the gate.
    /// - Throws: `grants.store`, `approvals.command`: a run does not start with half of what decides in it.
    func approvals(
        _ questions: Questions, policy: AccessPolicy, client: any ModelClient, variables: [String: String],
        journal: SessionJournal, events: EventLog, budget: BudgetLedger, launcher: SandboxLauncher,
        view: FileViewSource?
    ) throws(LockgateError) -> (Approvals, AutoReviewer?) {
        let book = GrantBook(configuration, home: home, session: questions.sessionGrants, view: view)
        _ = try book.active()
        launcher.connect(book)
        let spending = ReviewSpending()
        var nobody = "nobody can be asked in this run"
        var reviewer: (any Reviewer)?
        var model: AutoReviewer?
        switch settings.approvalsReviewer {
        case .user:
            if request.asks {
                let style = TerminalStyle(descriptor: 2, choice: request.colour, environment: environment)
                reviewer = questions.person ?? TerminalReviewer(style: style, pause: questions.pause)
            }
        case .command:
            reviewer = try CommandReviewer(
                settings.approvals.command, seconds: settings.approvals.timeoutSeconds, environment: environment,
                roots: policy.writableRoots.map(\.value))
        case .autoReview:
            let prices = selection.prices
            let name = selection.model
            model = AutoReviewer(
                client: client, model: name, task: questions.task,
                price: { prices.cost(model: name, usage: $0) }, journal: journal, spending: spending,
                budget: budget)
            reviewer = model
        case .never:
            nobody =
                "approvals_reviewer = \"never\" (\(try configuration.resolve("approvals_reviewer").origin)) refuses it"
        }
        let surroundings = Approvals.Surroundings(
            environment: policy.judgesCommands || !hooks.isEmpty ? Self.digest(variables) : "",
            path: (variables["PATH"] ?? "").split(separator: ":").map(String.init),
            grantDays: settings.approvals.grantDays)
        let approvals = Approvals(
            book: book, reviewer: reviewer, nobody: nobody, surroundings: surroundings, spending: spending,
            journal: journal, events: events)
        return (approvals, model)
    }

    private static func digest(_ variables: [String: String]) -> String {
        let list = variables.map { "\($0)=\($1)" }.sorted().map(JSONValue.string)
        return JournalRecord.digest(JSONValue.array(list).bytes)
    }
}
