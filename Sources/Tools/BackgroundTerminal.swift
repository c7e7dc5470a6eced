/// What a person is shown of a command that runs on behind the conversation.
package struct BackgroundTerminal: Sendable {
    package let number: Int
    package let command: String
    /// Since it was started.
    package let age: Duration
    /// The end of its output.
    package let output: String
    package let isRunning: Bool

    init(_ terminal: Terminal) {
        number = terminal.number
        command = terminal.display
        age = ContinuousClock.now - terminal.started
        output = terminal.outputEnd
        isRunning = terminal.exit == nil
    }
}
