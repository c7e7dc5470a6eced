import Basics
import Config
import Journal
import Sessions
import TUI
import Terminal
import Wire

/// `/resume`: sessions of this folder or of all, and what was said in them.
extension SessionHost {
    func sessionsBoard() throws -> Board {
        let index = try SessionIndex(home: try home)
        let words = sessionSearch
        let rows = words.isEmpty ? try listed(index) : try found(index, words)
        let place = showsAllFolders ? "Sessions in all folders" : "Sessions in this folder"
        let title = words.isEmpty ? place : "\(place), with “\(words)”"
        return Board(
            .sessions, title: title, rows: rows,
            commands: [
                .init(.sessionsOpen, forksPicked ? "forks" : "goes on"), .init(.sessionsFork, "forks"),
                .init(.sessionsFolders, showsAllFolders ? "this folder" : "all folders"),
            ],
            emptyText: words.isEmpty
                ? showsAllFolders ? "There is no other session." : "There is no other session in this folder."
                : "Nothing was found.", searches: true)
    }

    private func listed(_ index: SessionIndex) throws -> [Board.Row] {
        let current = id
        let summaries = try index.summaries(in: showsAllFolders ? nil : setup?.cwd ?? startFolder, limit: 1000)
        return summaries.filter { $0.location.id != current && $0.state != .empty }.map { session in
            let turns = session.totals.map { "\($0.turns) turn\($0.turns == 1 ? "" : "s")" } ?? ""
            let name = session.notes.name.map { "[\($0)] " } ?? ""
            return Board.Row(
                session.location.id.text, name + (session.prompt ?? "?"),
                [
                    LocalTime.text(session.location.id.time), turns, session.state.rawValue,
                    showsAllFolders ? session.cwd ?? "" : "",
                ], tone: session.state == .running ? .busy : .plain)
        }
    }

    private func found(_ index: SessionIndex, _ words: String) throws -> [Board.Row] {
        var query = SearchQuery(words)
        query.directory = showsAllFolders ? nil : setup?.cwd ?? startFolder
        query.limit = 100
        var seen = Set<String>()
        return try index.search(query).filter { seen.insert($0.session).inserted }.map { hit in
            let time = SessionID(hit.session).map { LocalTime.text($0.time) } ?? hit.time
            let around = hit.snippet.map(\.text).joined().split(whereSeparator: \.isWhitespace).joined(separator: " ")
            return Board.Row(
                hit.session, hit.name.map { "[\($0)]" } ?? hit.prompt ?? "?",
                [time, "“\(around)”", showsAllFolders ? hit.cwd ?? "" : ""])
        }
    }

    private var startFolder: String { ProcessEnvironment.workingDirectory }

    func sessions(_ wanted: BoardRequest) async throws {
        switch wanted {
        case .refresh: post(.board(try sessionsBoard()))
        case .detail(let row): post(.boardDetail(row: row, try sessionDetail(row)))
        case .search(let words):
            sessionSearch = words
            post(.board(try sessionsBoard()))
        case .command(.sessionsFolders, _, _):
            showsAllFolders.toggle()
            post(.board(try sessionsBoard()))
        case .command(let key, let rows, _):
            guard let row = rows.first else { return }
            if key == .sessionsFork { forksPicked = true }
            post(.boardClosed)
            sessionSearch = ""
            await resume(row)
        }
    }

    private func sessionDetail(_ id: String) throws -> [StyledLine] {
        let location = try SessionStore(home: try home).resolve(id)
        let summary = SessionSummary(location)
        let facts = FactLines.lines([
            ("session", id), ("folder", summary.cwd ?? ""),
            ("model", [summary.model, summary.provider.map { "via \($0)" }].compactMap(\.self).joined(separator: " ")),
            ("last", summary.lastTime ?? ""),
            ("cost", summary.totals?.cost.map { "$\(HumanRenderer.money($0))" } ?? ""),
        ])
        let entries = TranscriptReader.tail(ofFile: location.path, count: 12)
        return facts + [.empty] + EntryText.lines(entries)
    }
}
