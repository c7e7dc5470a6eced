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

    /// - Throws: when the machine grants less than the mode needs; nothing runs then.
    static func find(settings: Settings, home: String) throws(LockgateError) -> SandboxStanding {
        try find(
            mode: settings.sandboxMode, network: settings.networkMode, permissions: .init(settings),
            cache: SurveyCache(home: home))
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
