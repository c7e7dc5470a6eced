import Basics
import TestSupport
import Testing

/// Exports for other systems and for people, of a session whose texts try to be more than text.
@Suite(.timeLimit(.minutes(2))) struct AuditFormatTests {
    private static let attack = "<script>alert(1)</script>\" onload='x' |=\\ &amp; \u{1b}[31m"

    private static func with(_ body: (ExecFixture) async throws -> Void) async throws {
        let steps = [
            ExecFixture.shell("echo \"$(printf %s 'a=b|c')\"; echo '<script>alert(2)</script>'; true"),
            .call("write_file", ["path": "/etc/<img src=x>", "content": "x"]), .text("Done. \(attack)"),
        ]
        try await ExecFixture.with(steps) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "say \(attack)\nnext line"]).status == 4)
            try await body(fixture)
        }
    }

    private static func export(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        let run = try await ProgramRun.run(
            "lockgate", ["audit", "export"] + arguments, in: fixture.repository.path, environment: fixture.environment,
            scratch: fixture.home)
        #expect(run.status == 0, "\(run.errorText)")
        return run
    }

    @Test func aRecordIsOneLineOfCEFWhateverItsTextIs() async throws {
        try await Self.with { fixture in
            let records = try await Self.export(fixture).text.split(separator: "\n").count
            let lines = try await Self.export(fixture, "--format", "cef").text.split(separator: "\n")
            #expect(lines.count == records)
            for line in lines {
                #expect(line.hasPrefix("CEF:0|Lockgate|lockgate|"))
                // Seven separators, and those in texts escaped.
                var separators = 0
                var isEscaped = false
                var header = true
                for character in line where header {
                    if character == "|", !isEscaped { separators += 1 }
                    isEscaped = character == "\\" && !isEscaped
                    if separators == 7 { header = false }
                }
                #expect(separators == 7)
                let message = line.split(separator: " msg=", maxSplits: 1).last ?? ""
                #expect(!message.replacing("\\=", with: "").contains("="), "\(line)")
            }
            #expect(try await Self.export(fixture, "--format", "cef", "--type", "effect.denied").text.contains("|6|"))
        }
    }

    @Test func everyRecordIsALogRecordOfOTLP() async throws {
        try await Self.with { fixture in
            let records = try await Self.export(fixture).text.split(separator: "\n").count
            let lines = try await Self.export(fixture, "--format", "otel").text.split(separator: "\n")
            let requests = try lines.map { try JSONValue(parsing: String($0)) }
            let logs = requests.flatMap {
                $0["resourceLogs"]?[0]?["scopeLogs"]?[0]?["logRecords"]?.array ?? []
            }
            #expect(logs.count == records)
            let usage = try #require(logs.first { $0["eventName"] == "lockgate.model.response" })
            let attributes = usage["attributes"]?.array ?? []
            #expect(attributes.contains { $0["key"] == "gen_ai.usage.output_tokens" })
            #expect(logs.allSatisfy { ($0["timeUnixNano"]?.string?.count ?? 0) == 19 })
        }
    }

    @Test func theReportShowsWhatWasDecidedAndTakesNoTextForMarkup() async throws {
        try await Self.with { fixture in
            let page = try await Self.export(fixture, "--format", "html").text
            #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
            #expect(!page.contains("<script") && !page.contains("<img") && !page.contains("\u{1b}"))
            #expect(page.contains("default-src 'none'"))
            #expect(page.contains("&lt;script&gt;alert(2)&lt;/script&gt;"))
            #expect(page.contains("/etc/&lt;img src=x&gt;"))
            for title in [
                "Sessions", "Decisions", "Hosts", "Approvals", "Refused at the gate", "Refused by the sandbox",
                "Commands", "Files changed by patches", "Files changed in turns, by commands as well",
            ] {
                #expect(page.contains("<h2>\(title)</h2>"))
            }
            #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("url("))
        }
    }

    @Test func whatCommandsDidIsCountedApartFromWhatTheGateSaw() async throws {
        let steps = [
            ExecFixture.shell("echo x > by-command; touch /etc/never"),
            .call("write_file", ["path": "by-patch", "content": "x"]),
            .call("write_file", ["path": "/etc/never", "content": "x"]), .text("Done."),
        ]
        try await ExecFixture.with(steps) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "go"]).status == 4)
            let page = try await Self.export(fixture, "--format", "html").text
            let words = [
                "1 file changed by patches", "2 files changed in turns by whatever means",
                "1 effect refused at the gate", "1 access refused by the sandbox",
            ]
            for text in words { #expect(page.contains(text), "\(text)") }
            func section(_ title: String) -> Substring {
                page.split(separator: "<h2>\(title)</h2>").last?.split(separator: "<h2>").first ?? ""
            }
            #expect(section("Refused by the sandbox").contains("/etc/never"))
            let files = section("Files changed in turns, by commands as well")
            #expect(files.contains("by-command") && files.contains("by-patch"))
            #expect(!section("Files changed by patches").contains("by-command"))
        }
    }
}
