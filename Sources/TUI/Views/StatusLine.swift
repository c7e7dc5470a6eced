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
        let wanted = Set(state.statusItems)
        for item in StatusItem.allCases where wanted.contains(item) || item == .enforcement && facts.isReduced {
            if let part = part(item, facts) { parts.append(part) }
        }
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

    private func part(_ item: StatusItem, _ facts: SessionFacts) -> (span: Span, rank: Int)? {
        switch item {
        case .folder: return (Span(facts.cwd, Theme.dim), 5)
        case .model: return (Span(facts.model, Theme.dim), 2)
        case .permissions:
            let isFull = facts.sandboxMode == .dangerFullAccess
            return (Span(facts.sandboxMode.rawValue, isFull ? Theme.bad : Theme.dim), 1)
        case .network:
            return (Span("network \(facts.network.rawValue)", facts.network == .off ? Theme.dim : Theme.warning), 4)
        case .enforcement:
            return (Span(facts.enforcement, facts.isReduced ? Theme.warning : Theme.dim), facts.isReduced ? 1 : 6)
        case .tokens:
            let tokens = state.meter.map { $0.usage.inputTokens + $0.usage.outputTokens } ?? 0
            return tokens > 0 ? (Span("\(Amounts.tokens(tokens)) tokens", Theme.dim), 5) : nil
        case .cost:
            guard let cost = state.meter?.cost, cost > 0 else { return nil }
            return (Span(Amounts.money(cost), Theme.dim), 3)
        case .context:
            guard let meter = state.meter, facts.contextWindow > 0, meter.contextTokens > 0 else { return nil }
            let left = max(0, 100 - meter.contextTokens * 100 / facts.contextWindow)
            return (Span("\(left) % context left", left < 20 ? Theme.warning : Theme.dim), 2)
        case .session: return facts.id.map { (Span(String($0.prefix(18)), Theme.dim), 6) }
        case .keys: return (Span("\(state.keymap.first(.showKeys)) keys", Theme.dim), 7)
        }
    }

    private func width(_ parts: [(span: Span, rank: Int)]) -> Int {
        parts.reduce(0) { $0 + $1.span.width + 3 } - 3
    }
}

extension ScreenState {
    /// The window's title; nil where it is left alone.
    package var windowTitle: String? {
        guard !titleItems.isEmpty else { return nil }
        let isAsking = !sheets.isEmpty || !inquiries.isEmpty
        let parts = TitleItem.allCases.filter(titleItems.contains).compactMap { item -> String? in
            switch item {
            case .state: isAsking ? "asks" : turn == nil ? "ready" : "working"
            case .project: facts?.cwd.split(separator: "/").last.map(String.init)
            case .model: facts?.model
            case .session: facts?.id.map { String($0.prefix(18)) }
            }
        }
        return parts.isEmpty ? nil : parts.joined(separator: " · ")
    }
}
