package import Terminal

/// The themes that can be chosen. Names are those of `tui.theme`.
package enum ColourTheme: String, Sendable, Hashable, CaseIterable {
    /// The terminal's own colours.
    case terminal
    case dark, light
    case highContrast = "high-contrast"
    case colourBlind = "colour-blind"

    package var summary: String {
        switch self {
        case .terminal: "your terminal's own colours"
        case .dark: "for dark backgrounds"
        case .light: "for light backgrounds"
        case .highContrast: "on black that it paints itself"
        case .colourBlind: "added is blue, removed is orange"
        }
    }

    /// - Parameter isLight: whether the terminal's background is a light one, as far as it says.
    package func palette(isLight: Bool) -> ColourPalette {
        switch self {
        case .terminal: .own
        case .dark: Self.darkColours
        case .light: Self.lightColours
        case .highContrast: Self.highContrastColours
        case .colourBlind: isLight ? Self.colourBlindOnLight : Self.colourBlindOnDark
        }
    }

    /// Whether a terminal says by `COLORFGBG` that its background is light.
    package static func isLight(_ environment: [String: String]) -> Bool {
        guard let last = environment["COLORFGBG"]?.split(separator: ";").last, let number = Int(last) else {
            return false
        }
        return number == 7 || number == 15
    }

    /// Backgrounds that a theme has to be read on; the first is the one that counts where it paints its own.
    package func grounds(isLight: Bool) -> [ColourPalette.RGB] {
        switch self {
        case .highContrast: [.init(0, 0, 0)]
        case .light: Self.lightGrounds
        case .colourBlind: isLight ? Self.lightGrounds : Self.darkGrounds
        case .terminal, .dark: Self.darkGrounds
        }
    }

    private static let darkGrounds: [ColourPalette.RGB] = [.init(0, 0, 0), .init(30, 30, 30), .init(40, 44, 52)]
    private static let lightGrounds: [ColourPalette.RGB] = [
        .init(255, 255, 255), .init(250, 250, 250), .init(253, 246, 227),
    ]

    // MARK: - Colours

    private static let darkColours = palette(
        red: .init(255, 135, 135), green: .init(135, 215, 135), yellow: .init(255, 215, 95), blue: .init(135, 175, 255),
        magenta: .init(215, 175, 255), cyan: .init(95, 215, 215), faint: .init(175, 175, 175), added: .init(0, 55, 20),
        removed: .init(75, 0, 0))

    private static let lightColours = palette(
        red: .init(175, 0, 0), green: .init(0, 95, 0), yellow: .init(135, 67, 0), blue: .init(0, 70, 175),
        magenta: .init(135, 0, 135), cyan: .init(0, 90, 110), faint: .init(88, 88, 88), added: .init(215, 255, 215),
        removed: .init(255, 215, 215))

    private static let highContrastColours: ColourPalette = {
        var colours = palette(
            red: .init(255, 175, 175), green: .init(95, 255, 135), yellow: .init(255, 255, 95),
            blue: .init(135, 215, 255), magenta: .init(255, 175, 255), cyan: .init(95, 255, 255),
            faint: .init(215, 215, 215), added: .init(0, 55, 20), removed: .init(75, 0, 0))
        colours.text = .init(255, 255, 255)
        colours.ground = .init(0, 0, 0)
        return colours
    }()

    private static let colourBlindOnDark = blueAndOrange(
        palette(
            red: .init(255, 175, 95), green: .init(135, 175, 255), yellow: .init(255, 215, 135),
            blue: .init(135, 175, 255), magenta: .init(215, 175, 255), cyan: .init(135, 215, 255),
            faint: .init(175, 175, 175), added: .init(0, 25, 95), removed: .init(85, 35, 0)))

    private static let colourBlindOnLight = blueAndOrange(
        palette(
            red: .init(145, 65, 0), green: .init(0, 70, 175), yellow: .init(110, 75, 0), blue: .init(0, 70, 175),
            magenta: .init(135, 0, 135), cyan: .init(0, 90, 110), faint: .init(88, 88, 88),
            added: .init(215, 228, 255), removed: .init(255, 240, 215)))

    /// Blue and yellow, of the sixteen, for what would be green and red.
    private static func blueAndOrange(_ palette: ColourPalette) -> ColourPalette {
        var palette = palette
        palette.sixteen = [1: 3, 2: 4, 9: 11, 10: 12]
        return palette
    }

    private static func palette(
        red: ColourPalette.RGB, green: ColourPalette.RGB, yellow: ColourPalette.RGB, blue: ColourPalette.RGB,
        magenta: ColourPalette.RGB, cyan: ColourPalette.RGB, faint: ColourPalette.RGB, added: ColourPalette.RGB,
        removed: ColourPalette.RGB
    ) -> ColourPalette {
        var palette = ColourPalette()
        for (index, colour) in [red, green, yellow, blue, magenta, cyan].enumerated() {
            palette.colours[UInt8(index + 1)] = colour
            palette.colours[UInt8(index + 9)] = colour
        }
        palette.colours[8] = faint
        palette.faint = faint
        palette.grounds = [Theme.addedWord.background: added, Theme.removedWord.background: removed]
        return palette
    }

    // MARK: - Choosing

    /// The list to choose from; a choice is seen while it is made.
    static func picker(now theme: ColourTheme) -> Picker {
        var picker = Picker(
            .theme, title: "Colours",
            items: allCases.map {
                Picker.Item(id: $0.rawValue, title: $0.rawValue, detail: $0.summary, isCurrent: $0 == theme)
            }, hasPreviews: true)
        for theme in allCases { picker.previews[theme.rawValue] = sample }
        return picker
    }

    private static let sample: [StyledLine] =
        [
            StyledLine([Span("✓ ", Theme.good), Span("$ make test", .bold), Span("  12 s", Theme.dim)]),
            StyledLine([Span("✗ ", Theme.bad), Span("refused: the network is off", Theme.bad)]),
            StyledLine([Span("! ", Theme.warning), Span("20 % of the budget is left", Theme.warning)]),
            StyledLine([Span("Heading", Theme.heading), Span(" and a "), Span("https://example.com", Theme.link)]),
        ]
        + EntryText.diff(
            """
            diff --git a/hello.py b/hello.py
            --- a/hello.py
            +++ b/hello.py
            @@ -1,2 +1,2 @@
             def greet(name):
            -    print("Hello " + name)
            +    print("Hello, " + name)

            """)
}
