package import Basics

/// A recorded exception: what runs without a question, where, and until when. Only people and the programs that they
/// set up as reviewers give grants; nothing that a model can call does.
package struct Grant: Sendable, Hashable {
    /// How far it reaches. A grant for `once` is never kept.
    package enum Scope: String, Sendable, Hashable, CaseIterable { case once, session, project, user }

    /// `g` and 16 hexadecimal digits.
    package var id: String
    package var scope: Scope
    package var rule: GrantRule
    /// The project that it counts in; nil for the user's grants, and for sessions outside of any project.
    package var project: ProjectIdentity?
    package var created: WallTime
    /// The moment from which it no longer counts; nil lasts as long as its session.
    package var expires: WallTime?

    package init(
        id: String = Grant.newID(), scope: Scope, rule: GrantRule, project: ProjectIdentity? = nil,
        created: WallTime = .now, expires: WallTime? = nil
    ) {
        self.id = id
        self.scope = scope
        self.rule = rule
        self.project = project
        self.created = created
        self.expires = expires
    }

    package static func newID() -> String {
        let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
        return "g" + String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Grants stand beside the layers of configuration.
    package var origin: Origin { Origin(.grant(id)) }

    /// Until when, for people.
    package var expiry: String { expires.map { "until \($0.rfc3339)" } ?? "until the session ends" }

    /// How to take it back.
    package var revocation: String {
        scope == .session ? "it ends with the session" : "lockgate grants revoke \(id)"
    }

    package func isExpired(at time: WallTime) -> Bool { expires.map { $0 <= time } ?? false }

    package var json: JSONValue {
        var object: JSONObject = [
            "id": .string(id), "scope": .string(scope.rawValue), "rule": rule.json, "text": .string(rule.text),
            "created": .string(created.rfc3339),
        ]
        if let project { object["project"] = project.json }
        if let expires { object["expires"] = .string(expires.rfc3339) }
        return .object(object)
    }

    /// Reads what `json` writes; nil for anything else, so that half a grant never counts.
    package init?(json: JSONValue) {
        guard let id = json["id"]?.string, let scope = json["scope"]?.string.flatMap(Scope.init(rawValue:)),
            scope != .once, let rule = json["rule"].flatMap(GrantRule.init(json:)),
            let created = json["created"]?.string.flatMap(WallTime.init(rfc3339:))
        else { return nil }
        self.init(id: id, scope: scope, rule: rule, created: created)
        if let value = json["project"] {
            guard let project = ProjectIdentity(json: value) else { return nil }
            self.project = project
        }
        if let value = json["expires"] {
            guard let expires = value.string.flatMap(WallTime.init(rfc3339:)) else { return nil }
            self.expires = expires
        }
        guard scope == .session || (scope == .project) == (project != nil), scope == .session || expires != nil else {
            return nil
        }
    }
}

/// Which project a grant belongs to: the folder at that path, not another one that takes its place later.
package struct ProjectIdentity: Sendable, Hashable {
    /// The root without symbolic links.
    package var root: String
    /// The inode of the root. Device numbers change from one start of a machine to the next, so they are left out.
    package var inode: UInt64

    package init(root: String, inode: UInt64) {
        self.root = root
        self.inode = inode
    }

    package var json: JSONValue { ["root": .string(root), "inode": .string(String(inode))] }

    package init?(json: JSONValue) {
        guard let root = json["root"]?.string, let inode = json["inode"]?.string.flatMap(UInt64.init) else {
            return nil
        }
        self.init(root: root, inode: inode)
    }
}
