package import Wire

/// One configured hook, checked.
package struct HookDefinition: Sendable {
    package var event: HookEvent
    package var matcher: HookMatcher
    /// A line for `/bin/sh -c`.
    package var command: String
    package var timeout: Duration
    /// Whether a failure of the hook blocks what it was asked about.
    package var failsClosed: Bool
    package var statusMessage: String?
    /// Characters of context that the model gets at most.
    package var contextLimit: Int
    /// False runs it with the user's own rights; only for hooks that no project brought.
    package var isSandboxed: Bool
    package var origin: Origin

    /// Codex's default.
    package static let defaultTimeout: Duration = .seconds(600)
    package static let defaultContextLimit = 10_000

    /// What a person calls it.
    package var name: String {
        if let statusMessage, !statusMessage.isEmpty { return statusMessage }
        let line = command.split(whereSeparator: \.isNewline).first.map(String.init) ?? command
        return line.count > 80 ? line.prefix(79) + "…" : line
    }

    /// How long it may take at its event.
    package var limit: Duration { event.longest.map { min($0, timeout) } ?? timeout }

    /// A run that has not begun.
    var run: HookRun {
        var run = HookRun(event: event, name: name, command: command, origin: origin, failsClosed: failsClosed)
        run.isSandboxed = isSandboxed
        return run
    }

    /// Whether the administrator stated it.
    package var isManaged: Bool { origin.layer == .requirements || origin.layer == .system }
}
