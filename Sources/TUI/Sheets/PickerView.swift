import Terminal
import Wire

/// A picker as lines.
struct PickerView {
    let picker: Picker
    let keymap: Keymap
    let width: Int
    let height: Int

    /// Rows for the list; the rest is for the preview beneath it.
    private var rows: Int {
        let room = max(3, height - 4)
        return picker.hasPreviews ? min(picker.items.count, max(3, room / 2)) : min(picker.items.count, room)
    }

    var lines: [StyledLine] {
        var head = StyledLine([Span(picker.title, Theme.heading)])
        if !picker.filter.isEmpty { head.append("  \(picker.filter)", .bold) }
        if picker.purpose != .trust { head.append("  \(picker.items.count) of \(picker.all.count)", Theme.dim) }
        var lines = [head.cut(to: width)]
        if picker.items.isEmpty { lines.append(StyledLine("  nothing matches", Theme.dim)) }
        let first = max(0, min(picker.selected - rows / 2, picker.items.count - rows))
        for index in first..<min(picker.items.count, first + rows) { lines.append(row(index)) }
        if picker.hasPreviews, let current = picker.current {
            lines.append(StyledLine(String(repeating: "─", count: width), Theme.dim))
            let preview = picker.previews[current.id] ?? [StyledLine("…", Theme.dim)]
            let room = max(1, height - lines.count - 1)
            let wrapped = preview.flatMap { $0.wrapped(to: width, indent: StyledLine("  ")) }
            lines += wrapped.count > room ? wrapped.prefix(room - 1) + [StyledLine("…", Theme.dim)] : wrapped[...]
        }
        lines.append(StyledLine(hint, Theme.dim).cut(to: width))
        return lines
    }

    private var hint: String {
        if picker.isConfirming { return "\(keymap.first(.confirmYes)) does it · any other key does not" }
        let (takes, leaves) = (keymap.first(.listAccept), keymap.first(.listCancel))
        let choose = "\(keymap.keys(.listUp, .listDown)) choose"
        return switch picker.purpose {
        case .trust: "\(choose) · \(takes) takes it"
        case .theme: "\(choose), and see it at once · \(takes) keeps it · \(leaves) leaves it as it was"
        case .statusLine, .title: "\(choose) · \(takes) switches it · \(leaves) leaves"
        case .delete: "\(choose) · \(takes) deletes it for good · \(leaves) leaves"
        case .turn: "\(choose) · \(takes) takes back this turn and all after it · \(leaves) leaves"
        case .message:
            "\(choose) · \(takes) edits it, and the conversation goes on from before it · \(leaves) leaves"
        default: "\(choose) · \(takes) takes it · type to narrow · \(leaves) leaves"
        }
    }

    /// Columns of the titles; 0 where some are too long to stand in one.
    private var titleColumn: Int {
        let longest = picker.all.map { DisplayWidth.of($0.title.oneLine) }.max() ?? 0
        return longest <= 24 ? longest + 2 : 0
    }

    private func row(_ index: Int) -> StyledLine {
        let item = picker.items[index]
        let isSelected = index == picker.selected
        var line = StyledLine(isSelected ? "› " : "  ", Theme.accent)
        line.append(item.title.oneLine, isSelected ? .bold : .plain)
        if item.isCurrent { line.append(" (now)", Theme.good) }
        guard !item.detail.isEmpty else { return line.cut(to: width) }
        // Short titles stand in a column of their own, so that what they mean is read downwards.
        line.append(String(repeating: " ", count: max(0, titleColumn - line.width)))
        line.append("  \(item.detail.oneLine)", Theme.dim)
        return line.cut(to: width)
    }
}
