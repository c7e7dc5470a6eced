import Terminal

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
        let limit = BoardView(board: board, width: max(10, width), height: max(4, height)).scrollLimit
        let page = max(1, height / 2)
        if board.isFiltering { return pressInFilter(key, board) }
        if key.code == .pageUp || key.code == .pageDown {
            board.scroll(key.code == .pageUp ? -page : page)
            board.limitScroll(limit)
            self.board = board
            return []
        }
        if let question = board.question {
            board.question = nil
            self.board = board
            guard key == .character("y") else {
                self.board?.notice = "Nothing was done."
                return wantedDetail()
            }
            return [.board(board.subject, .command(question.command, rows: question.rows, isConfirmed: true))]
        }
        board.notice = nil
        switch (key.code, key.modifiers) {
        case (.up, _), (.character("k"), []), (.character("p"), .control): board.move(-1)
        case (.down, _), (.character("j"), []), (.character("n"), .control): board.move(1)
        case (.home, _): board.move(-board.rows.count)
        case (.end, _): board.move(board.rows.count)
        case (.character(" "), []): board.mark()
        case (.character("/"), []): board.beginFilter()
        case (.escape, _), (.character("q"), []), (.character("c"), .control):
            self.board = nil
            return []
        case (.character("z"), .control): return [.suspend]
        case (.enter, []), (.character, _):
            let scalar: Unicode.Scalar
            if case .character(let typed) = key.code { scalar = typed } else { scalar = "\r" }
            guard key.modifiers.isEmpty || key.modifiers == .shift,
                board.commands.contains(where: { $0.key == scalar })
            else { break }
            self.board = board
            return [.board(board.subject, .command(scalar, rows: board.meant, isConfirmed: false))]
        default: break
        }
        self.board = board
        return wantedDetail()
    }

    private mutating func pressInFilter(_ key: Key, _ old: Board) -> [ScreenAction] {
        var board = old
        switch key.code {
        case .enter:
            board.endFilter(keeps: true)
            self.board = board
            return (board.searches ? [.board(board.subject, .search(board.filter))] : []) + wantedDetail()
        case .escape:
            board.endFilter(keeps: false)
            self.board = board
            return (board.searches ? [.board(board.subject, .search(""))] : []) + wantedDetail()
        case .backspace: board.deleteBackward()
        case .up: board.move(-1)
        case .down: board.move(1)
        case .character(let scalar) where key.modifiers.isEmpty || key.modifiers == .shift: board.type(scalar)
        default: break
        }
        self.board = board
        return wantedDetail()
    }
}
