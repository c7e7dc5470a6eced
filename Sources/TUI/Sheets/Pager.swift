package import Terminal
import Wire

/// Lines to read on the whole screen, with search.
package struct Pager: Sendable, Hashable {
    package var title: String
    /// What it shows, not yet cut to a width.
    package let page: [StyledLine]
    /// Cut to the screen's width.
    package private(set) var lines: [StyledLine] = []
    package private(set) var top = 0
    package private(set) var search = ""
    /// While a search is being typed.
    package private(set) var isSearching = false
    /// Lines that match.
    package private(set) var matches: [Int] = []

    package init(title: String, page: [StyledLine]) {
        self.title = title
        self.page = page
    }

    /// Puts lines in, for a screen with room for so many.
    package mutating func fill(_ lines: [StyledLine], room: Int) {
        self.lines = lines
        scroll(0, room: room)
        find()
    }

    package mutating func scroll(_ step: Int, room: Int) {
        top = max(0, min(top + step, max(0, lines.count - room)))
    }

    package mutating func toTop() { top = 0 }
    package mutating func toEnd(room: Int) { top = max(0, lines.count - room) }

    package mutating func beginSearch() {
        isSearching = true
        search = ""
        matches = []
    }

    package mutating func type(_ scalar: Unicode.Scalar, room: Int) {
        search.unicodeScalars.append(scalar)
        find()
        if let first = matches.first(where: { $0 >= top }) ?? matches.first { show(first, room: room) }
    }

    package mutating func deleteBackward() {
        if search.isEmpty { isSearching = false } else { search.removeLast() }
        find()
    }

    package mutating func endSearch() { isSearching = false }

    package mutating func next(_ step: Int, room: Int) {
        let place = top + room / 2
        let target =
            step > 0 ? matches.first { $0 > place } ?? matches.first : matches.last { $0 < place } ?? matches.last
        if let target { show(target, room: room) }
    }

    private mutating func show(_ line: Int, room: Int) {
        top = max(0, min(line - room / 2, max(0, lines.count - room)))
    }

    private mutating func find() {
        let wanted = search.lowercased()
        matches = wanted.isEmpty ? [] : lines.indices.filter { lines[$0].text.lowercased().contains(wanted) }
    }
}

/// A pager as lines of the whole screen.
struct PagerView {
    let pager: Pager
    let keymap: Keymap
    /// Whether it is the list of keys, which does not offer itself.
    var isHelp = false
    let width: Int
    let height: Int

    static func room(height: Int) -> Int { max(1, height - 2) }

    var frame: Frame {
        let room = Self.room(height: height)
        let percent = pager.lines.count <= room ? 100 : min(100, (pager.top + room) * 100 / pager.lines.count)
        let title = StyledLine([Span(" \(pager.title)", Theme.heading), Span("  \(percent) %", Theme.dim)])
        var lines = [title.cut(to: width)]
        let end = min(pager.lines.count, pager.top + room)
        for index in pager.top..<max(pager.top, end) {
            lines.append(pager.search.isEmpty ? pager.lines[index] : marked(pager.lines[index]))
        }
        while lines.count < room + 1 { lines.append(StyledLine("~", Theme.dim)) }
        if pager.isSearching {
            let prompt = StyledLine([Span("/", Theme.accent), Span(pager.search)])
            return Frame(lines + [prompt], cursor: Frame.Position(row: lines.count, column: prompt.width))
        }
        let found =
            pager.search.isEmpty
            ? ""
            : " · \(Amounts.count(pager.matches.count, "line")) with “\(pager.search)” · \(keymap.keys(.pagerNext, .pagerPrevious)) next"
        lines.append(Self.hint(keymap, found, offersKeys: !isHelp).cut(to: width))
        return Frame(lines)
    }

    /// The keys that are needed most, and what a search has found.
    static func hint(_ keymap: Keymap, _ found: String, offersKeys: Bool = true) -> StyledLine {
        let moves = keymap.keys(.pagerUp, .pagerDown, .pagerPageUp, .pagerPageDown)
        let search = "\(keymap.first(.pagerSearch)) searches\(found)"
        // What was found is more to the point than where the other keys are.
        let keys = found.isEmpty && offersKeys ? " · \(keymap.first(.pagerShowKeys)) keys" : ""
        return StyledLine(
            " \(moves) · \(search) · \(keymap.label(.pagerClose, without: .global)) leaves\(keys)", Theme.dim)
    }

    private func marked(_ line: StyledLine) -> StyledLine {
        guard line.text.lowercased().contains(pager.search.lowercased()) else { return line }
        return StyledLine(line.spans.map { Span($0.text, $0.style.with(.inverse), link: $0.link) }, fill: line.fill)
    }
}
