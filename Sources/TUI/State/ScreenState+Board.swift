import Terminal
import Wire

/// Boards: keys move, look and ask; what they do is done by whoever made the board.
extension ScreenState {
    mutating func open(_ board: Board) -> [ScreenAction] {
        guard !isPlain else {
            let rows = board.rows.map { ([$0.title] + $0.facts).filter { !$0.isEmpty }.joined(separator: ", ") }
            add(.note(.init(.info, board.title, details: rows.isEmpty ? [board.emptyText] : rows)))
            return []
        }
        var board = board
        if let old = self.board { board.takeOver(from: old) }
        self.board = board
        return wantedDetail()
    }

    mutating func show(_ lines: [StyledLine], ofRow id: String) { board?.details[id] = lines }

    /// The time at which a board that lives wants to be asked for anew.
    mutating func refreshBoard() -> [ScreenAction] {
        guard let board, board.isLive, board.question == nil, now - boardRefreshed >= .seconds(1) else { return [] }
        boardRefreshed = now
        return [.board(board.subject, .refresh)]
    }

    private func wantedDetail() -> [ScreenAction] {
        guard let board, let current = board.current, board.details[current.id] == nil else { return [] }
        return [.board(board.subject, .detail(row: current.id))]
    }

    mutating func pressInBoard(_ key: Key) -> [ScreenAction] {
        guard var board else { return [] }
        let limit = BoardView(board: board, keymap: keymap, width: max(10, width), height: max(4, height)).scrollLimit
        let page = max(1, height / 2)
        if board.isFiltering { return pressInFilter(key, board) }
        let action = keymap.action(key, in: board.subject.context, .board, .global)
        switch action {
        case .boardScrollUp, .boardScrollDown:
            board.scroll(action == .boardScrollUp ? -page : page)
            board.limitScroll(limit)
            self.board = board
            return []
        case .boardShowKeys, .showKeysHere: return showKeys(whole: false)
        case .suspend: return [.suspend]
        default: break
        }
        if let question = board.question {
            board.question = nil
            self.board = board
            guard keymap.action(key, in: .confirm) == .confirmYes else {
                self.board?.notice = "Nothing was done."
                return wantedDetail()
            }
            return [.board(board.subject, .command(question.command, rows: question.rows, isConfirmed: true))]
        }
        board.notice = nil
        switch action {
        case .boardUp: board.move(-1)
        case .boardDown: board.move(1)
        case .boardTop: board.move(-board.rows.count)
        case .boardBottom: board.move(board.rows.count)
        case .boardMark: board.mark()
        case .boardFilter: board.beginFilter()
        case .boardClose:
            self.board = nil
            return []
        default:
            guard let action, board.commands.contains(where: { $0.action == action }) else { break }
            self.board = board
            return [.board(board.subject, .command(action, rows: board.meant, isConfirmed: false))]
        }
        self.board = board
        return wantedDetail()
    }

    private mutating func pressInFilter(_ key: Key, _ old: Board) -> [ScreenAction] {
        var board = old
        switch fieldKey(key) {
        case .accept:
            board.endFilter(keeps: true)
            self.board = board
            return (board.searches ? [.board(board.subject, .search(board.filter))] : []) + wantedDetail()
        case .cancel:
            board.endFilter(keeps: false)
            self.board = board
            return (board.searches ? [.board(board.subject, .search(""))] : []) + wantedDetail()
        case .delete: board.deleteBackward()
        case .up: board.move(-1)
        case .down: board.move(1)
        case .type(let scalar): board.type(scalar)
        case .other: break
        }
        self.board = board
        return wantedDetail()
    }
}
