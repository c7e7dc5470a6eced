import Terminal
import Wire

/// The agent's question as lines, with the row where words are written.
struct InquiryView {
    let sheet: InquirySheet
    let keymap: Keymap
    let width: Int

    var frame: Frame {
        guard let question = sheet.question else { return Frame([]) }
        let count = sheet.inquiry.questions.count
        let place = count > 1 ? "  \(sheet.answers.count + 1) of \(count)" : ""
        var lines = [StyledLine([Span("The agent asks", Theme.heading), Span(place, Theme.dim)]).cut(to: width)]
        lines += StyledLine(question.text.oneLine, .bold).wrapped(to: width)
        for (index, option) in question.options.enumerated() {
            var line = mark(index)
            line.append(option.label.oneLine, index == sheet.selected ? .bold : .plain)
            line.append("  \(option.detail.oneLine)", Theme.dim)
            line.hang = 4
            lines += line.wrapped(to: width)
        }
        var own = mark(question.options.count)
        own.append(
            sheet.words.isEmpty ? "in your own words" : sheet.words.oneLine, sheet.words.isEmpty ? Theme.dim : .plain)
        let row = lines.count
        lines.append(own.cut(to: width))
        let hint =
            "\(keymap.keys(.listUp, .listDown)) or the number, \(keymap.first(.listAccept)) answers · or write · \(keymap.first(.listCancel)) gives no answer"
        lines.append(StyledLine(hint, Theme.dim).cut(to: width))
        let column = min(width - 1, 4 + DisplayWidth.of(sheet.words.oneLine))
        return Frame(lines, cursor: sheet.isInWords ? Frame.Position(row: row, column: column) : nil)
    }

    private func mark(_ index: Int) -> StyledLine {
        let isSelected = index == sheet.selected
        return StyledLine([Span(isSelected ? "› " : "  ", Theme.accent), Span("\(index + 1) ", Theme.dim)])
    }
}
