import Basics
import Glibc
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct SessionsVerbTests {
    private func sessions(_ fixture: ExecFixture, _ arguments: String..., in folder: String? = nil) async throws
        -> ProgramRun.Result
    {
        try await ProgramRun.run(
            "lockgate", ["sessions"] + arguments, in: folder ?? fixture.repository.path,
            environment: fixture.environment, scratch: fixture.home)
    }

    @Test func aListShowsWhatWasAskedHereAndWhatItCost() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo hi"), .text("Done."), .text("Again."),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "mend\nthe \u{1B}[2Jbuild"]).status == 0)
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            let list = try await sessions(fixture, "list", "--json")
            #expect(list.status == 0)
            let session = try #require(list.events.first?[0])
            #expect(session["state"] == "done")
            #expect(session["turns"] == 2)
            #expect(session["requests"] == 3)
            #expect(session["model"] == "scripted")
            #expect(session["prompt"] == "mend\nthe \u{1B}[2Jbuild")
            let text = try await sessions(fixture, "list").text
            #expect(text.contains("mend the \u{FFFD}[2Jbuild"))
            #expect(text.split(separator: "\n").count == 2)
            #expect(try await sessions(fixture, "list", "--json", in: "/").events == [[]])
            #expect(try await sessions(fixture, "list", "--json", "--all", in: "/").events.first?.array?.count == 1)
        }
    }

    @Test func wordsOfARunAreFoundAndNothingInThemIsSyntax() async throws {
        try await ExecFixture.with([ExecFixture.shell("echo needle-in-output"), .text("All done.")]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "find the \u{1B}[2J haystack"]).status == 0)
            let found = try await sessions(fixture, "search", "haystack", "--json")
            #expect(found.status == 0, "\(found.errorText)")
            let hits = found.events.first?.array ?? []
            #expect(hits.map { $0["kind"] } == ["user"])
            #expect(hits.first?["prompt"] == "find the \u{1B}[2J haystack")
            let results = try await sessions(fixture, "search", "needle-in-output", "--json").events.first?.array
            #expect(Set(results?.compactMap { $0["kind"]?.string } ?? []) == ["tool_call", "tool_result"])
            let text = try await sessions(fixture, "search", "haystack").text
            #expect(text.contains("find the") && !text.contains("\u{1B}"))
            #expect(try await sessions(fixture, "search", "haystack", "--cwd", "/").text == "Nothing was found.\n")
            #expect(try await sessions(fixture, "search", "\"", "NEAR(", "OR haystack").status == 0)
            #expect(try await sessions(fixture, "search", "--raw", "NEAR(").status == 2)
            try fixture.home.write("index.sqlite", "damaged")
            #expect(try await sessions(fixture, "search", "haystack", "--json").events.first?.array?.count == 1)
        }
    }

    @Test func aSessionIsShownWithWhatWasDoneAndRefused() async throws {
        try await ExecFixture.with([
            .call("write_file", ["path": "a.txt", "content": "x"]), ExecFixture.shell("printf 'a\\033[2Jb\\n'; exit 3"),
            .text("Could not."),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "read-only", "go on"]).status == 4)
            let id = try #require(fixture.journals.first.map { String(PathText.name($0).dropLast(6)) })
            let shown = try await sessions(fixture, "show", id)
            #expect(shown.status == 0, "\(shown.errorText)")
            #expect(!shown.text.contains("\u{1B}"))
            let lines = shown.text.split(separator: "\n").map(String.init)
            #expect(lines.contains("> go on"))
            #expect(lines.contains("Could not."))
            #expect(lines.contains { $0.hasPrefix("refused: ") })
            #expect(lines.contains { $0.contains("rule: sandbox_mode = \"read-only\"") })
            #expect(lines.contains { $0.contains("exit 3") })
            let json = try await sessions(fixture, "show", String(id.prefix(18)), "--json").events.first
            let kinds = json?["entries"]?.array?.compactMap { $0["kind"]?.string }
            #expect(kinds == ["turn", "prompt", "refusal", "change", "command", "message", "end"])
        }
    }

    @Test func namesArchivesAndDeletesLeaveTheRecordAsItIs() async throws {
        try await ExecFixture.with([.text("Done."), .text("Again.")]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            let path = try #require(fixture.journals.first)
            let before = try PosixFile.read(path, limit: 1 << 22)
            let id = String(PathText.name(path).dropLast(6))
            #expect(try await sessions(fixture, "rename", id, "the work").status == 0)
            #expect(try await sessions(fixture, "list").text.contains("[the work] go"))
            #expect(try await sessions(fixture, "rename", "the work", "a\u{7}b").status == 2)
            #expect(try await sessions(fixture, "archive", "the work").status == 0)
            #expect(try await sessions(fixture, "list", "--json").events == [[]])
            #expect(try await sessions(fixture, "list", "--json", "--archived").events.first?[0]?["name"] == "the work")
            #expect(try PosixFile.read(path, limit: 1 << 22) == before)
            // Resuming goes on with the file, name or not.
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            #expect(try await sessions(fixture, "delete", "the work").status == 1)
            #expect(PosixFile.exists(path))
            #expect(try await sessions(fixture, "delete", "--yes", "the work").status == 0)
            #expect(fixture.journals == [])
        }
    }

    @Test func anExportIsTheRecordItselfOrAPageWithoutAnyCode() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo '<script>alert(1)</script>'"), .text("<img src=x onerror=alert(1)>"),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "go & \"do\""]).status == 0)
            let path = try #require(fixture.journals.first)
            let id = String(PathText.name(path).dropLast(6))
            let record = try await sessions(fixture, "export", id)
            #expect(record.output == (try PosixFile.read(path, limit: 1 << 22)))
            let page = fixture.home.at("page.html")
            #expect(try await sessions(fixture, "export", id, "--format", "html", "-o", page).status == 0)
            let text = String(decoding: try PosixFile.read(page, limit: 1 << 22), as: UTF8.self)
            #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
            #expect(text.contains("go &amp; &quot;do&quot;"))
            // Every tag is one that the page itself has, and none names another place.
            let tags = text.split(separator: "<").map { $0.prefix { $0 != ">" } }
            let names = Set(tags.map { String($0.prefix { $0 != " " }).replacing("/", with: "") })
            #expect(
                names == [
                    "!DOCTYPE", "html", "head", "meta", "title", "style", "body", "h1", "table", "tr", "th", "td",
                    "section",
                    "h2", "time", "pre",
                ])
            #expect(!tags.contains { $0.contains(" src=") || $0.contains(" href=") || $0.contains(" on") })
            // What is broken is not passed on as if it were whole.
            var bytes = try PosixFile.read(path, limit: 1 << 22)
            bytes[bytes.count / 2] ^= 1
            try PosixFile.replace(path, with: bytes)
            #expect(try await sessions(fixture, "export", id).status == 1)
        }
    }

    @Test func oldSessionsArePrunedAsTheSettingsSay() async throws {
        let settings = "[retention]\narchive_after_days = 30\nmax_age_days = 300\n"
        let replies = (0..<3).map { _ in ScriptedStep.text("Done.") }
        try await ExecFixture.with(replies, settings: settings) { fixture in
            for prompt in ["ancient", "old"] { #expect(try await fixture.exec([prompt]).status == 0) }
            // The clock is looked at, so that it is believed.
            #expect(try await sessions(fixture, "prune").status == 0)
            let paths = fixture.journals.filter { $0.hasSuffix(".jsonl") }
            for (path, days) in zip(paths, [400, 40]) {
                // No older than the id says, which a test cannot wait for: the id is of another time too.
                let time = WallTime(milliseconds: WallTime.now.milliseconds - Int64(days) * 86_400_000)
                let old = SessionID(now: time)
                let target = SessionStore(home: fixture.home.path).path(of: old)
                try PosixFile.makeDirectory(PathText.parent(target))
                #expect(rename(path, target) == 0)
                let stamp = timespec(tv_sec: Int(time.milliseconds / 1000), tv_nsec: 0)
                #expect(utimensat(AT_FDCWD, target, [stamp, stamp], 0) == 0)
            }
            let plan = try await sessions(fixture, "prune", "--dry-run", "--json").events.first
            #expect(plan?["deleted"]?.array?.count == 1)
            #expect(plan?["archived"]?.array?.count == 1)
            #expect(try await sessions(fixture, "list", "--all", "--json").events.first?.array?.count == 2)
            #expect(try await sessions(fixture, "prune").status == 0)
            let left = try await sessions(fixture, "list", "--all", "--json").events.first?.array ?? []
            #expect(left.map { $0["prompt"] } == ["old"])
            #expect(left.first?["path"]?.string?.hasSuffix(".jsonl.gz") == true)
            #expect(try await sessions(fixture, "search", "old", "--json").events.first?.array?.count == 1)
            let again = try await sessions(fixture, "prune", "--json").events.first
            #expect(again == ["deleted": [], "archived": [], "held": [], "failures": []])
        }
    }

    @Test func recordsOfOtherVersionsAreShownAndNeverInTheWay() async throws {
        try await ExecFixture.with([]) { fixture in
            let store = SessionStore(home: fixture.home.path)
            let id = try {
                let journal = try SessionJournal.create(in: store)
                try journal.append("session", ["id": .string(journal.id.text), "cwd": "/w"])
                try journal.append("event", ["type": "turn.started", "cwd": "/w"])
                try journal.append("conversation", ["kind": "user", "parts": [["text": "go"]]])
                try journal.append("effect.requested", ["effect": ["kind": "model"]])
                try journal.append("review.response", ["cost_usd": 0.5])
                try journal.append("approval.requested", ["id": "a"])
                let request: JSONValue = ["effect": ["kind": "command", "argv": ["rm", "x"]], "reason": "why"]
                let answer: JSONValue = ["decision": "approve", "scope": "once"]
                try journal.append(
                    "event", ["type": "approval", "request": request, "answer": answer, "answered_by": "user"])
                try journal.append("event", ["type": "hook", "event": "PreToolUse", "hook": "h", "verdict": nil])
                try journal.append(
                    "event", ["type": "budget", "budget": "usd", "limit": 1, "spent": 1.5, "exceeded": true])
                try journal.append("event", ["type": "tomorrow", "n": 1])
                try journal.append("event", ["no": "type"])
                try journal.append("event", "not an object")
                try journal.append("tomorrow", nil)
                return journal.id.text
            }()
            let entries = try await sessions(fixture, "show", id, "--json").events.first?["entries"]?.array ?? []
            #expect(
                entries.map { "\($0["kind"]?.string ?? ""): \($0["text"]?.string ?? "")" }.dropFirst() == [
                    "prompt: go", "approval: approve by user: rm x", "hook: PreToolUse: h", "budget: usd: 1.5 of 1",
                    "other: tomorrow", "other: ", "other: ", "other: tomorrow",
                ])
            let session = try await sessions(fixture, "list", "--all", "--json").events.first?[0]
            #expect(session?["state"] == "unfinished")
            #expect(session?["cost_usd"] == 0.5)
            #expect(try await sessions(fixture, "show", id).status == 0)
            #expect(try await sessions(fixture, "export", id, "--format", "html").status == 0)
        }
    }
}
