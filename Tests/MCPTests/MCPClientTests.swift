import Basics
import Sandbox
import TestSupport
import Testing
import Wire

@testable import MCP

@Suite("MCP client", .timeLimit(.minutes(3))) struct MCPClientTests {
    /// The code and the words of what a start or a call threw.
    private static func failure(_ body: () async throws -> Void) async -> LockgateError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? LockgateError
        }
    }

    @Test("learns the tools and calls one")
    func calling() async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("plain") { client, _ in
                #expect(await client.serverName == "scripted")
                #expect(await client.protocolVersion == "2025-06-18")
                let tools = try await client.tools()
                #expect(tools.map(\.name) == ["echo", "look"])
                #expect(tools.map(\.claims.isReadOnly) == [false, true])
                #expect(tools.map(\.claims.isDestructive) == [true, false])
                let result = try await client.call("echo", ["text": "hello"])
                #expect(result.parts(limit: 1000) == [.text("hello")])
                #expect(result.structuredContent == ["said": "hello"])
                #expect(!result.isError)
            }
        }
    }

    @Test("offers only what the configuration leaves", arguments: [true, false])
    func choosing(_ byName: Bool) async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("plain") {
                if byName { $0.enabledTools = ["look"] } else { $0.disabledTools = ["echo"] }
            } _: { client, _ in
                let names = try await client.tools().map(\.name)
                #expect(names == ["look"])
                let refused = await Self.failure { _ = try await client.call("echo", ["text": "x"]) }
                #expect(refused?.code == "mcp.changed")
            }
        }
    }

    @Test(
        "follows pages, speaks an older version, and bears a server without tools",
        arguments: ["pages", "old", "toolless"])
    func variants(_ mode: String) async throws {
        try await MCPFixture.with { fixture in
            let found = try await fixture.running(mode) { client, _ in
                (try await client.tools().map(\.name), await client.protocolVersion)
            }
            switch mode {
            case "pages": #expect(found.0 == ["tool0", "tool1", "tool2", "tool3", "tool4"])
            case "old": #expect(found.1 == "2024-11-05")
            default: #expect(found.0 == [])
            }
        }
    }

    @Test("reads past lines that are no messages, and refuses what it did not offer", arguments: ["garbage", "asks"])
    func noise(_ mode: String) async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running(mode) { client, _ in
                let answer = try await client.call("echo", ["text": "still here"])
                #expect(answer.parts(limit: 100) == [.text("still here")])
            }
        }
    }

    // MARK: Attacks and failures

    static let failingStarts: [(String, LockgateError.Code, String)] = [
        ("dies", "mcp.ended", "no database"), ("future", "mcp.protocol", "2099-01-01"),
        ("endless", "mcp.protocol", "without an end"), ("many", "mcp.protocol", "more than 512"),
        ("oversized", "mcp.ended", "bytes"),
    ]

    @Test("a server that does not start right is ended, and the error says why", arguments: failingStarts)
    func failingStart(_ mode: String, _ code: LockgateError.Code, _ words: String) async throws {
        try await MCPFixture.with { fixture in
            let (client, server) = try fixture.client(fixture.definition(mode))
            let failure = await Self.failure { try await client.start() }
            #expect(failure?.code == code)
            #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
            #expect(server.ending != nil)
        }
    }

    @Test("a server that says nothing is given up in time")
    func silentStart() async throws {
        try await MCPFixture.with { fixture in
            let (client, _) = try fixture.client(fixture.definition("silent") { $0.startupLimit = .milliseconds(200) })
            #expect(await Self.failure { try await client.start() }?.code == "mcp.timeout")
        }
    }

    @Test("a program that is not there is an error, not a wait")
    func missingProgram() async throws {
        try await MCPFixture.with { fixture in
            let (client, _) = try fixture.client(fixture.definition("plain") { $0.command = "no-such-program" })
            #expect(await Self.failure { try await client.start() } != nil)
        }
    }

    @Test("hostile descriptions are cut and made visible, and what cannot be used is named")
    func hostileDescriptions() async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("hostile") { client, _ in
                let tools = try await client.tools()
                #expect(tools.map(\.name) == ["ok"])
                let text = tools[0].description
                #expect(text.hasPrefix("Read\u{FFFD} me\u{FFFD}[2Jxxx"), "\(text.prefix(30))")
                #expect(text.count == MCPTool.longestDescription)
                #expect(tools[0].inputSchema["properties"]?["a"]?["description"] == "\u{FFFD}]0;x\u{FFFD}")
                #expect(await client.problems.count == 7)
            }
        }
    }

    @Test("a tool that is described otherwise after it was approved is not called")
    func rugPull() async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("rug") { client, _ in
                let approved = try #require(try await client.tools().first)
                _ = try await client.call("echo", ["text": "a"], digest: approved.digest)
                let failure = await Self.failure {
                    _ = try await client.call("echo", ["text": "b"], digest: approved.digest)
                }
                #expect(failure?.code == "mcp.changed")
                let now = try await client.tools().first?.digest
                #expect(now != approved.digest)
            }
        }
    }

    static let failingCalls: [(String, LockgateError.Code, String)] = [
        ("crash", "mcp.ended", "stack trace"), ("error", "mcp.error", "it broke\u{FFFD}[2J (-32000)"),
        ("nocontent", "mcp.protocol", "content"),
    ]

    @Test("a call that goes wrong says how", arguments: failingCalls)
    func failingCall(_ mode: String, _ code: LockgateError.Code, _ words: String) async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running(mode) { client, _ in
                let failure = await Self.failure { _ = try await client.call("echo", ["text": "x"]) }
                #expect(failure?.code == code)
                #expect(failure?.message.contains(words) == true, "\(failure?.message ?? "")")
                if mode == "crash" {
                    #expect(
                        await Self.failure { _ = try await client.call("echo", ["text": "x"]) }?.code == "mcp.ended")
                }
            }
        }
    }

    @Test("a tool's own failure is its answer")
    func toolFailure() async throws {
        try await MCPFixture.with { fixture in
            let result = try await fixture.running("failed") { client, _ in try await client.call("echo", ["text": "x"])
            }
            #expect(result.isError)
            #expect(result.parts(limit: 100) == [.text("no such row")])
        }
    }

    @Test("a call that takes too long, or is cancelled, is withdrawn", arguments: [true, false])
    func withdrawing(_ isCancelled: Bool) async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("slow") {
                if !isCancelled { $0.toolLimit = .milliseconds(200) }
            } _: { client, server in
                let call = Task { try await client.call("echo", ["text": "x"]) }
                while !server.errorOutput.contains("called"), server.ending == nil { await Task.yield() }
                if isCancelled { call.cancel() }
                let failure = await Self.failure { _ = try await call.value }
                #expect(isCancelled || failure?.code == "mcp.timeout")
                while !server.errorOutput.contains("cancelled"), server.ending == nil { await Task.yield() }
                #expect(server.errorOutput.contains("cancelled "))
            }
        }
    }

    @Test("the server is in the sandbox: no key in its environment, no write outside of the workspace")
    func confinement() async throws {
        try await MCPFixture.with { fixture in
            try await fixture.running("tools") { client, _ in
                let answer = try await client.call("environment").parts(limit: 1 << 20)
                guard case .text(let text) = answer.first else { throw TestFailure("no text") }
                let variables = try JSONValue(parsing: text)
                #expect(variables["OWN"] == "value")
                #expect(variables["SOME_API_KEY"] == nil)
                let inside = try await client.call("write", ["path": .string(fixture.workspace + "/made")])
                #expect(inside.parts(limit: 100) == [.text("written")])
                let outside = try await client.call("write", ["path": .string(fixture.folder.at("home/made"))])
                #expect(outside.isError)
            }
            #expect(try fixture.folder.names("ws") == ["made"])
            #expect(try fixture.folder.names("home") == [])
        }
    }

    @Test("names are safe, short and different")
    func names() throws {
        func tool(_ server: String, _ name: String) throws -> MCPTool {
            try MCPTool(["name": .string(name), "inputSchema": ["type": "object"]], server: server)
        }
        let names = MCPToolNames.of([
            try tool("a", "b"), try tool("a", "x.y"), try tool("a", "x/y"),
            try tool("a", String(repeating: "n", count: 100)),
            try tool("a__b", "c"), try tool("a", "b__c"),
        ])
        #expect(names[0] == "mcp__a__b")
        #expect(Set(names).count == 6)
        #expect(names.allSatisfy { $0.utf8.count <= 64 && $0.hasPrefix("mcp__a") })
        #expect(
            names.joined().utf8.allSatisfy {
                $0 == 0x5F || $0 == 0x2D || (0x30...0x39).contains($0) || (0x41...0x7A).contains($0)
            })
    }

    @Test("everything that is said of a tool is in its digest")
    func digests() throws {
        let plain: JSONValue = ["name": "t", "description": "d", "inputSchema": ["type": "object"]]
        let others: [JSONValue] = [
            ["name": "t", "description": "d\u{200B}", "inputSchema": ["type": "object"]],
            ["name": "t", "description": "d", "inputSchema": ["type": "object", "title": "x"]],
            [
                "name": "t", "description": "d", "inputSchema": ["type": "object"],
                "annotations": ["readOnlyHint": true],
            ],
        ]
        let all =
            try ([plain] + others).map { try MCPTool($0, server: "s").digest } + [
                try MCPTool(plain, server: "z").digest
            ]
        #expect(Set(all).count == 5)
    }
}
