package import Basics
package import Wire

/// A project's command inside and outside the sandbox, side by side: what `lockgate sandbox check` found.
package struct SandboxComparison: Sendable {
    /// One of the two runs.
    package struct Side: Sendable, Hashable {
        package var exitCode: Int
        package var milliseconds: Int
        /// The last lines.
        package var tail: String

        package init(_ run: CapturedRun) {
            exitCode = Int(run.status.shellCode)
            milliseconds = run.milliseconds
            tail = run.output.split(separator: "\n").suffix(Self.lines).joined(separator: "\n")
        }

        private static let lines = 12
    }

    package enum Outcome: String, Sendable, Hashable {
        /// Works in both, or fails in both in the same way.
        case same
        /// Works outside only.
        case broken
        /// Works inside only, or fails differently.
        case different
        /// Works inside; outside was not run.
        case works
        /// Fails inside; outside was not run, so nobody knows whether the sandbox is the reason.
        case fails
    }

    package var command: String
    package var inside: Side
    /// nil where nobody agreed to run it outside.
    package var outside: Side?
    package var denials: [EffectDenial]
    /// Names of the variables that the command does not get inside.
    package var withheldVariables: [String]
    package var toolchains: [Toolchain.Found]

    package init(
        command: String, inside: Side, outside: Side?, denials: [EffectDenial], withheldVariables: [String],
        toolchains: [Toolchain.Found]
    ) {
        self.command = command
        self.inside = inside
        self.outside = outside
        self.denials = denials
        self.withheldVariables = withheldVariables
        self.toolchains = toolchains
    }

    package var outcome: Outcome {
        guard let outside else { return inside.exitCode == 0 ? .works : .fails }
        if inside.exitCode == outside.exitCode { return .same }
        return outside.exitCode == 0 ? .broken : .different
    }

    package var json: JSONValue {
        func side(_ side: Side) -> JSONValue {
            [
                "exit_code": .int(side.exitCode), "duration_ms": .int(side.milliseconds),
                "output_tail": .string(side.tail),
            ]
        }
        return [
            "command": .string(command), "outcome": .string(outcome.rawValue), "inside": side(inside),
            "outside": outside.map(side) ?? .null, "denials": .array(denials.map(\.json)),
            "withheld_variables": .array(withheldVariables.map(JSONValue.string)),
            "toolchains": .array(toolchains.map(\.json)),
        ]
    }
}

extension Toolchain.Found {
    package var json: JSONValue {
        var object: JSONObject = ["name": .string(toolchain.rawValue), "marker": .string(marker)]
        if let limitation = toolchain.limitation { object["limitation"] = .string(limitation) }
        return .object(object)
    }
}
