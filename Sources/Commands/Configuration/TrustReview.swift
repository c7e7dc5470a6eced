import Basics
import Config
import Text
import Wire

/// What a person is shown before trusting a project.
struct TrustReview {
    private let status: ProjectTrust.Status

    init(_ status: ProjectTrust.Status) {
        self.status = status
    }

    /// Trusted, with nothing that was not approved.
    var isSettled: Bool { status.level == .trusted && status.review.isApproved }

    /// One line on how things stand.
    var outcome: String {
        let root = TerminalStyle.harmless(status.project.root)
        let count = status.review.content.items.count
        let content = "\(count) executable \(count == 1 ? "item" : "items"), content \(shortDigest)"
        switch status.level {
        case .trusted where status.review.isApproved: return "\(root) is trusted: \(content)"
        case .trusted: return "\(root) is trusted, but its content changed and is not obeyed: \(content)"
        case .untrusted, nil: return "\(root) is not trusted: \(content), none of it obeyed"
        }
    }

    private var shortDigest: String { String(status.review.content.digest.prefix(12)) }

    /// What would be executed: the changes since the last approval, or everything.
    ///
    /// - Parameters:
    ///   - all: everything, also where it was approved before.
    ///   - hooksOnly: leaves out everything but hooks, and says how much that is.
    func text(all: Bool, hooksOnly: Bool = false) -> String {
        var changes = status.review.changes
        if all || (hooksOnly && changes.isEmpty) {
            changes = status.review.everything
        }
        let shown = hooksOnly ? changes.filter { Self.isHook($0.name) } : changes
        var parts = [outcome]
        for change in shown { parts.append(difference(change)) }
        if shown.isEmpty { parts.append(hooksOnly ? "It brings no hooks." : "It brings nothing new that is executed.") }
        if shown.count < changes.count {
            let rest = changes.count - shown.count
            parts.append("\(rest) other \(rest == 1 ? "item is" : "items are") not shown: see --all --show.")
        }
        return parts.joined(separator: "\n\n")
    }

    /// The refusal where nobody could be asked, or said no.
    var refusal: LockgateError {
        LockgateError(
            "trust.unreviewed", "\(status.project.root) was not trusted: nobody confirmed what it would execute",
            remedy:
                "look at it with `lockgate trust --show`, then run `lockgate trust` on a terminal, or `lockgate trust --yes`",
            exitCode: 5)
    }

    /// The hooks of a project that do not count yet: it is not trusted, or its content changed.
    static func hooks(
        waitingIn configuration: Configuration, _ loader: ConfigurationLoader
    ) throws(LockgateError) -> [String] {
        guard configuration.review?.isApproved != true else { return [] }
        return try ProjectTrust(loader).status().review.content.items.map(\.name).filter(isHook)
    }

    private static func isHook(_ name: String) -> Bool {
        let parts = name.split(separator: "/")
        return parts.contains("hooks") || parts.last == "hooks.json" || name.contains(".toml hooks")
    }

    /// A change as a diff; what is not text is named with its size.
    private func difference(_ change: ContentReview.Change) -> String {
        let name = TerminalStyle.harmless(change.name)
        let kind =
            switch change.kind {
            case .added: "+ \(name)"
            case .changed: "~ \(name)"
            case .removed: "- \(name)"
            }
        let item = status.review.content.items.first { $0.name == change.name }
        var heading = kind
        if item?.kind == .link { heading += " (a link; what it points to is not followed)" }
        if item?.isExecutable == true { heading += " (executable)" }
        guard let bytes = change.new else { return heading }
        if change.kind == .changed, change.old == nil { heading += " (what was approved was too large to keep)" }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            return "\(heading)\n    \(bytes.count) bytes, not text"
        }
        let version = { (bytes: [UInt8]) in UnifiedDiff.Version(path: change.name, bytes: bytes) }
        let diff = UnifiedDiff(old: change.old.map(version), new: version(bytes)).rendered()
        // The hunks alone: the name stands above.
        let lines = String(decoding: diff, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let body = lines.drop { !$0.hasPrefix("@@") }.filter { !$0.isEmpty }
        return ([heading] + body.map { "    " + TerminalStyle.harmless(String($0)) }).joined(separator: "\n")
    }
}
