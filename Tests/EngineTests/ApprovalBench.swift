import Basics
import Engine
import Glibc
import Journal
import Policy
import Synchronization
import Wire

/// A reviewer that answers by a closure and keeps what it was asked.
final class ScriptedReviewer: Reviewer {
    typealias Answering = @Sendable (ApprovalRequest, Int) async throws -> ApprovalAnswer

    let approver: Approver
    private let seen = Mutex<[ApprovalRequest]>([])
    private let answering: Answering

    init(_ approver: Approver = .user, _ answering: @escaping Answering) {
        self.approver = approver
        self.answering = answering
    }

    static func always(_ decision: ApprovalAnswer.Decision, message: String = "") -> ScriptedReviewer {
        ScriptedReviewer { _, _ in ApprovalAnswer(decision, message: message) }
    }

    var requests: [ApprovalRequest] { seen.withLock { $0 } }

    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer {
        let number = seen.withLock { seen in
            seen.append(request)
            return seen.count
        }
        return try await answering(request, number)
    }
}

/// Grants in memory.
final class MemoryGrants: GrantStorage {
    let state = Mutex<[Grant]>([])
    private let isBroken: Bool

    var all: [Grant] { state.withLock { $0 } }

    init(isBroken: Bool = false) { self.isBroken = isBroken }

    private func check() throws(LockgateError) {
        if isBroken { throw LockgateError("grants.store", "the file is damaged") }
    }

    func grants() throws(LockgateError) -> [Grant] {
        try check()
        return state.withLock { $0 }
    }

    func add(_ grants: [Grant]) throws(LockgateError) {
        try check()
        state.withLock { $0 += grants }
    }
}

/// A gate with a reviewer, in a folder of its own.
final class ApprovalBench: Sendable {
    let folder: String
    let gate: Gate
    let approvals: Approvals
    let journal: SessionJournal
    let storage: MemoryGrants
    let book: GrantBook
    private let seen = Log()

    final class Log: Sendable {
        let events = Mutex<[ThreadEvent]>([])
    }

    static let project = ProjectIdentity(root: "/project", inode: 7)

    init(
        in folder: String, reviewer: (any Reviewer)?, approval: ApprovalPolicy = .untrusted, rules: String = "",
        storage: MemoryGrants = MemoryGrants(), session: [Grant] = [], project: ProjectIdentity? = project,
        environment: String = "e"
    ) throws {
        self.folder = folder
        self.storage = storage
        let log = seen
        journal = .ephemeral()
        let events = EventLog(journal: journal) { event, _ in log.events.withLock { $0.append(event) } }
        book = GrantBook(storage: storage, project: project, session: session)
        let policy = AccessPolicy(
            sandboxMode: Sourced(.workspaceWrite), network: Sourced(.off), writableRoots: [Sourced(folder)],
            approvalPolicy: Sourced(approval),
            rules: try CommandRules(Array(rules.utf8), file: "/h/rules/default.rules", layer: .user))
        approvals = Approvals(
            book: book, reviewer: reviewer,
            surroundings: Approvals.Surroundings(
                environment: environment, path: ["\(folder)/bin", "/usr/bin", "/bin"]),
            journal: journal, events: events)
        gate = Gate(policy: policy, journal: journal, events: events, approvals: approvals)
    }

    /// The verdict of a refusal; nil when it ran.
    func run(_ script: String, in subfolder: String? = nil, ran: @Sendable () -> Void = {}) async throws -> Verdict? {
        try await run(argv: ["/bin/bash", "-c", script], in: subfolder, ran: ran)
    }

    func run(argv: [String], in subfolder: String? = nil, ran: @Sendable () -> Void = {}) async throws -> Verdict? {
        let cwd = subfolder.map { "\(folder)/\($0)" } ?? folder
        let effect = Effect.runCommand(argv: argv, display: argv.last ?? "", cwd: cwd)
        switch try await gate.pass(
            effect, item: "item_1",
            run: {
                ran()
                return (0, ["exit_code": 0])
            })
        {
        case .ran: return nil
        case .denied(let verdict): return verdict
        }
    }

    /// The same for a change of files.
    func change(_ names: String..., diff: String) async throws -> Verdict? {
        let effect = Effect.changeFiles(names.map { FileChangeSummary(path: "\(folder)/\($0)", kind: .update) })
        switch try await gate.pass(effect, item: "item_1", context: EffectContext(diff: diff), run: { (0, [:]) }) {
        case .ran: return nil
        case .denied(let verdict): return verdict
        }
    }

    var events: [ThreadEvent] { seen.events.withLock { $0 } }

    /// How many commands wait for an answer.
    var waiting: Int { get async { await approvals.waiting } }

    var records: [ApprovalRecord] {
        events.compactMap { if case .approval(let record) = $0 { record } else { nil } }
    }

    func write(_ name: String, _ text: String) throws {
        try PosixFile.replace("\(folder)/\(name)", with: Array(text.utf8), mode: 0o755)
    }
}
