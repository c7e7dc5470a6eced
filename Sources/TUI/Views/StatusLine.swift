import Terminal
import Wire

/// The line beneath the composer: what counts now, as much of it as there is room for.
struct StatusLine {
    let state: ScreenState

    var line: StyledLine {
        if let hint = state.hint { return StyledLine("  \(hint)", Theme.warning).cut(to: state.width) }
        if state.isUnready {
            return StyledLine("  no session · /new tries again · /resume", Theme.warning).cut(to: state.width)
        }
        guard let facts = state.facts else { return StyledLine("  starting …", Theme.dim).cut(to: state.width) }
        // In the order of reading; the number is how soon it is left out.
        var parts: [(span: Span, rank: Int)] = state.modes.map { (Span($0, CellStyle(.cyan, .bold)), 0) }
        parts += [
            (Span(facts.model, Theme.dim), 2),
            (
                Span(facts.sandboxMode.rawValue, facts.sandboxMode == .dangerFullAccess ? Theme.bad : Theme.dim), 1
            ),
            (Span("network \(facts.network.rawValue)", facts.network == .off ? Theme.dim : Theme.warning), 4),
            (Span(facts.enforcement, facts.isReduced ? Theme.warning : Theme.dim), facts.isReduced ? 1 : 6),
        ]
        if let meter = state.meter {
            let tokens = meter.usage.inputTokens + meter.usage.outputTokens
            if tokens > 0 { parts.append((Span("\(Amounts.tokens(tokens)) tokens", Theme.dim), 5)) }
            if let cost = meter.cost, cost > 0 { parts.append((Span(Amounts.money(cost), Theme.dim), 3)) }
            if facts.contextWindow > 0, meter.contextTokens > 0 {
                let left = max(0, 100 - meter.contextTokens * 100 / facts.contextWindow)
                parts.append((Span("\(left) % context left", left < 20 ? Theme.warning : Theme.dim), 2))
            }
        }
        parts.append((Span("? keys", Theme.dim), 7))
        while parts.count > 1, width(parts) > state.width - 4,
            let worst = parts.indices.max(by: { parts[$0].rank < parts[$1].rank })
        {
            parts.remove(at: worst)
        }
        var line = StyledLine("  ")
        for (index, part) in parts.enumerated() {
            if index > 0 { line.append(" · ", Theme.dim) }
            line.spans.append(part.span)
        }
        return line.cut(to: state.width)
    }

    private func width(_ parts: [(span: Span, rank: Int)]) -> Int {
        parts.reduce(0) { $0 + $1.span.width + 3 } - 3
    }
}
