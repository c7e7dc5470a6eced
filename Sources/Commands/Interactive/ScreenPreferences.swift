import Basics
import Config
import TUI
import Wire

/// How a person wants the screen, from the configuration.
struct ScreenPreferences: Sendable {
    var keymap = Keymap.standard
    var theme = ColourTheme.terminal
    var isVim = false
    var isForScreenReaders = false
    var statusItems = StatusItem.standard
    var titleItems: [TitleItem] = []

    init() {}

    /// - Throws: `config.keymap`, with the place: two actions on one key.
    init(_ configuration: Configuration) throws(LockgateError) {
        let settings = configuration.settings.tui
        theme = ColourTheme(rawValue: settings.theme.rawValue) ?? .terminal
        isVim = settings.isVim
        isForScreenReaders = settings.isForScreenReaders
        statusItems = settings.statusLine
        titleItems = settings.terminalTitle
        do throws(Keymap.Conflict) {
            keymap = try Keymap(settings.keymap)
        } catch {
            let place = try configuration.resolve("tui.keymap.\(error.action.rawValue)").origin
            let other = error.other.map { "tui.keymap.\($0.rawValue) = [...] gives the other one another key" }
            throw LockgateError(
                "config.keymap", "\(place.location): \(error.message)", remedy: other ?? "choose another key")
        }
    }

    var events: [ScreenEvent] {
        [.preferences(keymap, theme, isVim: isVim), .shown(status: statusItems, title: titleItems)]
    }

    /// What the user's own file says, read before anything is drawn; the built-in ones where it says nothing. What is
    /// wrong in it is told when the session is prepared.
    static func early(home: String, environment: [String: String]) -> ScreenPreferences {
        let loader = ConfigurationLoader(
            home: home, environment: environment, workingDirectory: ProcessEnvironment.workingDirectory)
        guard let bytes = try? PosixFile.read(loader.userFile, limit: 1 << 20),
            String(decoding: bytes, as: UTF8.self).contains("tui"),
            let configuration = try? loader.load(trust: .untrusted)
        else { return ScreenPreferences() }
        return (try? ScreenPreferences(configuration)) ?? ScreenPreferences()
    }
}
