import Basics
import Glibc
import Testing
import Wire

@testable import Config

@Suite("What a project may set")
struct ProjectRuleTests {
    @Test(
        "Keys that redirect or execute are refused with their place",
        arguments: [
            "model_provider = \"evil\"", "model_providers.openai.base_url = \"https://evil.example\"",
            "model_providers.openai.env_key = \"AWS_SECRET_ACCESS_KEY\"", "model_instructions_file = \"/etc/shadow\"",
            "sandbox_workspace_write.writable_roots = [\"/\"]", "projects.\"/\".trust_level = \"trusted\"",
            "project_root_markers = []", "shell_environment_policy.set.GIT_SSH_COMMAND = \"evil\"",
            "approvals.command = [\"evil\"]", "approvals.timeout_seconds = 1", "approvals.grant_days = 3650",
            "check.command = \"evil\"", "prices.gpt.input = 0", "history.persistence = \"none\"",
        ])
    func refused(line: String) throws {
        try Fixture.with { fixture in
            let without = try fixture.load(trust: .trusted)
            try fixture.writeProject("# first\n\(line)\n")
            let configuration = try fixture.load(trust: .trusted)
            #expect(configuration.settings == without.settings)
            let place = Origin(
                .project(fixture.project), file: "\(fixture.project)/.lockgate/config.toml", line: 2, column: 1)
            #expect(configuration.warnings.map(\.origin) == [place])
            #expect(configuration.warnings.map(\.code) == ["config.project_refused"])
            #expect(configuration.warnings[0].message.hasPrefix("\(fixture.project)/.lockgate/config.toml:2: "))
            let key = String(line[..<(line.firstIndex(of: " ") ?? line.endIndex)])
            #expect(try configuration.resolve(key).refused.map(\.origin) == [place])
        }
    }

    @Test(
        "A project may narrow what the user gave, and no more",
        arguments: [
            ("", "sandbox_mode = \"read-only\"", true), ("", "sandbox_mode = \"danger-full-access\"", false),
            ("sandbox_mode = \"read-only\"", "sandbox_mode = \"workspace-write\"", false),
            ("sandbox_mode = \"danger-full-access\"", "sandbox_mode = \"workspace-write\"", true),
            ("", "approval_policy = \"never\"", false), ("", "approval_policy = \"untrusted\"", true),
            ("", "approvals_reviewer = \"auto_review\"", false), ("", "approvals_reviewer = \"command\"", false),
            ("", "approvals_reviewer = \"never\"", true),
            ("approvals_reviewer = \"auto_review\"", "approvals_reviewer = \"user\"", true),
            ("", "network.mode = \"allowlist\"", false), ("network.mode = \"on\"", "network.mode = \"ask\"", true),
            ("", "sandbox_workspace_write.network_access = true", false),
            ("", "sandbox_workspace_write.exclude_slash_tmp = true", true),
            (
                "sandbox_workspace_write.exclude_slash_tmp = true", "sandbox_workspace_write.exclude_slash_tmp = false",
                false
            ),
            ("", "allow_login_shell = false", true), ("allow_login_shell = false", "allow_login_shell = true", false),
            ("", "budget.usd = 5", true), ("budget.usd = 1", "budget.usd = 2", false),
            ("budget.usd = 1", "budget.usd = 0.5", true),
            ("", "shell_environment_policy.ignore_default_excludes = true", false),
        ])
    func narrowing(user: String, project: String, isTaken: Bool) throws {
        try Fixture.with { fixture in
            try fixture.writeUser(user)
            try fixture.writeProject(project)
            let configuration = try fixture.load(trust: .trusted)
            let key = String(project[..<(project.firstIndex(of: " ") ?? project.endIndex)])
            let resolution = try configuration.resolve(key)
            if isTaken {
                #expect(resolution.origin.layer == .project(fixture.project))
                #expect(configuration.warnings == [])
            } else {
                #expect(resolution.refused.map(\.origin.layer) == [.project(fixture.project)])
                #expect(configuration.warnings.map(\.code) == ["config.project_refused"])
                #expect(configuration.settings == (try fixture.withoutProjectFile().settings))
            }
        }
    }

    @Test("The refusal of a wider value names both places")
    func bothPlaces() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("\n\nsandbox_mode = \"read-only\"\n")
            try fixture.writeProject("sandbox_mode = \"workspace-write\"\n")
            #expect(
                try fixture.load(trust: .trusted).warnings.map(\.message) == [
                    """
                    \(fixture.project)/.lockgate/config.toml:1: sandbox_mode ignored: a project may only narrow it, and \
                    \(fixture.home)/config.toml:3 says "read-only"
                    """
                ])
        }
    }

    @Test("Nothing of a project without trust is read, and that is said", arguments: [nil, TrustLevel.untrusted])
    func untrusted(level: TrustLevel?) throws {
        try Fixture.with { fixture in
            try fixture.writeProject("this is = = not even TOML")
            let configuration = try fixture.load(trust: level)
            let path = "\(fixture.project)/.lockgate/config.toml"
            #expect(
                configuration.warnings == [
                    ConfigurationWarning(
                        code: "config.project_untrusted",
                        message: "\(path) ignored: the project is not trusted (see it, then run `lockgate trust`)",
                        origin: Origin(.project(fixture.project), file: path))
                ])
            #expect(configuration.settings.sandboxMode == .readOnly)
        }
    }

    @Test("A project's file that is a link elsewhere is refused", arguments: ["file", "folder"])
    func links(kind: String) throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.base)/outside/config.toml", "model = \"x\"\n")
            let folder = "\(fixture.project)/.lockgate"
            if kind == "file" {
                #expect(symlink("\(fixture.base)/outside/config.toml", "\(folder)/config.toml") == 0)
            } else {
                #expect(rmdir(folder) == 0)
                #expect(symlink("\(fixture.base)/outside", folder) == 0)
            }
            #expect(try fixture.failure().code == "config.link")
        }
    }

    @Test("The user's own file is not taken for a project's when the project is the home directory")
    func homeAsProject() throws {
        try Fixture.with { fixture in
            try Fixture.makeFolder("\(fixture.base)/home/.git")
            try fixture.writeUser("model = \"mine\"\nhistory.persistence = \"none\"\n")
            for trust in [TrustLevel.trusted, .untrusted] {
                let configuration = try fixture.load(trust: trust, in: "\(fixture.base)/home")
                #expect(configuration.warnings == [])
                #expect(configuration.files.count == 1)
            }
        }
    }
}

@Suite("Trust and project root")
struct TrustTests {
    @Test("A decision in the user's file counts for the project", arguments: [TrustLevel.trusted, .untrusted])
    func decision(level: TrustLevel) throws {
        try Fixture.with { fixture in
            try fixture.writeUser("[projects.\"\(fixture.project)\"]\ntrust_level = \"\(level.rawValue)\"\n")
            try fixture.writeProject("model = \"p\"\n")
            let inner = "\(fixture.project)/a/b"
            try Fixture.makeFolder(inner)
            for directory in [fixture.project, inner] {
                let configuration = try fixture.load(in: directory)
                #expect(configuration.trust == level)
                #expect(configuration.settings.model == (level == .trusted ? "p" : nil))
                #expect(configuration.settings.sandboxMode == (level == .trusted ? .workspaceWrite : .readOnly))
                #expect(configuration.trustLevel(of: fixture.project) == level)
                #expect(configuration.trustLevel(of: fixture.base) == nil)
            }
        }
    }

    @Test("No spelling of a path escapes its decision", arguments: ["link", "dots", "slash", "tilde"])
    func spellings(kind: String) throws {
        try Fixture.with { fixture in
            let spelling: String
            switch kind {
            case "link":
                spelling = "\(fixture.base)/alias"
                #expect(symlink(fixture.project, spelling) == 0)
            case "dots": spelling = "\(fixture.base)/home/../project"
            case "slash": spelling = "\(fixture.project)/"
            default: spelling = "~/../project"
            }
            try fixture.writeUser("[projects.\"\(spelling)\"]\ntrust_level = \"untrusted\"\n")
            try fixture.writeSystem("[projects.\"\(fixture.project)\"]\ntrust_level = \"trusted\"\n")
            #expect(try fixture.load().trust == .untrusted)
            if kind == "link" { #expect(try fixture.load(in: spelling).trust == .untrusted) }
        }
    }

    @Test("The nearest decision counts, and within one file untrusted wins over another spelling")
    func nearest() throws {
        try Fixture.with { fixture in
            let inner = "\(fixture.project)/vendor"
            try Fixture.makeFolder(inner)
            try fixture.writeUser(
                """
                [projects]
                "\(fixture.project)" = { trust_level = "trusted" }
                "\(inner)" = { trust_level = "untrusted" }
                "\(inner)/" = { trust_level = "trusted" }
                """)
            #expect(try fixture.load().trust == .trusted)
            #expect(try fixture.load(in: inner).trust == .untrusted)
        }
    }

    @Test("A parent's trust is not a nested repository's")
    func nestedRepository() throws {
        try Fixture.with { fixture in
            let nested = "\(fixture.project)/third-party"
            try Fixture.makeFolder("\(nested)/.git")
            try fixture.writeUser("[projects.\"\(fixture.project)\"]\ntrust_level = \"trusted\"\n")
            #expect(try fixture.load(in: nested).trust == nil)
        }
    }

    @Test("The root is where a marker is; a .git file counts, and without any the working directory is the root")
    func roots() throws {
        try Fixture.with { fixture in
            let inner = "\(fixture.project)/a/b"
            try Fixture.makeFolder(inner)
            #expect(try ProjectLocation.find(from: inner, markers: [".git"]).root == fixture.project)
            #expect(
                try ProjectLocation.find(from: inner, markers: [".git"]).directories
                    == [fixture.project, "\(fixture.project)/a", inner])
            try fixture.write("\(fixture.project)/a/.git", "gitdir: elsewhere\n")
            #expect(try ProjectLocation.find(from: inner, markers: [".git"]).root == "\(fixture.project)/a")
            #expect(try ProjectLocation.find(from: inner, markers: []).directories == [inner])
            #expect(try ProjectLocation.find(from: "/", markers: ["no such marker"]).directories == ["/"])
            #expect(throws: LockgateError.self) { try ProjectLocation.find(from: "\(inner)/gone", markers: [".git"]) }
        }
    }

    @Test("Markers can be configured by the user")
    func markers() throws {
        try Fixture.with { fixture in
            let inner = "\(fixture.project)/a/b"
            try fixture.write("\(fixture.project)/a/WORKSPACE", "")
            try Fixture.makeFolder(inner)
            try fixture.writeUser("project_root_markers = [\"WORKSPACE\"]\n")
            #expect(try fixture.load(in: inner).project.root == "\(fixture.project)/a")
            #expect(try fixture.load("project_root_markers=[]", in: inner).project.root == inner)
        }
    }
}

extension Fixture {
    /// Loads as trusted with the project's file emptied.
    fileprivate func withoutProjectFile() throws -> Configuration {
        try writeProject("")
        return try load(trust: .trusted)
    }
}
