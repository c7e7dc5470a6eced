import Basics
import Glibc
import TestSupport
import Testing

/// Secrets through the whole program: nowhere in requests, journals or events, and still in the files.
@Suite(.timeLimit(.minutes(3))) struct RedactionRunTests {
    private static let token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"
    private static let password = "hunter2hunter2"
    private static let environment = "correct-horse-battery-staple"

    private func everything(_ fixture: ExecFixture, _ run: ProgramRun.Result) -> String {
        let requests = fixture.server.requests.map { String(decoding: $0.bytes, as: UTF8.self) }
        let journals = fixture.journals.map {
            String(decoding: (try? PosixFile.read($0, limit: 1 << 24)) ?? [], as: UTF8.self)
        }
        return (requests + journals + [run.text]).joined(separator: "\n")
    }

    @Test func secretsOfPromptsFilesCommandsAndTheEnvironmentGoNowhere() async throws {
        let steps = [
            ExecFixture.shell("cat .env; printf '%s' 'ghp_abcdefghijklm'; printf '%s\\n' 'nopqrstuvwxyz0123456789'"),
            ScriptedStep.call("read_file", ["path": ".env"]), .text("Done."),
        ]
        try await ExecFixture.with(steps) { fixture in
            try fixture.repository.folder.write(
                ".env", "DB_PASSWORD=\(Self.password)\nGH=\(Self.token)\nX=\(Self.environment)\n")
            let run = try await fixture.exec(
                ["--json", "use \(Self.token) please"], environment: ["MY_API_KEY": Self.environment])
            #expect(run.status == 0, "\(run.text)")
            let all = everything(fixture, run)
            for secret in [Self.token, Self.password, Self.environment] { #expect(!all.contains(secret), "\(secret)") }
            #expect(all.contains("[redacted github-token ") && all.contains("[redacted environment-value "))
            #expect(fixture.server.requests.count == 3)
        }
    }

    /// The model sees a mark, and its edit leaves the secret where it is.
    @Test func aFileWithASecretCanBeEditedByItsMark() async throws {
        let patch = "*** Begin Patch\n*** Update File: .env\n@@\n GH=MARK\n-A=1\n+A=2\n*** End Patch"
        try await ExecFixture.with([ExecFixture.shell("cat .env"), .text("Seen.")]) { fixture in
            try fixture.repository.folder.write(".env", "GH=\(Self.token)\nA=1\n")
            let first = try await fixture.exec(["-s", "workspace-write", "look"])
            let request = try #require(fixture.server.requests.last)
            let text = String(decoding: request.bytes, as: UTF8.self)
            let start = try #require(text.firstRange(of: "[redacted github-token "))
            let mark = String(text[start.lowerBound...].prefix { $0 != "]" }) + "]"
            #expect(first.status == 0)
            try await ExecFixture.with([
                ExecFixture.shell("cat .env"),
                .call("apply_patch", ["input": .string(patch.replacing("MARK", with: mark))]),
                .call("write_file", ["path": "copy", "content": "[redacted value 0123456789abcdef]\n"]), .text("Done."),
            ]) { other in
                // The same key makes the same mark.
                try other.copyKey(from: fixture)
                try other.repository.folder.write(".env", "GH=\(Self.token)\nA=1\n")
                let run = try await other.exec(["-s", "workspace-write", "edit"])
                #expect(
                    try other.repository.folder.read(".env") == Array("GH=\(Self.token)\nA=2\n".utf8), "\(run.text)")
                #expect(try other.repository.folder.read("copy") == nil, "a mark never takes a secret's place")
                #expect(!everything(other, run).contains(Self.token))
            }
        }
    }

    @Test func aCanaryEndsTheSessionBeforeItIsSent() async throws {
        try await ExecFixture.with(
            [ExecFixture.shell("cat bait"), .text("Never.")], settings: "[redaction]\ncanaries = [\"blue-heron-7731\"]"
        ) { fixture in
            try fixture.repository.folder.write("bait", "id: blue-heron-7731\n")
            let run = try await fixture.exec(["look around"])
            #expect(run.status == 1, "\(run.text)")
            #expect(run.errorText.contains("a canary") && run.errorText.contains("config.toml"))
            #expect(fixture.server.requests.count == 1)
        }
    }

    /// Where nothing can leave, a command may name it.
    @Test(arguments: [true, false]) func aCanaryInACommandWithAnOpenNetworkEndsTheSession(isOpen: Bool) async throws {
        try await ExecFixture.with(
            [ExecFixture.shell("touch made; : https://127.0.0.1:1/blue-heron-7731"), .text("Done.")],
            settings: "[redaction]\ncanaries = [\"blue-heron-7731\"]"
        ) { fixture in
            let flags = isOpen ? ["-c", "network.mode=\"on\""] : []
            let run = try await fixture.exec(["--json", "-s", "workspace-write"] + flags + ["go"])
            #expect(run.status == 1, "\(run.text)")
            let denials = run.denials.filter { $0["verdict"]?["rule"] == "redaction.canaries" }
            #expect(denials.count == (isOpen ? 1 : 0))
            #expect(PosixFile.exists("\(fixture.repository.path)/made") == !isOpen)
            #expect(run.events.last?["error"]?["code"] == "canary.leaving")
            #expect(fixture.server.requests.count == 1, "the model's own words would have been sent back with the next")
        }
    }
}

extension ExecFixture {
    /// Gives this home the journal's key of another one.
    fileprivate func copyKey(from other: ExecFixture) throws {
        let bytes = try PosixFile.read("\(other.home.path)/keys/journal.ed25519", limit: 4096)
        try home.makeFolder("keys")
        try PosixFile.replace(home.at("keys/journal.ed25519"), with: bytes)
    }
}
