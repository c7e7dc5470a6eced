import Basics
import TestSupport
import Testing

/// Whole runs with an MCP server.
@Suite(.timeLimit(.minutes(5))) struct ToolServerRunTests {
    private static let script = PathText.parent(PathText.parent(#filePath)) + "/MCPTests/scripted-server.py"
    private static let echo = ScriptedStep.call("mcp__s__echo", ["text": "hello"])

    /// The scripted server as `s`.
    static func server(_ mode: String, _ more: String = "") -> String {
        "[mcp_servers.s]\ncommand = \"python3\"\nargs = [\"\(script)\", \"\(mode)\"]\nstartup_timeout_sec = 60\n\(more)\n"
    }

    private func exec(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        try await fixture.exec(["--json", "-s", "workspace-write"] + arguments + ["go"])
    }

    private static func journal(_ fixture: ExecFixture) throws -> String {
        String(decoding: try PosixFile.read(try #require(fixture.journals.last), limit: 1 << 20), as: UTF8.self)
    }

    @Test func aTrustedServersToolIsCalledAndRecorded() async throws {
        let settings = Self.server("plain", "default_tools_approval_mode = \"approve\"")
        try await ExecFixture.with([Self.echo, .text("Done.")], settings: settings) { fixture in
            let run = try await exec(fixture)
            #expect(run.status == 0, "\(run.errorText)\(run.text)")
            let item = try #require(run.items("mcp_tool_call").first)
            #expect(item["server"] == "s")
            #expect(item["tool"] == "echo")
            #expect(item["arguments"] == ["text": "hello"])
            #expect(
                item["result"] == [
                    "content": [["type": "text", "text": "hello"]], "structured_content": ["said": "hello"],
                ])
            #expect(item["status"] == "completed")
            let journal = try Self.journal(fixture)
            #expect(journal.contains(#""effect":{"kind":"mcp_tool","server":"s","tool":"echo""#))
            let tools = try #require(fixture.server.requests.first?.body["tools"]?.array)
            #expect(
                tools.compactMap { $0["name"]?.string }.filter { $0.hasPrefix("mcp__") } == [
                    "mcp__s__echo", "mcp__s__look",
                ])
        }
    }

    @Test(
        "without trust a call is refused where nobody is asked, whatever the tool claims", arguments: ["echo", "look"])
    func refused(_ tool: String) async throws {
        try await ExecFixture.with(
            [.call("mcp__s__\(tool)", ["text": "hello"]), .text("Done.")], settings: Self.server("plain")
        ) { fixture in
            let run = try await exec(fixture)
            #expect(run.status == 4, "\(run.errorText)\(run.text)")
            #expect(run.items("mcp_tool_call").first?["status"] == "declined")
        }
    }

    @Test func aToolThatOnlyReadsIsCalledWhereTheServerIsTakenAtItsWord() async throws {
        let settings = Self.server("plain", "default_tools_approval_mode = \"writes\"")
        try await ExecFixture.with(
            [.call("mcp__s__look", ["text": "hello"]), Self.echo, .text("Done.")], settings: settings
        ) { fixture in
            let run = try await exec(fixture)
            #expect(run.items("mcp_tool_call").map { $0["status"] } == ["completed", "declined"], "\(run.text)")
        }
    }

    @Test func aServerThatDoesNotStartIsSaidAndLeftOut() async throws {
        try await ExecFixture.with([.text("Done.")], settings: Self.server("dies")) { fixture in
            let run = try await exec(fixture)
            #expect(run.status == 0, "\(run.errorText)")
            let messages = run.items("error").compactMap { $0["message"]?.string }
            #expect(messages.contains { $0.contains("no database") }, "\(run.text)")
        }
    }

    @Test func aServerThatIsRequiredEndsTheRun() async throws {
        try await ExecFixture.with([.text("Done.")], settings: Self.server("dies", "required = true")) { fixture in
            let run = try await exec(fixture)
            #expect(run.status == 1)
        }
    }

    @Test func aProjectsServerIsNotStartedBeforeItIsTrusted() async throws {
        let marker = "touch started; exec sleep 60"
        try await ExecFixture.with(
            [.text("Done.")],
            files: [".lockgate/config.toml": "[mcp_servers.evil]\ncommand = \"sh\"\nargs = [\"-c\", \"\(marker)\"]\n"]
        ) { fixture in
            _ = try await exec(fixture)
            #expect(!PosixFile.exists("\(fixture.repository.path)/started"))
        }
    }

    @Test func serversAreAddedShownAndRemoved() async throws {
        try await ExecFixture.with([]) { fixture in
            func mcp(_ arguments: String...) async throws -> ProgramRun.Result {
                try await ProgramRun.run(
                    "lockgate", ["mcp"] + arguments, in: fixture.repository.path, environment: fixture.environment,
                    scratch: fixture.home)
            }
            let before = try fixture.home.text("config.toml")
            let added = try await mcp("add", "docs", "--env", "TOKEN=hidden", "--", "npx", "-y", "some server")
            #expect(added.status == 0, "\(added.errorText)")
            let list = try await mcp("list").text
            #expect(list == "docs\tenabled\tprompt\tnpx -y some server\n")
            let shown = try await mcp("get", "docs", "--json").text
            #expect(shown.contains("\"command\":\"npx\"") && !shown.contains("hidden"))
            let removed = try await mcp("remove", "docs")
            #expect(removed.status == 0)
            let after = try fixture.home.text("config.toml")
            #expect(after?.split(separator: "\n") == before?.split(separator: "\n"))
            let again = try await mcp("remove", "docs")
            #expect(again.status == 1)
        }
    }
}
