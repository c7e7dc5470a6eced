package import Basics
import Glibc
package import Wire

/// Which content the user approved, for each project: `$LOCKGATE_HOME/trust.json`.
///
/// Several contents of one project can be approved at once, so that switching branches does not ask again. Sandboxed
/// commands neither read nor write the folder.
package struct TrustStore: Sendable {
    private let home: String
    private var path: String { "\(home)/trust.json" }

    /// Approved contents a project keeps; the oldest goes first.
    static let maximumSets = 32
    /// Larger items are kept as hashes only, and a later change shows no difference.
    static let maximumText = 16_384
    private static let version = 1

    /// One approved content.
    private struct Approval {
        var digest: String
        var time: String
        var items: [(name: String, digest: String, text: String?)]

        init(_ content: ProjectContent, time: String) {
            digest = content.digest
            self.time = time
            items = content.items.map { item in
                let text =
                    item.content.count <= TrustStore.maximumText ? String(validating: item.content, as: UTF8.self) : nil
                return (item.name, item.digest, text)
            }
        }

        init?(_ json: JSONValue) {
            guard let digest = json["digest"]?.string, let time = json["time"]?.string, let list = json["items"]?.array
            else { return nil }
            self.digest = digest
            self.time = time
            items = []
            for item in list {
                guard let name = item["name"]?.string, let digest = item["digest"]?.string else { return nil }
                items.append((name, digest, item["text"]?.string))
            }
        }

        var json: JSONValue {
            [
                "digest": .string(digest), "time": .string(time),
                "items": .array(
                    items.map { item in
                        var object: JSONObject = ["name": .string(item.name), "digest": .string(item.digest)]
                        if let text = item.text { object["text"] = .string(text) }
                        return .object(object)
                    }),
            ]
        }
    }

    /// - Parameter home: the folder of `LOCKGATE_HOME`.
    package init(home: String) {
        self.home = home
    }

    /// How a content stands to what was approved for its project. Content without items needs no approval.
    ///
    /// - Throws: `trust.store` when the store cannot be read; nothing counts as approved then.
    package func review(_ content: ProjectContent) throws(LockgateError) -> ContentReview {
        if content.items.isEmpty { return ContentReview(content: content, changes: []) }
        let approvals = try read()[content.root] ?? []
        if approvals.contains(where: { $0.digest == content.digest }) {
            return ContentReview(content: content, changes: [])
        }
        let new = Set(content.items.map(\.digest))
        let nearest = approvals.max { left, right in
            left.items.count { new.contains($0.digest) } < right.items.count { new.contains($0.digest) }
        }
        return ContentReview(content: content, changes: Self.changes(from: nearest, to: content))
    }

    private static func changes(from approval: Approval?, to content: ProjectContent) -> [ContentReview.Change] {
        let old = approval?.items ?? []
        var changes: [ContentReview.Change] = []
        for item in content.items {
            if let before = old.first(where: { $0.name == item.name }) {
                guard before.digest != item.digest else { continue }
                changes.append(
                    .init(kind: .changed, name: item.name, old: before.text.map { Array($0.utf8) }, new: item.content))
            } else {
                changes.append(.init(kind: .added, name: item.name, old: nil, new: item.content))
            }
        }
        for before in old where !content.items.contains(where: { $0.name == before.name }) {
            changes.append(.init(kind: .removed, name: before.name, old: before.text.map { Array($0.utf8) }, new: nil))
        }
        return changes.sorted { $0.name < $1.name }
    }

    /// Approves a content, once.
    ///
    /// - Throws: `trust.store` when the store cannot be read or written.
    package func approve(_ content: ProjectContent, at time: WallTime = .now) throws(LockgateError) {
        try change { approvals in
            var list = approvals[content.root] ?? []
            list.removeAll { $0.digest == content.digest }
            list.append(Approval(content, time: time.rfc3339))
            approvals[content.root] = Array(list.suffix(Self.maximumSets))
        }
    }

    /// Forgets everything that was approved for a project.
    package func revoke(_ root: String) throws(LockgateError) {
        try change { $0[root] = nil }
    }

    // MARK: The file

    private func read() throws(LockgateError) -> [String: [Approval]] {
        guard PosixFile.exists(path) else { return [:] }
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try PosixFile.read(path, limit: 64 << 20)
        } catch {
            throw failure("cannot be read: \(error.reason)")
        }
        guard let json = try? JSONValue(parsing: bytes), json["version"]?.int == Self.version,
            let projects = json["projects"]?.object
        else { throw failure("is damaged or of another version") }
        var result: [String: [Approval]] = [:]
        for (root, list) in projects.members {
            let approvals = (list.array ?? []).compactMap(Approval.init)
            guard approvals.count == list.array?.count else { throw failure("is damaged") }
            result[root] = approvals
        }
        return result
    }

    /// Reads, changes and writes under a lock, so that two runs do not lose each other's approval.
    private func change(_ body: (inout [String: [Approval]]) -> Void) throws(LockgateError) {
        let file = LockedFile(path: path)
        try file.change(failure: { failure("cannot be written: \($0.reason)") }) { () throws(LockgateError) in
            var approvals = try read()
            body(&approvals)
            let projects = approvals.sorted { $0.key < $1.key }.map { root, list in
                (root, JSONValue.array(list.map(\.json)))
            }
            let json: JSONValue = ["version": .int(Self.version), "projects": .object(JSONObject(projects))]
            return json.bytes + [0x0A]
        }
    }

    private func failure(_ reason: String) -> LockgateError {
        LockgateError(
            "trust.store", "\(path.printable) \(reason)",
            remedy: "mend it, or move it away and review the projects again with `lockgate trust`")
    }
}
