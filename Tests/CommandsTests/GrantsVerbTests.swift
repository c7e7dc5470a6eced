import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Commands

@Suite(.timeLimit(.minutes(5))) struct GrantsVerbTests {
    private static func grants(in fixture: ProjectFixture) throws -> [Grant] {
        let root = try #require(PosixFile.canonical(fixture.project))
        var status = stat()
        try #require(stat(root, &status) == 0)
        let later = WallTime(milliseconds: WallTime.now.milliseconds + 1_000_000)
        let here = ProjectIdentity(root: root, inode: UInt64(status.st_ino))
        let gone = ProjectIdentity(root: root, inode: UInt64(status.st_ino) + 1)
        return [
            Grant(id: "g1", scope: .project, rule: .prefix(["npm", "install"]), project: here, expires: later),
            Grant(id: "g2", scope: .project, rule: .prefix(["npm", "test"]), project: gone, expires: later),
            Grant(id: "g3", scope: .user, rule: .prefix(["cargo", "build"]), expires: later),
        ]
    }

    private func with(_ body: (ProjectFixture, [Grant]) async throws -> Void) async throws {
        try await ProjectFixture.with(["home/.lockgate/config.toml": "approval_policy = \"untrusted\"\n"]) { fixture in
            let grants = try Self.grants(in: fixture)
            let file: JSONValue = ["version": 1, "grants": .array(grants.map(\.json))]
            try fixture.folder.write("home/.lockgate/grants.json", file.bytes)
            try await body(fixture, grants)
        }
    }

    @Test func theListSaysWhatCountsHere() async throws {
        try await with { fixture, grants in
            let text = try await fixture.lockgate("grants").text
            let root = grants[0].project?.root ?? ""
            #expect(
                text == """
                    g1  project \(root), \(grants[0].expiry)
                      prefix_rule(pattern=["npm", "install"], decision="allow")
                    g2  project \(root), \(grants[1].expiry), does not count here
                      prefix_rule(pattern=["npm", "test"], decision="allow")
                    g3  user, \(grants[2].expiry)
                      prefix_rule(pattern=["cargo", "build"], decision="allow")

                    """)
            let json = try await fixture.lockgate("grants", "list", "--json").events.first?.array ?? []
            #expect(json.map { $0["counts_here"] } == [true, false, true])
            #expect(json.map { $0["id"] } == ["g1", "g2", "g3"])
        }
    }

    @Test func explainTakesTheSameGrants() async throws {
        try await with { fixture, grants in
            let text = try await fixture.lockgate("explain", "--", "npm install x && cargo build").text
            #expect(
                text.hasPrefix("allow  by prefix_rule(pattern=[\"npm\", \"install\"], decision=\"allow\")  grant g1\n"))
            #expect(
                text.contains(
                    "granted: for the project, \(grants[0].expiry): prefix_rule(pattern=[\"npm\", \"install\"]"))
            #expect(
                text.contains("granted: for the user, \(grants[2].expiry): prefix_rule(pattern=[\"cargo\", \"build\"]"))
            #expect(text.contains("to take it back: lockgate grants revoke g3"))
            let json = try await fixture.lockgate("explain", "--json", "--", "npm install x").events.first
            #expect(json?["grants"]?[0]?["id"] == "g1")
            #expect(json?["verdict"]?["origin"] == "grant g1")
            #expect(try await fixture.lockgate("explain", "--", "npm test").text.hasPrefix("ask "))
            let reviewed = try await fixture.lockgate("explain", "-c", "approvals_reviewer=never", "--", "npm test")
                .text
            #expect(reviewed.contains("exec:   refused by approvals_reviewer = \"never\"  command line (-c)"))
        }
    }

    @Test func clearTakesBackThisProjectsOrAll() async throws {
        try await with { fixture, _ in
            let taken = try await fixture.lockgate("grants", "clear", "--json").events.first?.array ?? []
            #expect(taken.map { $0["id"] } == ["g1", "g2"])
            #expect(try await fixture.lockgate("grants", "revoke", "--json", "g3").events.first?[0]?["id"] == "g3")
            #expect(try await fixture.lockgate("grants", "clear", "--all").text == "Nothing to take back.\n")
            #expect(try await fixture.lockgate("grants").text == "No grants.\n")
        }
    }

    @Test func aDamagedFileIsAnErrorForEveryVerb() async throws {
        try await with { fixture, _ in
            try fixture.folder.write("home/.lockgate/grants.json", "[]")
            for arguments in [
                ["grants"], ["grants", "clear", "--all"], ["grants", "revoke", "g1"], ["explain", "--", "ls"],
            ] {
                let run = try await ProgramRun.run(
                    "lockgate", arguments, in: fixture.project, environment: fixture.environment,
                    scratch: fixture.folder)
                #expect(run.status == 1, "\(arguments)")
                #expect(run.errorText.contains("grants.json is damaged or of another version"), "\(run.errorText)")
            }
        }
    }

    // MARK: A program's answers

    @Test func anAnswerIsReadWholeOrNotAtAll() {
        let whole = Array(#"{"decision": "approve", "scope": "session", "message": "ok"}"#.utf8)
        #expect(CommandReviewer.answer(whole) == ApprovalAnswer(.approve(.session), message: "ok"))
        for length in whole.indices { #expect(CommandReviewer.answer(Array(whole.prefix(length))) == nil) }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<20_000 {
            var changed = whole
            changed[random.pick(Array(changed.indices))] = UInt8.random(in: 0...255, using: &random)
            guard let answer = CommandReviewer.answer(changed) else { continue }
            // Only the message, and blanks, can be other ones.
            #expect(answer.decision == .approve(.session), "\(String(decoding: changed, as: UTF8.self))")
        }
    }
}
