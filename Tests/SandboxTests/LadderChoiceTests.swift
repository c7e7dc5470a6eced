import Basics
import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("The choice of a level")
struct LadderChoiceTests {
    /// Everything granted but these layers.
    static func survey(without refused: [LayerSurvey.Layer] = [], landlock: Int32 = 7) -> LayerSurvey {
        var results = Dictionary(uniqueKeysWithValues: LayerSurvey.Layer.allCases.map { ($0.rawValue, Int32(0)) })
        for layer in refused { results[layer.rawValue] = EPERM }
        return LayerSurvey(results: results, landlockABI: landlock)
    }

    /// The level, or nil when refused.
    static func level(
        _ survey: LayerSurvey, _ mode: SandboxMode = .workspaceWrite, network: NetworkMode = .off,
        _ permissions: SandboxLadder.Permissions = .init()
    ) -> SandboxLevel? {
        try? SandboxLadder.level(
            survey, mode: mode, network: network, permissions: permissions,
            limits: HostLimits(settings: [:], isContainer: false))
    }

    static let fence = SandboxLadder.Permissions(allowsFence: true)
    static let outer = SandboxLadder.Permissions(trustsOuterContainer: true)

    @Test("everything granted is the full level, whatever is allowed")
    func full() {
        for permissions in [SandboxLadder.Permissions(), Self.fence, Self.outer] {
            #expect(Self.level(Self.survey(), permissions) == .full)
            #expect(Self.level(Self.survey(without: [.overlay]), permissions) == .full)
        }
        #expect(Self.level(Self.survey(without: [.userNamespaces], landlock: 0), .dangerFullAccess) == .unconfined)
    }

    private static func level(_ survey: LayerSurvey, _ permissions: SandboxLadder.Permissions) -> SandboxLevel? {
        level(survey, .workspaceWrite, permissions)
    }
    private static func level(
        _ survey: LayerSurvey, _ mode: SandboxMode, _ permissions: SandboxLadder.Permissions
    ) -> SandboxLevel? { level(survey, mode, network: .off, permissions) }

    @Test("a fresh /proc is done without only where signals are scoped")
    func outerProc() {
        let levels = [0, 1, 5, 6, 7].map { Self.level(Self.survey(without: [.freshProc], landlock: $0)) }
        #expect(levels == [nil, nil, nil, .outerProc, .outerProc])
        #expect([0, 1, 2].map { Self.level(Self.survey(landlock: $0)) } == [.noLandlock, .noLandlock, .full])
    }

    @Test(
        "any layer of the namespaces that is refused leaves the fence",
        arguments: [
            LayerSurvey.Layer.userNamespaces, .mounts, .pidNamespaces, .netNamespaces, .ipcNamespaces, .pidfdGetfd,
        ])
    func fence(_ layer: LayerSurvey.Layer) {
        let survey = Self.survey(without: [layer])
        #expect(Self.level(survey, .readOnly) == .fence)
        #expect(Self.level(survey, .workspaceWrite) == nil, "only when the user says so")
        #expect(Self.level(survey, .workspaceWrite, Self.fence) == .fence)
        #expect(Self.level(survey, .workspaceWrite, network: .on, Self.fence) == nil, "it has no network")
        #expect(Self.level(Self.survey(without: [layer], landlock: 5), .readOnly, Self.fence) == nil)
        #expect(Self.level(Self.survey(without: [layer, .seccompFilter]), .readOnly, Self.fence) == nil)
        #expect(Self.level(Self.survey(without: [layer], landlock: 0), .workspaceWrite, Self.outer) == .outerSandbox)
    }

    @Test(
        "a refusal names the setting that takes the namespaces away",
        arguments: [
            ("kernel.unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
            ("user.max_user_namespaces", "0", "sysctl user.max_user_namespaces="),
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "AppArmor profile"),
        ])
    func remedy(_ name: String, _ value: String, _ expected: String) throws {
        let error = #expect(throws: LockgateError.self) {
            try SandboxLadder.level(
                Self.survey(without: [.userNamespaces], landlock: 4), mode: .readOnly, network: .off,
                permissions: .init(), limits: HostLimits(settings: [name: value], isContainer: false))
        }
        #expect(error?.remedy?.contains(expected) == true)
        #expect(error?.message.contains("user_namespaces: Operation not permitted") == true)
        #expect(error?.message.contains("Landlock ABI 4") == true)
    }

    @Test("a survey is read whole or not at all")
    func parsing() {
        let lines = LayerSurvey.Layer.allCases.map { "\($0.rawValue) 0" } + ["landlock_abi 7"]
        #expect(LayerSurvey(lines.joined(separator: "\n")) == Self.survey())
        for broken in [
            Array(lines.dropFirst()), lines + ["more 0"], lines + [lines[0]], lines.dropLast() + ["landlock_abi x"],
            lines.dropLast() + ["landlock_abi -1"], [],
        ] {
            #expect(LayerSurvey(broken.joined(separator: "\n")) == nil)
        }
    }

    @Test("a survey is kept, and a stale, damaged or foreign file is not believed")
    func cache() throws {
        let fixture = try SandboxFixture(.current, in: .coveredProc)
        let cache = SurveyCache(home: fixture.home)
        let file = fixture.home + "/sandbox-survey.json"
        let real = try cache.survey(helper: fixture.helper)
        #expect(!real.grants(.freshProc))
        let kept = try PosixFile.read(file, limit: 1 << 16)

        // What is kept is what is answered: a file with another answer and the right key shows that it is read.
        let json = try JSONValue(parsing: kept[...])
        let other = Self.survey()
        func store(_ key: JSONValue?, version: Int = 1) throws {
            let value: JSONValue = ["version": .int(version), "key": key ?? .null, "layers": other.json]
            try PosixFile.replace(file, with: value.bytes)
        }
        try store(json["key"])
        #expect(try cache.survey(helper: fixture.helper) == other)

        for member in ["boot", "kernel", "helper", "uid", "settings", "namespaces", "held"] {
            var key = try #require(json["key"]?.object)
            key[member] = .string("another")
            try store(.object(key))
            #expect(try cache.survey(helper: fixture.helper) == real, "\(member)")
            #expect(try PosixFile.read(file, limit: 1 << 16) == kept, "written anew")
        }
        try store(json["key"], version: 2)
        #expect(try cache.survey(helper: fixture.helper) == real)
        for damaged in ["", "{", "[]", String(decoding: kept.dropLast(20), as: UTF8.self)] {
            try PosixFile.replace(file, with: Array(damaged.utf8))
            #expect(try cache.survey(helper: fixture.helper) == real)
        }
        try store(json["key"])
        chmod(file, 0o666)
        #expect(try cache.survey(helper: fixture.helper) == real, "others could have written it")
        try SandboxFixture.host("rm '\(file)' && mkdir '\(file)'")
        #expect(try cache.survey(helper: fixture.helper) == real, "nowhere to keep it")
        #expect(try cache.renewed(helper: fixture.helper) == real)
    }
}
