import Basics
import Journal
import TUI
import Terminal
import Wire

/// `/recap`: what happened since the person last wrote, from the session's record. No model is asked.
extension SessionHost {
    func recapLines() throws -> [StyledLine] {
        guard let id, let setup else {
            throw LockgateError("session.none", "Nothing has happened yet: the session begins with the first prompt.")
        }
        let records = try JournalReader(path: try SessionStore(home: setup.home).find(id)).records
        return Recap(records, folder: setup.cwd).lines
    }
}

/// The end of a session's record, from the person's last words on, summed up.
struct Recap {
    private let records: ArraySlice<JournalRecord>
    private let words: String
    private let folder: String

    init(_ all: [JournalRecord], folder: String) {
        self.folder = folder
        let last = all.lastIndex { record in
            guard record.isType("conversation") else { return false }
            let payload = record.payload
            guard payload["kind"] == "user" else { return false }
            return payload["origin"] == nil || payload["origin"] == "prompt" || payload["origin"] == "steering"
        }
        records = last.map { all[$0...] } ?? []
        words = records.first?.payload["parts"]?.array?.compactMap { $0["text"]?.string }.first ?? ""
    }

    var lines: [StyledLine] {
        guard let first = records.first else { return [StyledLine("You have written nothing in this session.", .dim)] }
        var page = FactPage()
        page.heading("You wrote at \(WallTime(rfc3339: first.time).map(LocalTime.text) ?? first.time)")
        page.line(words.split(whereSeparator: \.isNewline).first.map(String.init) ?? "", .bold)
        let events = records.filter { $0.isType("event") }.map(\.payload)
        let items = events.filter { $0["type"] == "item.completed" }.compactMap { $0["item"] }
        add(commands: items.filter { $0["type"] == "command_execution" }, to: &page)
        add(changes: items.filter { $0["type"] == "file_change" }, to: &page)
        add(refused: events.filter { $0["type"] == "effect.denied" }, to: &page)
        add(end: events, to: &page)
        if let message = items.last(where: { $0["type"] == "agent_message" })?["text"]?.string {
            page.heading("It said last")
            return page.lines + EntryText.lines([.message(message)])
        }
        return page.lines
    }

    private func add(commands: [JSONValue], to page: inout FactPage) {
        guard !commands.isEmpty else { return }
        let failed = commands.filter { ($0["exit_code"]?.int ?? 0) != 0 }.count
        page.heading("\(Self.count(commands.count, "command")), \(failed == 0 ? "none failed" : "\(failed) failed")")
        for command in commands.suffix(20) {
            let code = command["exit_code"]?.int
            let mark = code == nil ? "◆" : code == 0 ? "✓" : "✗"
            let line = (command["command"]?.string ?? "?").split(whereSeparator: \.isNewline).first.map(String.init)
            page.line("\(mark) \(line ?? "?")", code == nil || code == 0 ? .plain : CellStyle(.red))
        }
        if commands.count > 20 { page.line("… and \(commands.count - 20) before these", .dim) }
    }

    private func add(changes: [JSONValue], to page: inout FactPage) {
        var seen: Set<String> = []
        let paths = changes.filter { $0["status"] == "completed" }.flatMap { $0["changes"]?.array ?? [] }
            .compactMap { $0["path"]?.string }.filter { seen.insert($0).inserted }
        guard !paths.isEmpty else { return }
        page.heading("\(Self.count(paths.count, "file")) changed by patches")
        for path in paths.prefix(30) {
            page.line(PathText.isWithin(path, folder) ? PathText.relative(path, to: folder) : path)
        }
    }

    private func add(refused: [JSONValue], to page: inout FactPage) {
        guard !refused.isEmpty else { return }
        page.heading("Refused")
        for denial in refused.suffix(10) { page.line(denial["verdict"]?["reason"]?.string ?? "?", CellStyle(.yellow)) }
    }

    private func add(end events: [JSONValue], to page: inout FactPage) {
        page.heading("Since then")
        if let changed = events.last(where: { $0["type"] == "checkpoint" })?["changed"]?.int {
            page.fact("changed", "\(Self.count(changed, "file")) in the folder; /undo takes it back")
        }
        let ends = events.filter { $0["type"] == "turn.completed" || $0["type"] == "turn.failed" }
        guard let last = ends.last else { return page.fact("turn", "still at work") }
        if last["type"] == "turn.failed" {
            page.fact("turn", "ended with: \(last["error"]?["message"]?.string ?? "?")", style: CellStyle(.red))
        } else {
            page.fact("turn", "done after \(HumanRenderer.seconds(last["duration_ms"]?.int ?? 0))")
        }
        let costs = ends.compactMap { $0["cost_usd"]?.double }
        if !costs.isEmpty { page.fact("cost", "$\(HumanRenderer.money(costs.reduce(0, +)))") }
    }

    private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }
}
