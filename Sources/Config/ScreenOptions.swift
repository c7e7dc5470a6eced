import Basics
package import Wire

private let person = "it belongs to the user"

/// `[tui]`: how the screen looks and what keys do on it.
package struct ScreenSettings: Sendable, Hashable {
    package var theme: ThemeName = .terminal
    /// Whether the composer takes vim's keys.
    package var isVim = false
    /// Whether only plain lines are written, one after the other.
    package var isForScreenReaders = false
    package var statusLine = StatusItem.standard
    /// Empty leaves the window's title alone.
    package var terminalTitle: [TitleItem] = []
    /// The keys of actions that have others than the built-in ones, by `KeyAction`'s raw value.
    package var keymap: [String: [String]] = [:]
}

/// Where colours come from.
package enum ThemeName: String, Sendable, Hashable, CaseIterable {
    /// The terminal's own sixteen.
    case terminal
    case dark, light
    case highContrast = "high-contrast"
    case colourBlind = "colour-blind"
}

extension ConfigurationOption {
    /// Options about the screen.
    static let screenOptions: [ConfigurationOption] =
        [
            option(
                "tui.theme", .choice(ThemeName.allCases.map(\.rawValue)), \.tui.theme, default: .value("terminal"),
                project: .refused(person),
                """
                The colours: `terminal` are those of your terminal's own theme; `dark` and `light` are for backgrounds of that \
                kind; `high-contrast` paints its own background; `colour-blind` tells added from removed by blue and orange.
                """),
            option(
                "tui.vim", .boolean, \.tui.isVim, default: .value(false), project: .refused(person),
                "Whether the text is written with vim's keys; `/vim` changes it for a session."),
            option(
                "tui.screen_reader", .boolean, \.tui.isForScreenReaders, default: .value(false),
                project: .refused(person),
                """
                Whether only plain lines are written, one after the other, without anything that is drawn anew: for screen \
                readers and simple terminals. `--screen-reader` does it once.
                """),
            items(
                "tui.status_line", StatusItem.standard, \.statusLine,
                """
                What the line beneath the composer shows, in its own order; `/statusline` changes it. Plan mode, vim's normal \
                mode and an enforcement that is less than all are shown in any case.
                """),
            items(
                "tui.terminal_title", [TitleItem](), \.terminalTitle,
                "What the window's title shows; with nothing it is left alone. `/title` changes it."),
        ] + KeyAction.allCases.map(key)

    /// A list of names of what is shown.
    private static func items<Item: RawRepresentable<String> & CaseIterable & Sendable>(
        _ path: String, _ standard: [Item], _ field: any WritableKeyPath<ScreenSettings, [Item]> & Sendable,
        _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            path: segments(path), type: .list(.choice(Item.allCases.map(\.rawValue))),
            builtIn: .value(.array(standard.map { .string($0.rawValue) })), project: .refused(person), merge: .replace,
            summary: summary
        ) { settings, _, value in
            settings.tui[keyPath: field] = (value.array ?? []).compactMap { $0.string.flatMap(Item.init(rawValue:)) }
        }
    }

    /// The keys of an action.
    private static func key(_ action: KeyAction) -> ConfigurationOption {
        ConfigurationOption(
            path: segments("tui.keymap.\(action.rawValue)"), type: .keys,
            builtIn: .value(.array(action.standardKeys.map { .string($0) })), project: .refused(person),
            merge: .replace, summary: action.summary.prefix(1).uppercased() + action.summary.dropFirst() + "."
        ) { settings, _, value in
            let keys = value.string.map { [$0] } ?? (value.array ?? []).compactMap(\.string)
            if keys != action.standardKeys { settings.tui.keymap[action.rawValue] = keys }
        }
    }
}

extension ThemeName: OptionValue {}
