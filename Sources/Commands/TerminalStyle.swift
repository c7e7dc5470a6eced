import Basics
import Glibc

/// Colours for lines on a terminal; plain text where there is none or `NO_COLOR` asks for it (no-color.org).
struct TerminalStyle: Sendable {
    enum Choice: String, Sendable, CaseIterable { case auto, always, never }

    let isColoured: Bool
    /// Whether the stream is a terminal at all, for spinners and widths.
    let isTerminal: Bool

    init(descriptor: Int32, choice: Choice = .auto, environment: [String: String]) {
        isTerminal = isatty(descriptor) == 1 && environment["TERM"] != "dumb"
        switch choice {
        case .always: isColoured = true
        case .never: isColoured = false
        case .auto: isColoured = isTerminal && (environment["NO_COLOR"] ?? "").isEmpty
        }
    }

    func bold(_ text: String) -> String { wrap(text, "1") }
    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func green(_ text: String) -> String { wrap(text, "32") }
    func yellow(_ text: String) -> String { wrap(text, "33") }
    func cyan(_ text: String) -> String { wrap(text, "36") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Text from a model or a command with every control character but tab and newline made visible, so that it cannot
    /// drive the terminal.
    static func harmless(_ text: String) -> String { HarmlessText.clean(text) }
}
