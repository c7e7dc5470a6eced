import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("What the user makes writable while a session runs")
struct GrantedRootTests {
    @Test("counts for the commands that start from then on, and until it is taken back", arguments: TestUser.available)
    func granted(_ user: TestUser) async throws {
        let fixture = try SandboxFixture(user)
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let write = "echo x > $OUT/f && cat $OUT/f"
        #expect(try await fixture.run(write, in: session).status == .exited(1))
        session.allowWriting([fixture.outside])
        #expect(try await fixture.run(write, in: session).output == "x\n")
        #expect(try await fixture.run("echo y > $OUT/../home/f", in: session).status == .exited(1), "no more than that")
        session.allowWriting([])
        #expect(try await fixture.run("echo z > $OUT/f", in: session).status == .exited(1))
        #expect(session.incidents == [.viewRebuilt, .viewRebuilt])
        await session.shutDown()
    }

    @Test("is protected like any writable folder")
    func protections() async throws {
        let fixture = try SandboxFixture()
        try SandboxFixture.host("git init -q '\(fixture.outside)'")
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        session.allowWriting([fixture.outside])
        for path in [".git/hooks/pre-commit", ".git/config", ".envrc", ".vscode/tasks.json"] {
            let run = try await fixture.run(
                "mkdir -p \"$(dirname \"$OUT/\(path)\")\"; echo x >> $OUT/\(path)", in: session)
            // Configuration of git is never writable; what others run by themselves is at least noticed.
            if path.hasPrefix(".git/") { #expect(run.status == .exited(1), "\(path)") }
        }
        await session.shutDown()
    }

    @Test(
        "must be what it was: neither a link nor missing", arguments: ["ln -s \"$HOME\" o/l; echo o/l", "echo o/none"])
    func moved(_ script: String) async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let place = script.hasSuffix("none") ? "\(fixture.outside)/none" : "\(fixture.outside)/l"
        if place.hasSuffix("/l") { #expect(symlink(fixture.home, place) == 0) }
        session.allowWriting([place])
        #expect(try await fixture.run("echo x > \(place)/f", in: session).status == .exited(1))
        #expect(try await fixture.run("echo x > f", in: session).status == .exited(0), "and the session goes on")
        await session.shutDown()
    }

    private static let host = HostView(
        resolve: { $0 == "/ln" ? "/etc" : $0 }, exists: { ["/srv/data", "/opt/tool.log", "/etc/x"].contains($0) },
        isFolder: { $0 == "/srv/data" }, mayWrite: { !$0.hasPrefix("/root") }, isReadOnly: { $0.hasPrefix("/cdrom") },
        secrets: { _ in [] })

    @Test(
        "is offered where it is there, is no part of the system, and is all that is missing",
        arguments: [
            ("/srv/data/f", "/srv/data"), ("/opt/tool.log", "/opt/tool.log"), ("/opt/new", nil), ("/usr/f", nil),
            ("/proc/sys/x", nil), ("/cdrom/f", nil), ("/root/f", nil), ("/ws/.git/hooks/x", nil),
        ])
    func offered(_ path: String, _ root: String?) {
        func rules(_ mode: SandboxMode) -> DenialRules {
            DenialRules(policy: SandboxPolicy(mode: mode, workspace: "/ws", home: "/home/u"), host: Self.host)
        }
        #expect(rules(.workspaceWrite).grantableRoot(path) == root)
        #expect(rules(.readOnly).grantableRoot(path) == nil)
        var staged = SandboxPolicy(mode: .workspaceWrite, workspace: "/ws", home: "/home/u")
        staged.stage = SandboxPolicy.Stage(kind: .overlay, folder: "/home/u/stage")
        #expect(DenialRules(policy: staged, host: Self.host).grantableRoot(path) == nil)
        #expect(rules(.dangerFullAccess).grantableRoot(path) == nil)
    }
}
