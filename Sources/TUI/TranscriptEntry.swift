import Basics
package import Wire

/// One thing that happened, as the conversation shows it.
package enum TranscriptEntry: Sendable, Hashable {
    /// What the user asked; `isSteering` while a turn ran already.
    case prompt(String, isSteering: Bool)
    /// A part of the agent's message: Markdown.
    case message(String)
    /// More of the block that the part before it ended in.
    case continuation(String)
    case banner(SessionFacts)
    case reasoning(String)
    case command(ThreadItem.CommandExecution)
    case change(ThreadItem.FileChangeReport)
    case tool(ThreadItem.BuiltInToolCall)
    case plan([ThreadItem.TodoEntry])
    case note(Note)
    case turnEnd(TurnFacts)

    package struct Note: Sendable, Hashable {
        package enum Kind: Sendable, Hashable { case info, warning, failure, refusal, approval }

        package var kind: Kind
        package var text: String
        /// Smaller print below it.
        package var details: [String]

        package init(_ kind: Kind, _ text: String, details: [String] = []) {
            self.kind = kind
            self.text = text
            self.details = details
        }
    }

    package struct TurnFacts: Sendable, Hashable {
        package var milliseconds: Int
        package var commands: Int
        package var denials: Int
        package var cost: Double?
        /// What can be taken back; nil where nothing changed.
        package var checkpoint: TurnCheckpoint?

        package init(
            milliseconds: Int, commands: Int, denials: Int, cost: Double?, checkpoint: TurnCheckpoint? = nil
        ) {
            self.milliseconds = milliseconds
            self.commands = commands
            self.denials = denials
            self.cost = cost
            self.checkpoint = checkpoint
        }
    }

    /// A finished item as the conversation shows it; nil for what it does not.
    package init?(_ item: ThreadItem) {
        switch item.kind {
        case .agentMessage(let text):
            guard !text.isEmpty else { return nil }
            self = .message(text)
        case .reasoning(let text):
            guard !text.isEmpty else { return nil }
            self = .reasoning(text)
        case .commandExecution(let command): self = .command(command)
        case .fileChange(let report): self = .change(report)
        case .toolCall(let call): self = .tool(call)
        case .todoList(let entries): self = .plan(entries)
        case .error(let message): self = .note(Note(.warning, message))
        }
    }
}
