import Terminal
import Testing

@testable import TUI

@Suite struct ColourThemeTests {
    private static let cases = ColourTheme.allCases.filter { $0 != .terminal }.flatMap { theme in
        [(theme, false), (theme, true)]
    }

    private func rgb(_ colour: TerminalColour) -> ColourPalette.RGB? {
        if case .rgb(let red, let green, let blue) = colour { ColourPalette.RGB(red, green, blue) } else { nil }
    }

    /// Every look that screens use, on every background that the theme is for, in true colour and in 256.
    @Test(arguments: cases)
    func everythingCanBeRead(theme: ColourTheme, isLight: Bool) throws {
        let needed = theme == .highContrast ? 7 : 4.5
        let palette = theme.palette(isLight: isLight)
        let looks = [
            Theme.heading, Theme.accent, Theme.good, Theme.bad, Theme.warning, Theme.dim, Theme.code, Theme.link,
            Theme.added, Theme.removed, Theme.addedWord, Theme.removedWord, CellStyle(.yellow, .dim),
            CellStyle(.magenta, []),
            CellStyle(.grey, []),
        ]
        for look in looks {
            let style = palette.styled(look)
            let text = try #require(rgb(style.foreground), "\(look)")
            #expect(!style.attributes.contains(.dim))
            let own = rgb(style.background)
            for ground in own.map({ [$0] }) ?? theme.grounds(isLight: isLight) {
                #expect(text.contrast(to: ground) >= needed, "\(look) on \(ground)")
                let shown = own == nil ? ground : ground.nearestOf256
                #expect(text.nearestOf256.contrast(to: shown) >= needed, "256: \(look) on \(ground)")
            }
        }
    }

    @Test func contrastIsTheStandards() {
        let (black, white) = (ColourPalette.RGB(0, 0, 0), ColourPalette.RGB(255, 255, 255))
        #expect(abs(black.contrast(to: white) - 21) < 0.000_1)
        #expect(abs(ColourPalette.RGB(119, 119, 119).contrast(to: white) - 4.478) < 0.001)
    }

    /// Blue and orange stay apart for every kind of colour blindness: one has most in blue, the other least.
    @Test(arguments: [false, true])
    func addedAndRemovedDifferByBlue(isLight: Bool) throws {
        let palette = ColourTheme.colourBlind.palette(isLight: isLight)
        let added = try #require(rgb(palette.styled(Theme.added).foreground))
        let removed = try #require(rgb(palette.styled(Theme.removed).foreground))
        #expect(Int(added.blue) - Int(added.red) > 60 && Int(removed.red) - Int(removed.blue) > 60)
        #expect(palette.styled(Theme.added, depth: .sixteen).foreground == .blue)
        #expect(palette.styled(Theme.removed, depth: .sixteen).foreground == .yellow)
    }

    @Test func theListShowsWhatIsChosen() {
        var screen = ScreenFixture.ready()
        screen.type("/theme")
        screen.press(Key(.enter))
        #expect(screen.state.shownTheme == .terminal)
        screen.press(Key(.down), Key(.down))
        #expect(screen.state.shownTheme == .light)
        screen.press(Key(.escape))
        #expect(screen.state.shownTheme == .terminal)
        screen.type("/theme")
        screen.press(Key(.enter), Key(.down), Key(.enter))
        #expect(screen.state.shownTheme == .dark)
        #expect(screen.takeActions().last == .chosen(.theme, id: "dark"))
    }
}

extension ColourPalette {
    fileprivate func styled(_ style: CellStyle, depth: ColourDepth = .full) -> CellStyle {
        self.style(style, depth: depth)
    }
}
