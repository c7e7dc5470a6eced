import Basics
import Config
import Hooks
import TUI
import Terminal
import Wire

/// `/hooks`: which hooks count, which do not, and what a project brings that nobody reviewed.
extension SessionHost {
    private func listing() throws -> (HookListing, ConfigurationLoader) {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        let loader = ConfigurationLoader(
            home: setup.home, environment: setup.environment, workingDirectory: setup.cwd)
        let configuration = try loader.load()
        let listing = HookListing(
            hooks: try ConfiguredHookSet.load(configuration, loader), managedOnly: configuration.managedHooksOnly,
            waiting: try TrustReview.hooks(waitingIn: configuration, loader))
        return (listing, loader)
    }

    func hooksBoard() throws -> Board {
        let (listing, _) = try listing()
        var rows = listing.waiting.map { Board.Row("waiting \($0)", $0, ["waits for your review"], tone: .warning) }
        rows += listing.hooks.definitions.enumerated().map { number, hook in
            Board.Row(
                "hook \(number)", hook.name, [hook.event.rawValue, hook.matcher.text, hook.origin.layer.name],
                tone: .good)
        }
        rows += listing.hooks.skipped.enumerated().map { number, hook in
            Board.Row("skipped \(number)", hook.name, [hook.event.rawValue, "skipped"], tone: .dim)
        }
        return Board(
            .hooks, title: "Hooks", rows: rows,
            commands: listing.waiting.isEmpty ? [] : [.init(.hooksTrust, "reviews and trusts what waits")],
            emptyText: "No hooks. docs/hooks.md says how to have some; lockgate import brings another agent's.")
    }

    func hooks(_ wanted: BoardRequest) async throws {
        switch wanted {
        case .refresh: post(.board(try hooksBoard()))
        case .detail(let row): post(.boardDetail(row: row, try detail(ofHook: row)))
        case .command(_, let rows, let isConfirmed):
            let (_, loader) = try listing()
            let trust = ProjectTrust(loader)
            let status = try trust.status()
            guard isConfirmed else {
                let text = TrustReview(status).text(all: true)
                // What is shown is what is trusted: something else by then is refused.
                return post(
                    .boardQuestion(
                        .init(
                            "Trust what this folder would execute?", preview: EntryText.plain(text),
                            command: .hooksTrust,
                            rows: [status.review.content.digest] + rows)))
            }
            guard let digest = rows.first else { return }
            _ = try trust.trust(showing: digest)
            await change([], "What this folder brings is trusted from here.")
            post(.board(try hooksBoard()))
        case .search: break
        }
    }

    private func detail(ofHook row: String) throws -> [StyledLine] {
        let (listing, loader) = try listing()
        let parts = row.split(separator: " ", maxSplits: 1).map(String.init)
        if parts.first == "waiting" {
            return EntryText.plain(TrustReview(try ProjectTrust(loader).status()).text(all: true, hooksOnly: true))
        }
        let all = parts.first == "hook" ? listing.hooks.definitions : listing.hooks.skipped
        guard let number = parts.last.flatMap(Int.init), all.indices.contains(number) else { return [] }
        let hook = all[number]
        let milliseconds = Int(hook.limit / .milliseconds(1))
        return FactLines.lines([
            ("event", hook.event.rawValue), ("matches", hook.matcher.text), ("runs", hook.command),
            ("from", "\(hook.origin)"), ("limit", "\(JSONNumber(Double(milliseconds) / 1000).text) s"),
            ("failing", hook.failsClosed ? "blocks (fails closed)" : "is passed over (fails open)"),
            ("runs in", hook.isSandboxed ? "the session's sandbox" : "no sandbox"),
            (
                "skipped",
                parts.first == "skipped" ? listing.managedOnly.map { "only managed hooks count: \($0)" } ?? "" : ""
            ),
        ])
    }
}
