package import Basics
package import Journal
package import Policy
import Synchronization
package import Wire

/// The grants that count in a session: those kept for the project and the user, and the session's own.
///
/// The gate and `lockgate explain` both take a policy's grants from here.
package final class GrantBook: Sendable {
    private let storage: any GrantStorage
    /// Nil where there is no project that grants could be kept for.
    private let project: ProjectIdentity?
    private let session: Mutex<[Grant]>
    /// Where the files of grants are.
    let tree: FileBinding

    /// A root that one more run of a command may write to.
    private struct OnceRoot: Sendable {
        var root: String
        var argv: [String]
        var cwd: String
    }

    private let once = Mutex<[OnceRoot]>([])

    /// - Parameters:
    ///   - session: the grants of a session that is gone on with.
    ///   - tree: the files that the session's commands find.
    package init(
        storage: any GrantStorage, project: ProjectIdentity?, session: [Grant] = [],
        tree: FileBinding = FileBinding()
    ) {
        self.tree = tree
        self.storage = storage
        self.project = project
        self.session = Mutex(session)
    }

    /// Those that count now: for this project, not expired, and with the files that they were given with.
    ///
    /// - Throws: `grants.store`; nothing counts then.
    package func active(at time: WallTime = .now) throws(LockgateError) -> [Grant] {
        try active(at: time) { _ in true }
    }

    /// - Parameter concerns: asked first, since the files of a grant are read to tell whether it counts.
    private func active(at time: WallTime, where concerns: (GrantRule) -> Bool) throws(LockgateError) -> [Grant] {
        let kept = try storage.grants().filter { grant in
            grant.scope == .user || grant.scope == .project && grant.project == project && project != nil
        }
        let own = session.withLock { $0 }.filter { $0.project == project }
        return (own + kept).filter { concerns($0.rule) && !$0.isExpired(at: time) && isUnchanged($0) }
    }

    /// A policy with the grants that count now.
    package func completing(_ policy: AccessPolicy) throws(LockgateError) -> AccessPolicy {
        var policy = policy
        policy.grants = try active()
        return policy
    }

    /// What a command may write to besides the policy's roots. A grant for once is used up by it.
    ///
    /// - Throws: `grants.store`; nothing is granted then.
    package func writableRoots(forRunning argv: [String], in cwd: String) throws(LockgateError) -> [String] {
        let kept = try active(at: .now) { $0.writableRoot != nil }.compactMap(\.rule.writableRoot)
        let single = once.withLock { once in
            let isMeant = { (root: OnceRoot) in root.argv == argv && root.cwd == cwd }
            defer { once.removeAll(where: isMeant) }
            return once.filter(isMeant).map(\.root)
        }
        return kept + single
    }

    func allowOnce(_ root: String, argv: [String], cwd: String) {
        once.withLock { $0.append(OnceRoot(root: root, argv: argv, cwd: cwd)) }
    }

    /// Makes an answer count from now on.
    ///
    /// - Throws: `grants.store` for grants that outlast the session and cannot be kept; they do not count then.
    func remember(_ offer: GrantOffer, at time: WallTime = .now) throws(LockgateError) -> [Grant] {
        let grants = offer.rules.map { rule in
            Grant(
                scope: offer.scope, rule: rule, project: offer.scope == .user ? nil : project, created: time,
                expires: offer.expires)
        }
        switch offer.scope {
        case .once: return []
        case .session: session.withLock { $0 += grants }
        case .project, .user: try storage.add(grants)
        }
        return grants
    }

    /// What can be answered about something that these rules would cover; nil rules cannot be kept.
    func offers(_ rules: [GrantRule]?, days: Int, at time: WallTime = .now) -> [GrantOffer] {
        guard let rules else { return [.once] }
        let expires = WallTime(milliseconds: time.milliseconds + Int64(days) * 86_400_000)
        var offers = [GrantOffer.once, GrantOffer(scope: .session, rules: rules)]
        if project != nil { offers.append(GrantOffer(scope: .project, rules: rules, expires: expires)) }
        // Whole command lines belong to the folder that they were asked in.
        let isGeneral = rules.allSatisfy { if case .prefix = $0 { true } else { false } }
        if isGeneral { offers.append(GrantOffer(scope: .user, rules: rules, expires: expires)) }
        return offers
    }

    private func isUnchanged(_ grant: Grant) -> Bool {
        switch grant.rule {
        case .changes(let root), .writes(let root): PosixFile.canonical(root) == root
        case .exact(let command):
            PosixFile.canonical(command.cwd) == command.cwd && command.files.allSatisfy(tree.holds)
        case .prefix, .tool: true
        }
    }

    /// The session's own grants in its records, or in those that are grants.
    ///
    /// - Parameter foreign: how many of the first records came from another machine, where nobody here granted anything.
    package static func sessionGrants(in records: [JournalRecord], foreign: Int = 0) -> [Grant] {
        records.filter { $0.isType("grant") && $0.sequence >= foreign }.compactMap { Grant(json: $0.payload) }
            .filter { $0.scope == .session }
    }
}

extension GrantRule {
    /// What it makes writable for commands; nil for a rule about something else.
    fileprivate var writableRoot: String? { if case .writes(let root) = self { root } else { nil } }
}
