import TUI
import Terminal
import Tools
import Wire

/// `/ps` and `/stop`: commands that run on behind the conversation.
extension SessionHost {
    private var terminals: [BackgroundTerminal] { open?.assembled.commands.backgroundTerminals ?? [] }

    func terminalsBoard() -> Board {
        let rows = terminals.map { terminal in
            let age = HumanRenderer.seconds(Int(terminal.age / .milliseconds(1)))
            return Board.Row(
                "\(terminal.number)", "terminal \(terminal.number)",
                [terminal.isRunning ? "for \(age)" : "ended", terminal.command],
                tone: terminal.isRunning ? .busy : .dim)
        }
        return Board(
            .terminals, title: "Background terminals", rows: rows,
            commands: rows.isEmpty ? [] : [.init(.terminalsStop, "stops it"), .init(.terminalsStopAll, "stops all")],
            emptyText: "No command runs in the background.", isLive: terminals.contains { $0.isRunning })
    }

    func terminals(_ wanted: BoardRequest) async throws {
        switch wanted {
        case .refresh:
            post(.board(terminalsBoard()))
            // What it prints goes on while it is looked at.
            for terminal in terminals where terminal.isRunning {
                post(.boardDetail(row: "\(terminal.number)", Self.lines(terminal)))
            }
        case .detail(let row):
            guard let terminal = terminals.first(where: { "\($0.number)" == row }) else { return }
            post(.boardDetail(row: row, Self.lines(terminal)))
        case .command(let action, let rows, let isConfirmed):
            let meant = terminals.filter { terminal in
                terminal.isRunning && (action == .terminalsStopAll || rows.contains("\(terminal.number)"))
            }
            guard !meant.isEmpty else { return post(.boardNotice("It has ended already.")) }
            guard isConfirmed else {
                let text = meant.count == 1 ? "Stop this command?" : "Stop these \(meant.count) commands?"
                return post(
                    .boardQuestion(
                        .init(
                            text, preview: meant.map { StyledLine("  \($0.command)") }, command: action, rows: rows)))
            }
            let words = await stop(meant)
            post(.board(terminalsBoard()))
            post(.boardNotice(words))
        case .search: break
        }
    }

    /// `/stop`: all, or one by its number.
    func stopTerminals(_ number: String) async throws {
        guard number.isEmpty || Int(number) != nil else {
            throw LockgateError(
                "usage", "/stop takes a terminal's number, and stops all without one", remedy: "/ps lists them")
        }
        let meant = terminals.filter { $0.isRunning && (number.isEmpty || $0.number == Int(number)) }
        guard !meant.isEmpty else { return post(.note(.init(.info, "No such command runs in the background."))) }
        let words = await stop(meant)
        post(.note(.init(.info, words, details: meant.map { "terminal \($0.number): \($0.command)" })))
    }

    private func stop(_ meant: [BackgroundTerminal]) async -> String {
        guard let commands = open?.assembled.commands else { return "Nothing was stopped." }
        var stopped = 0
        for terminal in meant where await commands.stop(terminal.number) { stopped += 1 }
        return
            "Stopped \(stopped == 1 ? "1 command" : "\(stopped) commands"); the agent learns of it when it looks next."
    }

    private static func lines(_ terminal: BackgroundTerminal) -> [StyledLine] {
        let facts = FactLines.lines([("command", terminal.command), ("terminal", "\(terminal.number)")])
        let output = terminal.output.isEmpty ? [StyledLine("no output yet", .dim)] : EntryText.plain(terminal.output)
        return facts + [.empty] + output
    }
}
