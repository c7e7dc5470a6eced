import Basics
import Glibc
import Testing
import Wire

@testable import Config

@Suite("Places that state hooks")
struct HookSourceTests {
    private static func json(_ command: String) -> String {
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"\(command)\"}]}]}}"
    }

    private static func toml(_ command: String) -> String {
        "[[hooks.Stop]]\nhooks = [{ type = \"command\", command = \"\(command)\" }]\n"
    }

    /// The command of a source's only hook.
    private static func command(_ source: HookSource) -> String? {
        source.hooks["Stop"]?[0]?["hooks"]?[0]?["command"]?.string
    }

    private static func sources(_ fixture: Fixture, in directory: String? = nil, _ overrides: String...) throws
        -> [HookSource]
    {
        let loader = fixture.loader(in: directory)
        return try loader.hookSources(
            loader.load(profile: "work", overrides: overrides.map { try ConfigurationOverride(argument: $0) }))
    }

    @Test("All of them count, the administrator's first, a project's once it was reviewed")
    func order() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.system)/requirements.toml", Self.toml("required"))
            try fixture.writeSystem(Self.toml("system"))
            try fixture.write("\(fixture.system)/hooks.json", Self.json("system.json"))
            try fixture.writeUser(Self.toml("user"))
            try fixture.write("\(fixture.home)/hooks.json", Self.json("user.json"))
            try fixture.write("\(fixture.home)/work.config.toml", Self.toml("profile"))
            try fixture.writeProject(Self.toml("project"))
            try fixture.write("\(fixture.project)/.lockgate/hooks.json", Self.json("project.json"))
            let sub = "\(fixture.project)/sub"
            try fixture.write("\(sub)/.lockgate/hooks.json", Self.json("sub.json"))
            func commands() throws -> [String?] {
                let flag = "hooks.Stop=[{hooks=[{type=\"command\", command=\"flag\"}]}]"
                return try Self.sources(fixture, in: sub, flag).map(Self.command)
            }
            let user = ["required", "system", "user", "profile", "flag", "system.json", "user.json"]
            #expect(try commands() == user)

            let trust = ProjectTrust(fixture.loader(in: sub))
            let shown = try trust.status().review.content
            #expect(
                shown.items.map(\.name) == [
                    ".lockgate/config.toml hooks.Stop", ".lockgate/hooks.json", "sub/.lockgate/hooks.json",
                ])
            _ = try trust.trust(showing: shown.digest)
            #expect(
                try commands() == [
                    "required", "system", "user", "profile", "project", "flag", "system.json", "user.json",
                    "project.json", "sub.json",
                ])
            // One changed byte, and none of the project's counts.
            try fixture.write("\(sub)/.lockgate/hooks.json", Self.json("other"))
            #expect(try commands() == user)
        }
    }

    @Test("A place below hooks is found in JSON and TOML, and else the nearest around it")
    func places() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.home)/work.config.toml", Self.toml("x"))
            try fixture.write("\(fixture.home)/hooks.json", Self.json("x"))
            let sources = try Self.sources(fixture)
            try #require(sources.count == 2)
            let path = ["Stop", "0", "hooks", "0", "command"]
            #expect(sources[0].origin(of: path).location == "\(fixture.home)/work.config.toml:2:30")
            #expect(sources[1].origin(of: path).location == "\(fixture.home)/hooks.json:1:52")
            #expect(sources[1].origin(of: path + ["x"]).location == "\(fixture.home)/hooks.json:1:52")
            #expect(sources[1].origin(of: ["Start"]).location == "\(fixture.home)/hooks.json:1:2")
            let error = sources[1].error("hooks.value", at: path, "is wrong", remedy: "mend it")
            #expect(error.message.hasPrefix("\(fixture.home)/hooks.json:1:52: is wrong\n  1 | {\"hooks\""))
        }
    }

    @Test("The administrator can say that no others count")
    func managed() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.system)/requirements.toml", "allow_managed_hooks_only = true\n" + Self.toml("required"))
            let configuration = try fixture.load()
            #expect(configuration.managedHooksOnly?.location == "\(fixture.system)/requirements.toml:1:1")
            #expect(try fixture.loader().hookSources(configuration).map(\.layer) == [.requirements])
        }
    }

    @Test("A project's file may not be a link, and any other must be a file")
    func links() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.base)/elsewhere.json", Self.json("x"))
            #expect(symlink("\(fixture.base)/elsewhere.json", "\(fixture.project)/.lockgate/hooks.json") == 0)
            let trust = ProjectTrust(fixture.loader())
            _ = try trust.trust(showing: trust.status().review.content.digest)
            let configuration = try fixture.load()
            let link = try #require(throws: LockgateError.self) { try fixture.loader().hookSources(configuration) }
            #expect(link.code == "hooks.link")
            try Fixture.makeFolder("\(fixture.home)/hooks.json")
            let folder = try #require(throws: LockgateError.self) { try fixture.loader().hookSources(configuration) }
            #expect(folder.code == "config.not_a_file")
        }
    }
}
