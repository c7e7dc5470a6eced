/// How a cell looks.
package struct CellStyle: Sendable, Hashable {
    package struct Attributes: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        package static let bold = Attributes(rawValue: 1)
        package static let dim = Attributes(rawValue: 2)
        package static let italic = Attributes(rawValue: 4)
        package static let underline = Attributes(rawValue: 8)
        package static let inverse = Attributes(rawValue: 16)
        package static let struck = Attributes(rawValue: 32)
    }

    package var foreground: TerminalColour
    package var background: TerminalColour
    package var attributes: Attributes

    package init(
        _ foreground: TerminalColour = .standard, on background: TerminalColour = .standard,
        _ attributes: Attributes = []
    ) {
        self.foreground = foreground
        self.background = background
        self.attributes = attributes
    }

    package static let plain = CellStyle()
    package static let bold = CellStyle(.standard, .bold)
    package static let dim = CellStyle(.standard, .dim)

    package init(_ foreground: TerminalColour, _ attributes: Attributes) {
        self.init(foreground, on: .standard, attributes)
    }

    /// The same with more attributes.
    package func with(_ more: Attributes) -> CellStyle {
        var style = self
        style.attributes.formUnion(more)
        return style
    }

    /// The same on another background.
    package func on(_ background: TerminalColour) -> CellStyle {
        var style = self
        style.background = background
        return style
    }

    /// The sequence that selects this style and nothing of another.
    func sequence(depth: ColourDepth) -> String {
        var parts = ["0"]
        let codes: [(Attributes, String)] = [
            (.bold, "1"), (.dim, "2"), (.italic, "3"), (.underline, "4"), (.inverse, "7"), (.struck, "9"),
        ]
        for (attribute, code) in codes where attributes.contains(attribute) { parts.append(code) }
        if let colour = foreground.parameters(base: 30, depth: depth) { parts.append(colour) }
        if let colour = background.parameters(base: 40, depth: depth) { parts.append(colour) }
        return "\u{1B}[\(parts.joined(separator: ";"))m"
    }
}
