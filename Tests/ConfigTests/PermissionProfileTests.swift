import Basics
import Testing
import Wire

@testable import Config

@Suite("Permission profiles")
struct PermissionProfileTests {
    private static let careful = """
        [permissions.careful]
        description = "for strangers' code"
        extends = "base"
        approval_policy = "untrusted"
        filesystem.deny_read = ["/srv/secret"]
        budget.usd = 1.5
        [permissions.base]
        extends = ":workspace"
        network.mode = "off"
        allow_login_shell = false
        """

    @Test("A profile's values count at the place that names it, each with its own origin")
    func expands() throws {
        try Fixture.with { fixture in
            try fixture.writeSystem("network.mode = \"on\"\nfilesystem.deny_read = [\"/srv/other\"]\n")
            try fixture.writeUser("default_permissions = \"careful\"\n" + Self.careful)
            let configuration = try fixture.load(trust: .trusted)
            let settings = configuration.settings
            #expect(settings.sandboxMode == .workspaceWrite)
            #expect(settings.approvalPolicy == .untrusted)
            #expect(settings.networkMode == .off)
            #expect(settings.allowLoginShell == false)
            #expect(settings.budget.usd == 1.5)
            #expect(settings.denyRead == ["/srv/other", "/srv/secret"])
            #expect(settings.defaultPermissions == "careful")
            let file = "\(fixture.home)/config.toml"
            #expect(
                try configuration.resolve("approval_policy").origin == Origin(.user, file: file, line: 5, column: 1))
            #expect(try configuration.resolve("network.mode").origin == Origin(.user, file: file, line: 10, column: 1))
            // A built-in profile has no place of its own: the value is the one that named it.
            #expect(try configuration.resolve("sandbox_mode").origin.line == 9)
        }
    }

    @Test("A stronger layer's own value wins, and so does a stronger layer's profile")
    func layers() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("default_permissions = \"careful\"\n" + Self.careful)
            #expect(try fixture.load("approval_policy=never", trust: .trusted).settings.approvalPolicy == .never)
            let chosen = try fixture.load("default_permissions=:danger-full-access", trust: .trusted)
            #expect(chosen.settings.sandboxMode == .dangerFullAccess)
            #expect(chosen.settings.approvalPolicy == .never)
        }
    }

    @Test("A project can choose a profile, which then only narrows, and can define none")
    func projects() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("sandbox_mode = \"workspace-write\"\n" + Self.careful)
            try fixture.writeProject("default_permissions = \":danger-full-access\"\n")
            let wide = try fixture.load(trust: .trusted)
            #expect(wide.settings.sandboxMode == .workspaceWrite)
            #expect(wide.warnings.contains { $0.message.contains("a project may only narrow it") })
            try fixture.writeProject("default_permissions = \":read-only\"\n")
            #expect(try fixture.load(trust: .trusted).settings.sandboxMode == .readOnly)
            try fixture.writeProject(
                "default_permissions = \"own\"\n[permissions.own]\nsandbox_mode = \"danger-full-access\"\n")
            #expect(try fixture.failure().code == "config.unknown_profile")
        }
    }

    @Test("Saying otherwise beside the profile is an error that names both places")
    func contradictions() throws {
        try Fixture.with { fixture in
            try fixture.writeUser(
                "default_permissions = \"careful\"\nallow_login_shell = true\n" + Self.careful)
            let error = try fixture.failure()
            let file = "\(fixture.home)/config.toml"
            #expect(error.code == "config.contradiction")
            #expect(
                error.message == """
                    \(file):2:1: allow_login_shell = true contradicts the permission profile "careful" named at \
                    \(file):1:1, where it is false (\(file):12:1)
                    """)
            // The same twice is no contradiction.
            try fixture.writeUser("default_permissions = \"careful\"\nallow_login_shell = false\n" + Self.careful)
            #expect(try fixture.load(trust: .trusted).settings.allowLoginShell == false)
            #expect(
                try fixture.failure("default_permissions=:read-only", "sandbox_mode=workspace-write").code
                    == "config.contradiction")
        }
    }

    @Test("Unknown names, cycles and keys that no profile has are errors with a remedy")
    func errors() throws {
        try Fixture.with { fixture in
            try fixture.writeUser(Self.careful)
            let unknown = try fixture.failure("default_permissions=carefull")
            #expect(unknown.code == "config.unknown_profile")
            #expect(unknown.remedy == "did you mean \"careful\"?")
            try fixture.writeUser("[permissions.a]\nextends = \"b\"\n[permissions.b]\nextends = \"a\"\n")
            let cycle = try fixture.failure("default_permissions=a")
            #expect(cycle.code == "config.profile_cycle")
            #expect(cycle.message.hasSuffix("a -> b -> a"))
            try fixture.writeUser("[permissions.a]\nmodel = \"x\"\n")
            #expect(try fixture.failure().message.contains("permissions.a.model"))
        }
    }

    @Test("The administrator's requirements bound a profile as they bound any value")
    func requirements() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.system)/requirements.toml", "allowed_sandbox_modes = [\"read-only\", \"workspace-write\"]\n")
            try fixture.writeUser("default_permissions = \":danger-full-access\"\n")
            let configuration = try fixture.load(trust: .trusted)
            #expect(configuration.settings.sandboxMode == .workspaceWrite)
            #expect(configuration.warnings.contains { $0.code == "config.requirement" })
        }
    }
}
