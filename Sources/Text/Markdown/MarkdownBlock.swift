/// A block of Markdown, as far as agents write it: CommonMark's blocks without HTML and reference links, and GitHub's
/// tables.
package indirect enum MarkdownBlock: Sendable, Hashable {
    case paragraph([MarkdownRun])
    case heading(level: Int, [MarkdownRun])
    /// Lines without the fence; not closed while the rest is still on its way.
    case code(language: String, lines: [String], isClosed: Bool)
    case list(start: Int?, items: [[MarkdownBlock]])
    case quote([MarkdownBlock])
    case table(MarkdownTable)
    case rule
}

/// Columns are those of the header; shorter rows are filled up, longer ones cut.
package struct MarkdownTable: Sendable, Hashable {
    package enum Alignment: Sendable, Hashable { case left, centre, right }

    package var header: [[MarkdownRun]]
    package var alignments: [Alignment]
    package var rows: [[[MarkdownRun]]]

    package init(header: [[MarkdownRun]], alignments: [Alignment], rows: [[[MarkdownRun]]]) {
        self.header = header
        self.alignments = alignments
        self.rows = rows
    }
}

/// A piece of text in one style.
package struct MarkdownRun: Sendable, Hashable {
    package struct Style: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let strong = Style(rawValue: 1)
        package static let emphasis = Style(rawValue: 2)
        package static let struck = Style(rawValue: 4)
        package static let code = Style(rawValue: 8)
    }

    package var text: String
    package var style: Style
    package var link: String?

    package init(_ text: String, _ style: Style = [], link: String? = nil) {
        self.text = text
        self.style = style
        self.link = link
    }
}
