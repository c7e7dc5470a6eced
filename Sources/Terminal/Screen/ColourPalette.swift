/// What stands for the colours that the product names: a theme, as a map from styles to styles.
///
/// Styles say what a thing is by the sixteen colours; this says how it looks. Nothing else knows of themes, so every
/// screen has them. Where a terminal has no more than sixteen colours those are its own, and only `sixteen` is changed.
package struct ColourPalette: Sendable, Hashable {
    package struct RGB: Sendable, Hashable {
        package var red: UInt8
        package var green: UInt8
        package var blue: UInt8

        package init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
            (self.red, self.green, self.blue) = (red, green, blue)
        }

        package var colour: TerminalColour { .rgb(red, green, blue) }
    }

    /// By their number among the sixteen.
    package var colours: [UInt8: RGB] = [:]
    /// Backgrounds that the product names by their value.
    package var grounds: [TerminalColour: RGB] = [:]
    /// Plain text and what is behind all; nil for the terminal's own.
    package var text: RGB?
    package var ground: RGB?
    /// What is faint, in a colour of its own: how a terminal dims is not known.
    package var faint: RGB?
    /// Another of the sixteen, for terminals that have no more.
    package var sixteen: [UInt8: UInt8] = [:]

    /// The terminal's own colours.
    package static let own = ColourPalette()

    package init() {}

    /// Whether whole rows have a background of their own.
    var paints: Bool { ground != nil }

    package func style(_ style: CellStyle, depth: ColourDepth) -> CellStyle {
        guard self != .own, depth != .none else { return style }
        var new = style
        if depth == .sixteen {
            if case .palette(let index) = style.foreground, let other = sixteen[index] {
                new.foreground = .palette(other)
            }
            return new
        }
        if style.attributes.contains(.dim), let faint, style.foreground == .standard {
            new.attributes.remove(.dim)
            new.foreground = faint.colour
        } else if style.attributes.contains(.dim), faint != nil {
            new.attributes.remove(.dim)
        }
        switch new.foreground {
        case .standard: if let text { new.foreground = text.colour }
        case .palette(let index): if let colour = colours[index] { new.foreground = colour.colour }
        case .rgb: break
        }
        if new.background == .standard {
            if let ground { new.background = ground.colour }
        } else if let other = grounds[new.background] {
            new.background = other.colour
        }
        return new
    }
}

// MARK: - Contrast

extension ColourPalette.RGB {
    /// WCAG 2.2's relative luminance, 0 to 1.
    package var luminance: Double {
        func linear(_ value: UInt8) -> Double {
            let share = Double(value) / 255
            return share <= 0.04045 ? share / 12.92 : Self.power((share + 0.055) / 1.055)
        }
        return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    /// The contrast of two colours, 1 to 21.
    package func contrast(to other: ColourPalette.RGB) -> Double {
        let (one, two) = (luminance, other.luminance)
        return (max(one, two) + 0.05) / (min(one, two) + 0.05)
    }

    /// What a terminal of 256 colours shows.
    package var nearestOf256: ColourPalette.RGB {
        let (red, green, blue) = TerminalColour.components(TerminalColour.nearestInCube(red, green, blue))
        return ColourPalette.RGB(red, green, blue)
    }

    /// x to the power of 2.4 for 0 to 1, as x² times the fifth root of x², by Newton's steps.
    private static func power(_ x: Double) -> Double {
        guard x > 0 else { return 0 }
        let square = x * x
        var root = 1.0
        for _ in 0..<60 { root -= (root * root * root * root * root - square) / (5 * root * root * root * root) }
        return square * root
    }
}
