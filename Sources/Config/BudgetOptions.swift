import Basics
import Wire

private let person = "it belongs to the user"

extension ConfigurationOption {
    /// Options about what may be used.
    static let budgetOptions: [ConfigurationOption] =
        limits("", of: "a session", \.budget.usd, \.budget.tokens)
        + [
            option(
                "budget.seconds", .integer(0...Int.max), \.budget.seconds, default: .unset("no limit"),
                project: .narrowing(.smaller), "The longest a run may take, in seconds."),
            option(
                "budget.commands", .integer(0...Int.max), \.budget.commands, default: .unset("no limit"),
                project: .narrowing(.smaller), "The most commands a run may start."),
        ] + bytes("", of: "a run", \.budget.bytesWritten, \.budget.bytesSent)
        + limits("turn.", of: "a turn", \.budget.turn.usd, \.budget.turn.tokens)
        + [
            option(
                "budget.turn.seconds", .integer(0...Int.max), \.budget.turn.seconds, default: .unset("no limit"),
                project: .narrowing(.smaller), "The longest a turn may take, in seconds."),
            option(
                "budget.turn.commands", .integer(0...Int.max), \.budget.turn.commands, default: .unset("no limit"),
                project: .narrowing(.smaller), "The most commands a turn may start."),
        ] + bytes("turn.", of: "a turn", \.budget.turn.bytesWritten, \.budget.turn.bytesSent)
        + limits("day.", of: "all sessions of a day (UTC) together", \.budget.day.usd, \.budget.day.tokens)
        + limits(
            "project.", of: "all sessions in the project together, ever,", \.budget.project.usd, \.budget.project.tokens
        )
        + [
            option(
                "budget.warn_at", .number(minimum: 0), \.budget.warnAt, default: .value(.number(JSONNumber(0.8))),
                project: .refused(person), "The share of a limit in USD or tokens at which a warning is shown."),
            option(
                "budget.lower_effort_at", .number(minimum: 0), \.budget.lowerEffortAt, default: .unset("never"),
                project: .refused(person),
                "The share of a limit from which `model_reasoning_effort` is one step lower."),
            option(
                "budget.cheaper_model", .text, \.budget.cheaperModel, default: .unset("none"),
                project: .refused(person),
                "A model of the same provider that takes over at `budget.cheaper_model_at`."),
            option(
                "budget.cheaper_model_at", .number(minimum: 0), \.budget.cheaperModelAt,
                default: .value(.number(JSONNumber(0.9))), project: .refused(person),
                "The share of a limit from which `budget.cheaper_model` answers."),
        ]

    private static func bytes(
        _ scope: String, of what: String, _ written: any WritableKeyPath<Settings, Int?> & Sendable,
        _ sent: any WritableKeyPath<Settings, Int?> & Sendable
    ) -> [ConfigurationOption] {
        [
            option(
                "budget.\(scope)bytes_written", .integer(0...Int.max), written, default: .unset("no limit"),
                project: .narrowing(.smaller),
                "The bytes that \(what) may write to disks, with file tools and commands, before the next effect is refused."
            ),
            option(
                "budget.\(scope)bytes_sent", .integer(0...Int.max), sent, default: .unset("no limit"),
                project: .narrowing(.smaller), "The most bytes that \(what) may send to providers, repeats included."),
        ]
    }

    private static func limits(
        _ scope: String, of what: String, _ usd: any WritableKeyPath<Settings, Double?> & Sendable,
        _ tokens: any WritableKeyPath<Settings, Int?> & Sendable
    ) -> [ConfigurationOption] {
        [
            option(
                "budget.\(scope)usd", .number(minimum: 0), usd, default: .unset("no limit"),
                project: .narrowing(.smaller), "The most that \(what) may cost, in USD by the price table."),
            option(
                "budget.\(scope)tokens", .integer(0...Int.max), tokens, default: .unset("no limit"),
                project: .narrowing(.smaller), "The most tokens that \(what) may use, input and output together."),
        ]
    }
}
