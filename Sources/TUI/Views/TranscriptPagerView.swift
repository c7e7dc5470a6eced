import Terminal
import Wire

/// The transcript as lines of the whole screen.
struct TranscriptPagerView {
    let pager: TranscriptPager
    let keymap: Keymap
    let width: Int
    let height: Int

    var frame: Frame {
        let room = PagerView.room(height: height)
        var title = StyledLine(" Transcript", Theme.heading)
        title.append("  \(pager.percent(room: room)) %", Theme.dim)
        if pager.isCounting { title.append("  counting earlier entries …", Theme.dim) }
        var lines = [title.cut(to: width)]
        for line in pager.window(room: room) { lines.append(marked(line)) }
        while lines.count < room + 1 { lines.append(StyledLine("~", Theme.dim)) }
        if pager.isSearching {
            let prompt = StyledLine([Span("/", Theme.accent), Span(pager.search)])
            return Frame(lines + [prompt], cursor: Frame.Position(row: lines.count, column: prompt.width))
        }
        var found = ""
        if pager.isLooking {
            found = " · looking for “\(pager.search)”"
        } else if !pager.search.isEmpty {
            let entries = pager.matches.count == 1 ? "1 entry" : "\(pager.matches.count) entries"
            found = " · \(entries) with “\(pager.search)” · \(keymap.keys(.pagerNext, .pagerPrevious)) next"
        }
        lines.append(PagerView.hint(keymap, found).cut(to: width))
        return Frame(lines)
    }

    private func marked(_ line: StyledLine) -> StyledLine {
        guard !pager.search.isEmpty, line.text.lowercased().contains(pager.search.lowercased()) else { return line }
        return StyledLine(line.spans.map { Span($0.text, $0.style.with(.inverse), link: $0.link) }, fill: line.fill)
    }
}
