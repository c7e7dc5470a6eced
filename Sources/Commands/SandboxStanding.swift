import Basics
import Config
import Sandbox
import Wire

/// At which level a session's commands run, and what that was decided from; recorded in the session's first record.
struct SandboxStanding: Sendable, Hashable {
    var level: SandboxLevel
    /// nil where nothing was asked of the machine: danger-full-access.
    var survey: LayerSurvey?
    var permissions: SandboxLadder.Permissions

    /// What the level is worked out from, with a survey that may still be under way.
    struct Pending: Sendable {
        fileprivate let mode: SandboxMode
        fileprivate let network: NetworkMode
        fileprivate let permissions: SandboxLadder.Permissions
        fileprivate let survey: SurveyCache.Pending?
        /// What came of it already.
        private var known: SandboxStanding?

        fileprivate init(
            mode: SandboxMode, network: NetworkMode, permissions: SandboxLadder.Permissions,
            survey: SurveyCache.Pending?
        ) {
            self.mode = mode
            self.network = network
            self.permissions = permissions
            self.survey = survey
        }

        /// Waits for the survey, and keeps what comes of it for the next call.
        mutating func settle() throws(LockgateError) -> SandboxStanding {
            let standing = try standing()
            known = standing
            return standing
        }

        /// Waits for the survey. Call once, unless it was settled.
        ///
        /// - Throws: when the machine grants less than the mode needs; nothing runs then.
        func standing() throws(LockgateError) -> SandboxStanding {
            if let known { return known }
            guard let survey = try survey?.survey() else {
                return SandboxStanding(level: .unconfined, survey: nil, permissions: permissions)
            }
            let level = try SandboxLadder.level(survey, mode: mode, network: network, permissions: permissions)
            return SandboxStanding(level: level, survey: survey, permissions: permissions)
        }
    }

    /// Has the machine asked, where its answers are not known yet, while the session is prepared.
    static func begin(settings: Settings, home: String) throws(LockgateError) -> Pending {
        let isConfined = settings.sandboxMode != .dangerFullAccess
        return Pending(
            mode: settings.sandboxMode, network: settings.networkMode, permissions: .init(settings),
            survey: isConfined ? try SurveyCache(home: home).begin(helper: HelperLocation.find()) : nil)
    }

    /// - Parameter cache: nil to ask the machine without keeping the answer.
    static func find(
        mode: SandboxMode, network: NetworkMode, permissions: SandboxLadder.Permissions, cache: SurveyCache?
    ) throws(LockgateError) -> SandboxStanding {
        guard mode != .dangerFullAccess else {
            return SandboxStanding(level: .unconfined, survey: nil, permissions: permissions)
        }
        let helper = try HelperLocation.find()
        let survey = if let cache { try cache.survey(helper: helper) } else { try LayerSurvey.run(helper: helper) }
        let level = try SandboxLadder.level(survey, mode: mode, network: network, permissions: permissions)
        return SandboxStanding(level: level, survey: survey, permissions: permissions)
    }

    /// What a person is told where less than everything holds.
    var warning: String? { level.warning }

    var json: JSONValue {
        var object: JSONObject = [
            "level": .string(level.rawValue), "allow_degraded_sandbox": .bool(permissions.allowsFence),
            "outer_sandbox": .string(permissions.trustsOuterContainer ? "container" : "none"),
        ]
        if let survey { object["layers"] = survey.json }
        return .object(object)
    }
}

extension SandboxLadder.Permissions {
    init(_ settings: Settings) {
        self.init(
            allowsFence: settings.allowDegradedSandbox, trustsOuterContainer: settings.outerSandbox == .container)
    }
}
