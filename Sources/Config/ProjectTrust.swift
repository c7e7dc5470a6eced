package import Basics
package import Wire

/// Decides about a project: what `lockgate trust` shows and does.
package struct ProjectTrust: Sendable {
    private let loader: ConfigurationLoader
    private let store: TrustStore

    package init(_ loader: ConfigurationLoader) {
        self.loader = loader
        store = TrustStore(home: loader.home)
    }

    /// How things stand.
    package struct Status: Sendable, Hashable {
        package var project: ProjectLocation
        package var level: TrustLevel?
        /// The content as it is now, also of a project that is not trusted. Nothing of it was executed.
        package var review: ContentReview

        package var json: JSONValue {
            [
                "root": .string(project.root), "trust_level": .optional(level?.rawValue),
                "content": .string(review.content.digest), "approved": .bool(review.isApproved),
                "items": .array(
                    review.content.items.map { ["kind": .string($0.kind.rawValue), "name": .string($0.name)] }),
                "changes": .array(
                    review.changes.map { ["kind": .string($0.kind.rawValue), "name": .string($0.name)] }),
            ]
        }
    }

    /// - Throws: errors of the user's or the project's configuration, `trust.content`, `trust.store`.
    package func status() throws(LockgateError) -> Status {
        let configuration = try loader.load(trust: .untrusted)
        let level = configuration.trustLevel
        let layers = try loader.readProject(configuration.project, isTrusted: true).layers
        let content = try ProjectContent.collect(configuration.project, layers, home: loader.home)
        return Status(project: configuration.project, level: level, review: try store.review(content))
    }

    /// Trusts the project, and approves the content that was shown.
    ///
    /// - Parameter digest: the digest of the content that the user saw.
    /// - Throws: `trust.changed` when the content is another one by now; nothing is trusted then.
    package func trust(showing digest: String) throws(LockgateError) -> Status {
        let status = try status()
        guard status.review.content.digest == digest else {
            throw LockgateError(
                "trust.changed", "the content of \(status.project.root.printable) changed while it was being reviewed",
                remedy: "run `lockgate trust` again", exitCode: 5)
        }
        if !status.review.content.items.isEmpty { try store.approve(status.review.content) }
        if status.level != .trusted { try write(.trusted, status.project.root) }
        return try self.status()
    }

    /// Takes the trust back and forgets what was approved.
    package func distrust() throws(LockgateError) -> Status {
        let status = try status()
        try write(.untrusted, status.project.root)
        try store.revoke(status.project.root)
        return try self.status()
    }

    private func write(_ level: TrustLevel, _ root: String) throws(LockgateError) {
        let key = DottedKey.join(["projects", root, "trust_level"])
        _ = try ConfigurationEditor(loader).set(key, to: level.rawValue)
    }
}
