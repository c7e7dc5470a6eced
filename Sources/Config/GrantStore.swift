import Basics
import Glibc
package import Wire

/// The grants for projects and for the user: `$LOCKGATE_HOME/grants.json`, mode 0600.
///
/// Sandboxed commands neither read nor write the folder, and no tool of a model's leads here. A file that is damaged
/// is an error and no empty list, so that nobody takes a lost grant, or a lost revocation, for the state.
package struct GrantStore: Sendable {
    private let file: LockedFile

    /// More grants than anybody can look through are refused.
    static let maximumGrants = 1000
    private static let maximumBytes = 16 << 20
    private static let version = 1

    /// - Parameter home: the folder of `LOCKGATE_HOME`.
    package init(home: String) {
        file = LockedFile(path: "\(home)/grants.json")
    }

    package var path: String { file.path }

    /// Takes grants back.
    ///
    /// - Returns: those that were there.
    /// - Throws: `grants.store`.
    package func revoke(where isMeant: (Grant) -> Bool) throws(LockgateError) -> [Grant] {
        var taken: [Grant] = []
        try change { grants in
            taken = grants.filter(isMeant)
            grants.removeAll(where: isMeant)
        }
        return taken
    }

    private func change(_ body: (inout [Grant]) throws(LockgateError) -> Void) throws(LockgateError) {
        try file.change(failure: { failure("cannot be written: \($0.reason)") }) { () throws(LockgateError) in
            var grants = try self.grants()
            try body(&grants)
            let now = WallTime.now
            grants.removeAll { $0.isExpired(at: now) }
            let json: JSONValue = ["version": .int(Self.version), "grants": .array(grants.map(\.json))]
            return json.bytes + [0x0A]
        }
    }

    private func failure(_ reason: String) -> LockgateError {
        LockgateError(
            "grants.store", "\(path.printable) \(reason)",
            remedy: "mend it, or move it away: what it granted is asked about again")
    }
}

extension GrantStore: GrantStorage {
    package func grants() throws(LockgateError) -> [Grant] {
        let bytes: [UInt8]
        do throws(SystemError) {
            guard let found = try file.read(limit: Self.maximumBytes) else { return [] }
            bytes = found
        } catch {
            throw failure("cannot be read: \(error.reason)")
        }
        guard let json = try? JSONValue(parsing: bytes), json["version"]?.int == Self.version,
            let list = json["grants"]?.array
        else { throw failure("is damaged or of another version") }
        let grants = list.compactMap(Grant.init(json:))
        guard grants.count == list.count, grants.allSatisfy({ $0.scope != .session }) else {
            throw failure("is damaged: it holds what is no grant")
        }
        return grants
    }

    package func add(_ new: [Grant]) throws(LockgateError) {
        try change { grants throws(LockgateError) in
            // The same exception once, with the newest expiry.
            grants.removeAll { old in
                new.contains { $0.rule == old.rule && $0.scope == old.scope && $0.project == old.project }
            }
            grants += new
            guard grants.count <= Self.maximumGrants else {
                throw LockgateError(
                    "grants.store", "\(path.printable) would hold more than \(Self.maximumGrants) grants",
                    remedy: "look through them with `lockgate grants list`, and take back what is not needed")
            }
        }
    }
}

extension ProjectIdentity {
    /// The project of a location; linked worktrees share that of their repository. Nil when the folder is gone.
    package init?(_ project: ProjectLocation) {
        let root = project.mainRoot ?? project.root
        var status = stat()
        guard stat(root, &status) == 0 else { return nil }
        self.init(root: root, inode: UInt64(status.st_ino))
    }
}
