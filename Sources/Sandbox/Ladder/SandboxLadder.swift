import Basics
package import Wire

/// Chooses the level at which commands run from what the machine grants and the user allows. Pure: the same answers give
/// the same level.
package enum SandboxLadder {
    /// What the user's configuration says about less than a complete sandbox.
    package struct Permissions: Sendable, Hashable {
        /// Whether `workspace-write` may run at the level `fence`.
        package var allowsFence: Bool
        /// Whether a container around the agent counts as the sandbox where no layer of our own can be had.
        package var trustsOuterContainer: Bool

        package init(allowsFence: Bool = false, trustsOuterContainer: Bool = false) {
            self.allowsFence = allowsFence
            self.trustsOuterContainer = trustsOuterContainer
        }
    }

    /// The Landlock ABI from which signals are scoped: 6, Linux 6.12.
    static let signalScope: Int32 = 6

    /// - Throws: `sandbox.unavailable` with what is missing and how to mend it.
    package static func level(
        _ survey: LayerSurvey, mode: SandboxMode, network: NetworkMode, permissions: Permissions,
        limits: @autoclosure () -> HostLimits = .current()
    ) throws(LockgateError) -> SandboxLevel {
        if mode == .dangerFullAccess { return .unconfined }
        let namespaces: [LayerSurvey.Layer] = [
            .userNamespaces, .mounts, .pidNamespaces, .netNamespaces, .ipcNamespaces, .seccompFilter,
            .seccompNotification, .pidfdGetfd,
        ]
        if namespaces.allSatisfy(survey.grants) {
            if survey.grants(.freshProc) { return survey.landlockABI >= 2 ? .full : .noLandlock }
            if survey.landlockABI >= signalScope { return .outerProc }
        }
        if permissions.trustsOuterContainer { return .outerSandbox }
        let limits = limits()
        guard survey.grants(.seccompFilter), survey.landlockABI >= signalScope else {
            throw refusal(survey, "not enough for any level of it", limits)
        }
        guard network != .on else {
            throw refusal(survey, "only the level fence, which has no network", limits)
        }
        guard mode == .readOnly || permissions.allowsFence else {
            throw refusal(
                survey, "only the level fence, which workspace-write takes with allow_degraded_sandbox = true", limits)
        }
        return .fence
    }

    private static func refusal(_ survey: LayerSurvey, _ found: String, _ limits: HostLimits) -> LockgateError {
        let missing =
            survey.lines.filter { $0.result != "granted" && $0.name != "overlay" && $0.name != "landlock_abi" }
            .map { "\($0.name): \($0.result)" } + ["Landlock ABI \(survey.landlockABI), needed is \(signalScope)"]
        return LockgateError(
            "sandbox.unavailable",
            "This machine grants too little for the sandbox: \(found) (\(missing.joined(separator: "; "))). No command was run.",
            remedy: limits.remedy(survey))
    }
}
