package import Terminal
import Text
import Wire

/// Screens as pure functions of the state.
package struct ScreenView {
    private let state: ScreenState
    private let width: Int
    private let height: Int

    package init(_ state: ScreenState) {
        self.state = state
        width = max(10, state.width)
        height = max(4, state.height)
    }

    /// Whether the frame is for the whole screen.
    package var isWhole: Bool { state.isWhole || state.readsWhole }

    package var frame: Frame {
        let keymap = state.keymap
        if let help = state.help {
            return PagerView(pager: help, keymap: keymap, isHelp: true, width: width, height: height).frame
        }
        if let transcript = state.transcript {
            return TranscriptPagerView(pager: transcript, keymap: keymap, width: width, height: height).frame
        }
        if let board = state.board, state.pager == nil, state.sheets.isEmpty, state.inquiries.isEmpty {
            return BoardView(board: board, keymap: keymap, width: width, height: height).frame
        }
        if let pager = state.pager {
            return PagerView(pager: pager, keymap: keymap, width: width, height: height).frame
        }
        // One row stays free: a live area as high as the screen would push its own top away.
        let live = live(room: state.isWhole ? height : height - 1)
        guard state.isWhole else { return live }
        let room = height - live.lines.count
        var above = Self.transcript(
            state.entries.suffix(max(1, room)), width: width, isExpanded: false, folder: state.facts?.cwd ?? ""
        ).suffix(room)
        while above.count < room { above.append(.empty) }
        return Frame(
            above + live.lines, cursor: live.cursor.map { Frame.Position(row: $0.row + room, column: $0.column) })
    }

    /// Entries as they go into the scrollback.
    ///
    /// - Parameter range: of the conversation's entries, those forgotten counted.
    package func scrollback(_ range: Range<Int>) -> [StyledLine] {
        let view = TranscriptView(width: width, folder: state.facts?.cwd ?? "")
        let known = max(0, range.lowerBound - state.forgotten)..<max(0, range.upperBound - state.forgotten)
        return known.flatMap { index in
            view.lines(state.entries[index], after: index > 0 ? state.entries[index - 1] : nil)
        }
    }

    static func transcript(
        _ entries: ArraySlice<TranscriptEntry>, width: Int, isExpanded: Bool, folder: String
    ) -> [StyledLine] {
        let view = TranscriptView(width: width, isExpanded: isExpanded, folder: folder)
        var previous: TranscriptEntry?
        return entries.flatMap { entry in
            defer { previous = entry }
            return view.lines(entry, after: previous)
        }
    }

    // MARK: - The live area

    private func live(room: Int) -> Frame {
        if let sheet = state.sheets.first {
            return Frame(
                [.empty]
                    + ApprovalView(
                        sheet: sheet, waiting: state.sheets.count - 1,
                        batch: state.sheetBatch.dropFirst().map(\.request), keymap: state.keymap,
                        isArmed: sheet.isQuiet(now: state.now),
                        width: width,
                        height: room - 1
                    ).lines)
        }
        if let sheet = state.inquiries.first {
            let frame = InquiryView(sheet: sheet, keymap: state.keymap, width: width).frame
            let lines = ([.empty] + frame.lines).suffix(room)
            let shift = lines.count - frame.lines.count
            return Frame(
                Array(lines),
                cursor: frame.cursor.map { Frame.Position(row: max(0, $0.row + shift), column: $0.column) })
        }
        if let picker = state.picker {
            return Frame(
                [.empty] + PickerView(picker: picker, keymap: state.keymap, width: width, height: room - 1).lines)
        }
        let composer = ComposerView(
            composer: state.composer, width: width, limit: max(1, room / 2), placeholder: placeholder
        ).frame
        var below = completions(room: max(1, room - composer.lines.count - 4))
        below.append(StatusLine(state: state).line)
        var above = state.turn == nil ? [.empty] + queued : queued
        above.append(StyledLine(String(repeating: "─", count: width), Theme.dim))
        let left = room - composer.lines.count - below.count - above.count
        let work = self.work(room: max(0, left))
        above = work + above
        let row = above.count
        return Frame(
            above + composer.lines + below,
            cursor: composer.cursor.map { Frame.Position(row: $0.row + row, column: $0.column) })
    }

    private var placeholder: String {
        if state.turn != nil {
            let keymap = state.keymap
            return "\(keymap.first(.submit)) tells it now · \(keymap.first(.queue)) keeps it for afterwards"
        }
        return state.entries.contains { if case .prompt = $0 { true } else { false } }
            ? "What next?" : "Ask for a change or a question about this folder · / commands · @ files"
    }

    private var queued: [StyledLine] {
        state.queue.map { prompt in
            StyledLine([Span("  then ", Theme.accent), Span(prompt.text.oneLine, Theme.dim)]).cut(to: width)
        }
    }

    private func completions(room: Int) -> [StyledLine] {
        guard let completion = state.completion else { return [] }
        if completion.items.isEmpty {
            let text = completion.kind == .file ? (state.files == nil ? "reading the folder …" : "no such file") : ""
            return [StyledLine("    \(text)", Theme.dim)]
        }
        let count = min(completion.items.count, room)
        let first = max(0, min(completion.selected - count / 2, completion.items.count - count))
        let longest = completion.items.map { DisplayWidth.of($0.text) }.max() ?? 0
        return (first..<first + count).map { index in
            let item = completion.items[index]
            let isSelected = index == completion.selected
            var line = StyledLine(isSelected ? "  › " : "    ", Theme.accent)
            line.spans += marked(item, isSelected ? .bold : .plain)
            if !item.summary.isEmpty {
                line.append(String(repeating: " ", count: max(1, longest + 2 - DisplayWidth.of(item.text))))
                line.append(item.summary, Theme.dim)
            }
            return line.cut(to: width)
        }
    }

    /// The letters that were typed stand out.
    private func marked(_ item: Completion.Item, _ style: CellStyle) -> [Span] {
        let wanted = Set(item.positions)
        guard !wanted.isEmpty else { return [Span(item.text, style)] }
        var spans: [Span] = []
        var offset = 0
        for character in item.text {
            spans.append(
                Span(
                    String(character), wanted.contains(offset) ? CellStyle(.cyan, style.attributes.union(.bold)) : style
                ))
            offset += character.utf8.count
        }
        return spans
    }

    // MARK: - What is under way

    private func work(room: Int) -> [StyledLine] {
        guard let turn = state.turn else {
            return !state.isReady && !state.queue.isEmpty ? [.empty, StyledLine("  starting …", Theme.dim)] : []
        }
        let transcript = TranscriptView(width: width)
        var lines: [StyledLine] = []
        let pending = ProposedPlan.shown(turn.pending)
        if !pending.isEmpty {
            let view = MarkdownView(width: max(10, width - 2))
            lines += view.lines(MarkdownDocument(pending).blocks).map { $0.isEmpty ? $0 : StyledLine("  ") + $0 }
        }
        for item in turn.items {
            if case .commandExecution(let command) = item.kind { lines += transcript.running(command) }
        }
        if let next = state.plan.first(where: { !$0.completed }) {
            let done = state.plan.count { $0.completed }
            lines.append(
                StyledLine([
                    Span("☰ ", Theme.accent), Span("\(done) of \(state.plan.count) · ", Theme.dim),
                    Span(next.text.oneLine),
                ]).cut(to: width))
        }
        lines.append(activity(turn))
        // Its end is what moves.
        return [.empty] + lines.suffix(max(1, room - 1))
    }

    private func activity(_ turn: RunningTurn) -> StyledLine {
        let elapsed = state.now - turn.started
        let seconds = Int(elapsed.components.seconds)
        let step = Int(elapsed.components.attoseconds / 100_000_000_000_000_000) + seconds * 10
        var line = StyledLine("\(Theme.spinner[step % Theme.spinner.count]) ", Theme.accent)
        line.append(turn.isInterrupting ? "stopping" : what(turn), .bold)
        line.append("  \(Amounts.elapsed(seconds))", Theme.dim)
        if !turn.isInterrupting { line.append(" · \(state.keymap.first(.interrupt)) interrupts", Theme.dim) }
        if turn.pending.isEmpty, turn.items.isEmpty, let last = turn.reasoning.lines.last(where: { !$0.isEmpty }) {
            line.append("  \(last.replacing("**", with: ""))", CellStyle(.standard, [.dim, .italic]))
        }
        return line.cut(to: width)
    }

    private func what(_ turn: RunningTurn) -> String {
        guard let item = turn.items.last else {
            return turn.pending.isEmpty ? (turn.reasoning.isEmpty ? "thinking" : "reasoning") : "writing"
        }
        return switch item.kind {
        case .commandExecution: "running"
        case .fileChange: "changing files"
        case .toolCall(let call): call.tool.oneLine
        case .todoList: "planning"
        case .agentMessage, .reasoning, .error: "thinking"
        }
    }
}

extension TranscriptView {
    /// A command that runs: itself and the end of what it printed so far.
    func running(_ command: ThreadItem.CommandExecution) -> [StyledLine] {
        let all = command.command.lines
        var lines = [
            (StyledLine([Span("◆ ", Theme.accent), Span("$ ", Theme.accent), Span(all[0], .bold)])
                + StyledLine(all.count > 1 ? " …" : "", Theme.dim)).cut(to: width)
        ]
        var output = command.aggregatedOutput.lines
        if output.last?.isEmpty == true { output.removeLast() }
        for text in output.suffix(5) {
            lines.append((StyledLine("  │ ", Theme.dim) + StyledLine(text, Theme.dim)).cut(to: width))
        }
        return lines
    }
}
