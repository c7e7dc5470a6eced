import Basics
import Journal
import TUI
import Terminal
import Wire
import Workspace

/// Boards of the screen: each is made anew from what is on disk, and does what its verb on the command line does.
extension SessionHost {
    func board(_ subject: Board.Subject, _ wanted: BoardRequest) async {
        do {
            switch subject {
            case .attempts: try await AttemptsBoard(try worktrees()).answer(wanted, self)
            case .worktrees: try await WorktreesBoard(try worktrees()).answer(wanted, self)
            case .review: try await review(wanted)
            case .hooks: try await hooks(wanted)
            case .sessions: try await sessions(wanted)
            case .terminals: try await terminals(wanted)
            case .servers: try await servers(wanted)
            }
        } catch {
            let error = error as? LockgateError ?? LockgateError("internal", "\(error)")
            post(.boardNotice(error.message + (error.remedy.map { " · fix: \($0)" } ?? "")))
        }
    }

    func openBoard(_ subject: Board.Subject) async throws {
        switch subject {
        case .attempts: post(.board(try AttemptsBoard(try worktrees()).board))
        case .worktrees: post(.board(try WorktreesBoard(try worktrees()).board))
        case .review: post(.board(try reviewBoard()))
        case .hooks: post(.board(try hooksBoard()))
        case .sessions: post(.board(try sessionsBoard()))
        case .terminals: post(.board(terminalsBoard()))
        case .servers: post(.board(try serversBoard()))
        }
    }

    private func worktrees() throws -> WorktreeStore {
        guard let setup else { throw LockgateError("session.none", "there is no session yet") }
        var place = WorktreeOptions()
        place.directory = setup.cwd
        return try place.store()
    }

    /// Ends what holds the session's stage or folder, so that it can be changed from outside; the next prompt goes on.
    func rest() async throws {
        guard let open, let path = open.journal.path else { return }
        await close(reason: "other")
        try goOn(open, path)
    }
}

/// A plan as lines, before it is carried out.
enum PlanPreview {
    static func lines(_ plan: RestorePlan) -> [StyledLine] {
        var lines = plan.steps.map { StyledLine("  \($0.verb) \($0.path.isEmpty ? "." : $0.path.shownPath)") }
        for conflict in plan.conflicts {
            let copy = conflict.copy.map { "; the other one goes to \($0.shownPath)" } ?? ""
            lines.append(StyledLine("  keep \(conflict.path.shownPath): \(conflict.reason)\(copy)", CellStyle(.yellow)))
        }
        for ref in plan.left { lines.append(StyledLine("  left \(ref.path.shownPath): \(ref.reason)", .dim)) }
        for path in plan.lost {
            lines.append(StyledLine("  lost \(path.shownPath): checkpoints do not cover it", CellStyle(.red)))
        }
        if plan.isEmpty { lines.append(StyledLine("  nothing would change", .dim)) }
        return lines
    }

    /// What stayed, after it was carried out.
    static func kept(_ kept: [RestorePlan.Conflict]) -> String {
        kept.isEmpty ? "" : " · stayed: \(kept.map { "\($0.path.shownPath) (\($0.reason))" }.joined(separator: ", "))"
    }
}

/// Facts as lines with names before them.
enum FactLines {
    static func lines(_ facts: [(String, String)]) -> [StyledLine] {
        facts.filter { !$0.1.isEmpty }.map { name, value in
            var line = StyledLine(name + String(repeating: " ", count: max(1, 10 - name.count)), .dim)
            line.append(value)
            line.hang = 10
            return line
        }
    }

    /// A diff, as much of it as anybody reads.
    static func diff(_ bytes: [UInt8]) -> [StyledLine] {
        let limit = 256 << 10
        let lines = EntryText.diff(String(decoding: bytes.prefix(limit), as: UTF8.self))
        if lines.isEmpty { return [StyledLine("nothing changed", .dim)] }
        return bytes.count > limit ? lines + [StyledLine("… the rest is left out", .dim)] : lines
    }
}
