import Audit
import Basics
import Glibc
import Journal
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct AuditVerbTests {
    private func lockgate(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate", arguments, in: fixture.repository.path, environment: fixture.environment, scratch: fixture.home)
    }

    private func verifier(_ fixture: ExecFixture, _ arguments: String...) async throws -> ProgramRun.Result {
        try await ProgramRun.run(
            "lockgate-verify", arguments, in: fixture.repository.path, environment: [:], scratch: fixture.home)
    }

    @Test func aRealSessionIsWholeSealedAndKnown() async throws {
        try await ExecFixture.with([
            ExecFixture.shell("echo hi"), .text("Done."), .text("Again."),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "go"]).status == 0)
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            let path = try #require(fixture.journals.first)
            let key = try await lockgate(fixture, "audit", "key").text.split(separator: "\n").joined()
            for run in [
                try await lockgate(fixture, "audit", "verify", "--json"),
                try await lockgate(fixture, "audit", "verify", "--json", "--key", key),
                try await lockgate(fixture, "audit", "verify", "--json", path),
                try await verifier(fixture, "--json", "--key", key, path),
            ] {
                #expect(run.status == 0, "\(run.text)\(run.errorText)")
                let report = try #require(run.events.first)
                #expect(report["whole"] == true)
                #expect(report["warnings"] == [])
                #expect(report["seals"] == 2)
                #expect(report["keys"] == [.string(key)])
                #expect(report["last_seal"] == report["last_record"])
            }
            let totals = try JournalReader(path: path).records.last?.payload["totals"]
            #expect(totals?["turns"] == 2)
            #expect(totals?["requests"] == 3)
        }
    }

    @Test func eachSessionsEndIsAnchoredWhereItIsWanted() async throws {
        try await ExecFixture.with([.text("Done."), .text("Again.")]) { fixture in
            let file = fixture.home.at("anchors")
            let note = "git-note:\(fixture.repository.path)"
            let settings =
                "audit.anchor=[\"\(file)\", \"\(note)\", \"http://127.0.0.1:\(fixture.server.port)/v1/logs\"]"
            #expect(try await fixture.exec(["-c", settings, "go"]).status == 0)
            let run = try await fixture.exec(["-c", settings, "resume", "--last", "on"])
            #expect(run.status == 0 && !run.errorText.contains("anchor"), "\(run.errorText)")
            let anchors = try PosixFile.read(file, limit: 1 << 20).split(separator: 0x0A)
            #expect(anchors.count == 2)
            #expect(fixture.server.requests.filter { $0.path == "/v1/logs" }.count == 2)
            for place in [file, note] {
                let verified = try await lockgate(fixture, "audit", "verify", "--anchors", place)
                #expect(verified.status == 0, "\(place): \(verified.text)\(verified.errorText)")
            }
            // Cut back to an older whole state, which only anchors show.
            let path = try #require(fixture.journals.first)
            let records = try JournalReader(path: path).records
            let seal = try #require(records.firstIndex { $0.type == "seal" })
            let whole = try PosixFile.read(path, limit: 1 << 22)
            let lines = whole.split(separator: 0x0A).prefix(seal + 1)
            let cut: [UInt8] = Array(lines.joined(separator: [0x0A])) + [0x0A]
            try PosixFile.replace(path, with: cut)
            #expect(try await lockgate(fixture, "audit", "verify").status == 0)
            for place in [file, note] {
                #expect(try await lockgate(fixture, "audit", "verify", "--anchors", place).status == 1, "\(place)")
            }
            try PosixFile.replace(path, with: whole)
            let id = String(PathText.name(path).dropLast(6))
            #expect(try await lockgate(fixture, "audit", "anchor", id, "--to-git-note", ".").status == 0)
            #expect(try await lockgate(fixture, "audit", "verify", "--anchors", note).status == 0)
        }
    }

    @Test func anAnchorThatIsNotKeptIsToldAndHarmsNothing() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            let places = [
                "/nowhere/anchors", "git-note:\(fixture.home.path)",
                "http://127.0.0.1:\(fixture.server.port)/responses/no",
            ]
            let list = places.map { "\"\($0)\"" }.joined(separator: ", ")
            let run = try await fixture.exec(["-c", "audit.anchor=[\(list), \"http://127.0.0.1:1/x\"]", "go"])
            #expect(run.status == 0 && run.text == "Done.\n", "\(run.errorText)")
            #expect(run.errorText.split(separator: "the anchor was not kept").count >= 4, "\(run.errorText)")
            #expect(try await lockgate(fixture, "audit", "verify").status == 0)
            // A place that can be none is told before anything is sent.
            let requests = fixture.server.requests.count
            let refused = try await fixture.exec(["-c", "audit.anchor=[\"git-note:\"]", "go"])
            #expect(refused.status == 2 && refused.errorText.contains("no place for an anchor"), "\(refused.errorText)")
            #expect(fixture.server.requests.count == requests)
            // A project cannot send anything anywhere.
            try PosixFile.makeDirectory("\(fixture.repository.path)/.lockgate")
            try PosixFile.replace(
                "\(fixture.repository.path)/.lockgate/config.toml",
                with: Array("[audit]\nanchor = [\"\(fixture.home.at("by-project"))\"]\n".utf8), mode: 0o644)
            _ = try await fixture.exec(["go"])
            #expect(!PosixFile.exists(fixture.home.at("by-project")))
        }
    }

    @Test func aChangedSessionIsBrokenAtItsRecordForBothPrograms() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            let path = try #require(fixture.journals.first)
            var lines = try PosixFile.read(path, limit: 1 << 22).split(separator: 0x0A).map { Array($0) }
            let offset = lines[..<4].reduce(0) { $0 + $1.count + 1 }
            lines[4][lines[4].count / 2] ^= 1
            try PosixFile.replace(path, with: Array(lines.joined(separator: [0x0A])) + [0x0A])
            let id = String(PathText.name(path).dropLast(6))
            for run in [
                try await lockgate(fixture, "audit", "verify", id),
                try await lockgate(fixture, "audit", "verify", String(id.prefix(13))),
                try await verifier(fixture, path),
            ] {
                #expect(run.status == 1)
                #expect(
                    run.text.contains(
                        "BROKEN at record 4, byte \(offset): the record's content does not match its hash"),
                    "\(run.text)\(run.errorText)")
            }
            #expect(try await lockgate(fixture, "audit", "anchor", id).status == 1)
        }
    }

    @Test func everyChangeToARealSessionIsFoundAndItsRecordNamed() async throws {
        try await ExecFixture.with([
            .call("apply_patch", ["input": "*** Begin Patch\n*** Add File: a.txt\n+one\n*** End Patch"]),
            ExecFixture.shell("echo 'hi \"x\"'; exit 3"), .text("Done."), .text("Again."),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "workspace-write", "go"]).status == 0)
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            let good = try PosixFile.read(try #require(fixture.journals.first), limit: 1 << 22)
            let lines = good.split(separator: 0x0A).map { Array($0) + [0x0A] }
            let owners = lines.enumerated().flatMap { number, line in Array(repeating: number, count: line.count) }
            var whole = JournalVerifier()
            whole.consume(good[...])
            let report = whole.finish()
            #expect(report.findings == [] && report.warnings == [])
            var expectation = Expectation()
            expectation.heads = [try #require(report.head)]
            func firstFinding(_ pieces: [[UInt8]]) -> JournalFinding? {
                var verifier = JournalVerifier(expecting: expectation)
                for piece in pieces { verifier.consume(piece[...]) }
                return verifier.finish().findings.first
            }
            var random = SeededGenerator(seed: 10)
            for _ in 0..<300 {
                let place = Int.random(in: good.indices, using: &random)
                var bad = good
                bad[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                #expect(firstFinding([bad])?.record == owners[place], "changed byte \(place)")
                #expect(firstFinding([Array(good[..<place])])?.record == owners[place], "cut at \(place)")
            }
            for record in lines.indices {
                #expect(
                    firstFinding(lines.enumerated().filter { $0.offset != record }.map(\.element))?.record == record)
                #expect(firstFinding(Array(lines[...record]) + Array(lines[record...]))?.record == record)
                let other = Int.random(in: lines.indices, using: &random)
                guard other != record else { continue }
                var moved = lines
                moved.swapAt(record, other)
                #expect(firstFinding(moved)?.record == min(record, other))
            }
        }
    }

    @Test func aCutAtATurnsEndIsShownByAnAnchorAlone() async throws {
        try await ExecFixture.with([.text("Done."), .text("Again.")]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            let path = try #require(fixture.journals.first)
            let before = try PosixFile.read(path, limit: 1 << 22)
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            let id = String(PathText.name(path).dropLast(6))
            let anchors = fixture.home.at("anchors")
            #expect(try await lockgate(fixture, "audit", "anchor", id, "--append", anchors).status == 0)
            let checked = try await lockgate(fixture, "audit", "verify", id, "--expect-head", anchors)
            #expect(checked.status == 0, "\(checked.text)")
            try PosixFile.replace(path, with: before)
            #expect(try await lockgate(fixture, "audit", "verify", id).status == 0)
            let cut = try await verifier(fixture, "--expect-head", anchors, path)
            #expect(cut.status == 1)
            #expect(cut.text.contains("(truncated)"))
            // Nor does it help to remove the whole session.
            unlink(path)
            let gone = try await lockgate(fixture, "audit", "verify", "--expect-head", anchors)
            #expect(gone.status == 1)
            #expect(gone.text.contains("it is gone"))
        }
    }

    @Test func anAnchorIsSentAndWhatDoesNotArriveIsSaid() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            let id = String(PathText.name(try #require(fixture.journals.first)).dropLast(6))
            let address = "http://127.0.0.1:\(fixture.server.port)"
            let file = fixture.home.at("anchors")
            let kept = try await lockgate(
                fixture, "audit", "anchor", id, "--to", file, "--to-url", "\(address)/v1/logs")
            #expect(kept.status == 0 && kept.text == "", "\(kept.errorText)")
            // What arrived is what was written, and both prove the same.
            let sent = try #require(fixture.server.requests.last { $0.path == "/v1/logs" })
            #expect(sent.bytes == (try PosixFile.read(file, limit: 1 << 16)))
            let held = try await lockgate(fixture, "audit", "verify", id, "--anchors", file)
            #expect(held.status == 0 && held.text.contains(", and an anchor holds"), "\(held.text)")
            // No answer is no proof: nobody listens there.
            let dead = try await lockgate(fixture, "audit", "anchor", id, "--to-url", "http://127.0.0.1:1/anchors")
            #expect(dead.status == 1)
            #expect(dead.errorText.contains("the anchor was not kept"))
            let refused = try await lockgate(fixture, "audit", "anchor", id, "--to-url", "\(address)/nothing")
            #expect(refused.status == 1)
            #expect(refused.errorText.contains("answered with 404"))
            let missing = try await lockgate(fixture, "audit", "verify", id, "--anchors", file + ".none")
            #expect(missing.status == 2)
        }
    }

    @Test func wrongUsageIsToldApartFromABrokenJournal() async throws {
        try await ExecFixture.with([]) { fixture in
            let unknown = try await lockgate(fixture, "audit", "verify", "nosuch")
            #expect(unknown.status == 2)
            #expect(try await lockgate(fixture, "audit", "verify", "--key", "nosuch").status == 2)
            #expect(try await verifier(fixture).status == 2)
            #expect(try await verifier(fixture, "/nosuch").status == 2)
            #expect(try await verifier(fixture, "--key").status == 2)
            let hash = String(repeating: "a", count: 64)
            #expect(try await verifier(fixture, "--expect-head", hash, fixture.home.path).status == 2)
            #expect(try await verifier(fixture, "--help").status == 0)
        }
    }

    @Test func commandsCannotReadTheKey() async throws {
        try await ExecFixture.with([
            .text("Done."), ExecFixture.shell("cat \"$HOME/keys/journal.ed25519\" || ls -a \"$HOME\""), .text("Done."),
        ]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            let key = try fixture.home.text("keys/journal.ed25519")
            #expect(key?.hasPrefix("ed25519-private:") == true)
            var status = stat()
            #expect(stat(fixture.home.at("keys/journal.ed25519"), &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let run = try await fixture.exec(["--json", "-s", "workspace-write", "go"])
            #expect(run.items("command_execution").count == 1)
            #expect(!run.text.contains("ed25519-private"))
        }
    }

    @Test func aKeyThatCannotBeUsedCostsTheSealAndNotTheSession() async throws {
        try await ExecFixture.with([.text("Done."), .text("Done."), .text("Done.")]) { fixture in
            #expect(try await fixture.exec(["go"]).status == 0)
            chmod(fixture.home.at("keys/journal.ed25519"), 0o644)
            let run = try await fixture.exec(["--json", "resume", "--last", "on"])
            #expect(run.status == 0)
            let message = run.events.first { $0["type"] == "error" }?["message"]?.string ?? ""
            #expect(message.contains("this turn's records are not signed"))
            #expect(message.contains("chmod 600"))
            #expect(run.events.last?["type"] == "turn.completed")
            let report = try await lockgate(fixture, "audit", "verify", "--json").events.first
            #expect(report?["whole"] == true)
            #expect(report?["seals"] == 1)
            #expect(report?["warnings"]?.array?.count == 1)
            // In order again, the next turn's seal covers those before it as well.
            chmod(fixture.home.at("keys/journal.ed25519"), 0o600)
            #expect(try await fixture.exec(["resume", "--last", "on"]).status == 0)
            #expect(try await lockgate(fixture, "audit", "verify", "--json").events.first?["warnings"] == [])
        }
    }

    @Test func anEphemeralRunMakesNoKey() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            let run = try await fixture.exec(["--json", "--ephemeral", "go"])
            #expect(run.status == 0)
            #expect(!run.events.contains { $0["type"] == "error" })
            #expect(!PosixFile.exists(fixture.home.at("keys")))
        }
    }

    @Test func anExportHoldsEveryRecordOnceInBothFormats() async throws {
        try await ExecFixture.with([
            .call("write_file", ["path": "a.txt", "content": "x"]), .text("a,\"b\"\n=c"), .text("Second."),
        ]) { fixture in
            #expect(try await fixture.exec(["-s", "read-only", "go"]).status == 4)
            #expect(try await fixture.exec(["again"]).status == 0)
            let paths = fixture.journals
            let records = try paths.map { try JournalReader(path: $0).records }
            let all = try await lockgate(fixture, "audit", "export")
            #expect(all.status == 0)
            #expect(all.events.map { $0["hash"]?.string } == records.flatMap { $0.map(\.hash) })
            #expect(all.events.allSatisfy { $0["whole"] == true })
            let denials = try await lockgate(fixture, "audit", "export", "--type", "effect.denied").events
            #expect(denials.map { $0["kind"] } == ["effect.denied"])
            let since = try await lockgate(fixture, "audit", "export", "--since", records[1][0].time).events
            #expect(since.count == records[1].count)
            #expect(try await lockgate(fixture, "audit", "export", "--since", "1h").output == all.output)
            #expect(try await lockgate(fixture, "audit", "export", "--since", "2999-01-01").output == [])
            #expect(try await lockgate(fixture, "audit", "export", "--since", "yesterday").status == 2)

            // Python reads the table as what was written.
            let table = try await lockgate(fixture, "audit", "export", "--format", "csv")
            try fixture.home.write("table.csv", table.output)
            let script = """
                import csv, json
                for row in csv.DictReader(open("table.csv", newline="")):
                    print(json.dumps([row["hash"], row["seq"], json.loads(row["payload"]) is not None, row["decision"]]))
                """
            let read = try OracleCommand.run(["python3", "-c", script], in: fixture.home)
            #expect(read.status == 0, "\(read.errorText)")
            let rows = read.text.split(separator: "\n").map { (try? JSONValue(parsing: String($0))) ?? .null }
            #expect(rows.map { $0[0]?.string } == records.flatMap { $0.map(\.hash) })
            #expect(rows.map { $0[1]?.string } == records.flatMap { $0.map { "\($0.sequence)" } })
            #expect(rows.contains { $0[3] == "deny" })

            var bytes = try PosixFile.read(paths[0], limit: 1 << 22)
            bytes[bytes.count / 2] ^= 1
            try PosixFile.replace(paths[0], with: bytes)
            let broken = try await lockgate(fixture, "audit", "export")
            #expect(broken.status == 1)
            #expect(broken.errorText.contains("is broken at record"))
            #expect(Set(broken.events.map { $0["whole"]?.bool }) == [true, false])
        }
    }
}
