import Wire

extension TerminalStyle {
    /// How near a limit is, and what follows.
    func line(for budget: ThreadEvent.BudgetState) -> String {
        func amount(_ value: Double) -> String {
            switch budget.name {
            case "usd": "$" + HumanRenderer.money(value)
            default: value == value.rounded() ? String(Int(value)) : "\(value)"
            }
        }
        let unit = budget.name == "usd" ? "" : " \(budget.name.replacing("_", with: " "))"
        let share = "\(amount(budget.spent)) of \(amount(budget.limit))\(unit) for the \(budget.scope.rawValue)"
        let consequence =
            switch budget.action {
            case "lower_effort": "; the model is asked for less reasoning from here"
            case "cheaper_model": "; the cheaper model takes over"
            case "warn": ""
            default: "; stopped"
            }
        return "\(yellow("budget:")) \(share)\(dim(" (\(budget.origin))"))\(consequence)"
    }
}
