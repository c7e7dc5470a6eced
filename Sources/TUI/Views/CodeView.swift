import Terminal
import Text

/// Source with colours.
enum CodeView {
    static func spans(_ tokens: [CodeToken]) -> [Span] { tokens.map { Span($0.text, style($0.kind)) } }

    static func style(_ kind: CodeToken.Kind) -> CellStyle {
        switch kind {
        case .plain: .plain
        case .keyword: CellStyle(.magenta)
        case .type: CellStyle(.yellow)
        case .string: CellStyle(.green)
        case .comment: CellStyle(.grey, .italic)
        case .number: CellStyle(.cyan)
        case .function: CellStyle(.blue)
        case .added: Theme.added
        case .removed: Theme.removed
        }
    }
}
