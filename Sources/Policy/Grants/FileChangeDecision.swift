import Basics
package import Wire

/// The gate's decision on a change of files by the agent's own tools.
package struct FileChangeDecision: Sendable, Hashable {
    package var verdict: Verdict
    /// The grant that answered, if one did.
    package var grants: [Grant]
    /// The writable root that holds all of it, for which it could be granted; nil where there is none.
    package var root: String?
}

extension AccessPolicy {
    /// Decides on a change of files. `verdict(on:)` is this function's verdict.
    package func decision(onChanges changes: [FileChangeSummary]) -> FileChangeDecision {
        let paths = changes.flatMap { [$0.path] + ($0.movedTo.map { [$0] } ?? []) }
        for path in paths {
            if let refusal = refusal(ofChangeTo: path) { return FileChangeDecision(verdict: refusal, grants: []) }
        }
        guard approvalPolicy.value == .untrusted, !paths.isEmpty else {
            return FileChangeDecision(verdict: allowed, grants: [])
        }
        let root = writableRoots.first { root in paths.allSatisfy { PathText.isWithin($0, root.value) } }?.value
        let grant = grants.first { grant in
            guard case .changes(let granted) = grant.rule else { return false }
            return paths.allSatisfy { PathText.isWithin($0, granted) }
        }
        if let grant {
            let verdict = Verdict(.allow, rule: grant.rule.text, origin: grant.origin)
            return FileChangeDecision(verdict: verdict, grants: [grant], root: root)
        }
        let more = paths.count > 1 ? " and \(paths.count - 1) more" : ""
        let verdict = Verdict(
            .ask, rule: "approval_policy = \"untrusted\"", origin: approvalPolicy.origin,
            reason: "\(paths[0])\(more) would be changed", grant: "-c approval_policy=on-request")
        return FileChangeDecision(verdict: verdict, grants: [], root: root)
    }
}
