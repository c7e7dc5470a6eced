import Terminal

/// The looks that screens use, by what they mean. The first sixteen colours are the user's own theme, so that dark and
/// light terminals both read well; backgrounds of diffs are the only colours of ours.
enum Theme {
    static let heading = CellStyle(.cyan, .bold)
    static let accent = CellStyle(.cyan)
    static let good = CellStyle(.green)
    static let bad = CellStyle(.red)
    static let warning = CellStyle(.yellow)
    static let dim = CellStyle.dim
    static let code = CellStyle(.cyan)
    static let link = CellStyle(.blue, .underline)
    static let selected = CellStyle(.standard, [.bold, .inverse])
    static let prompt = CellStyle(.standard, .bold)

    static let added = CellStyle(.green)
    static let removed = CellStyle(.red)
    static let addedWord = CellStyle(.green, on: .rgb(20, 70, 30), .bold)
    static let removedWord = CellStyle(.red, on: .rgb(95, 25, 25), .bold)

    static let spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"]
}
