import Terminal

/// A picker as lines.
struct PickerView {
    let picker: Picker
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
        if picker.isConfirming { return "y does it · any other key does not" }
        return switch picker.purpose {
        case .trust: "↑↓ choose · Enter takes it"
        case .theme: "↑↓ choose, and see it at once · Enter keeps it · Esc leaves it as it was"
        case .delete: "↑↓ choose · Enter deletes it for good · Esc leaves"
        case .turn: "↑↓ choose · Enter takes back this turn and all after it · Esc leaves"
        case .message: "↑↓ choose · Enter edits it, and the conversation goes on from before it · Esc leaves"
        default: "↑↓ choose · Enter takes it · type to narrow · Esc leaves"
        }
    }

    private func row(_ index: Int) -> StyledLine {
        let item = picker.items[index]
        let isSelected = index == picker.selected
        var line = StyledLine(isSelected ? "› " : "  ", Theme.accent)
        line.append(item.title.oneLine, isSelected ? .bold : .plain)
        if item.isCurrent { line.append(" (now)", Theme.good) }
        guard !item.detail.isEmpty else { return line.cut(to: width) }
        line.append("  \(item.detail.oneLine)", Theme.dim)
        return line.cut(to: width)
    }
}
