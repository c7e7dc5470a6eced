import Basics
import Config
import Import
import Text
import Wire

/// What a person or a program is shown of an import.
struct ImportReport {
    let plan: ImportPlan
    let agent: ImportedAgent
    let source: String
    let target: String

    /// Steps, diffs, what stays as it is, and what stays behind.
    var text: String {
        var parts = ["From \(agent.title)'s setup in \(source) to \(target):"]
        let steps = plan.steps.map { "  \($0.text)\n      from \($0.from)" }
        if !steps.isEmpty { parts.append("Brought over:\n" + steps.joined(separator: "\n")) }
        parts += plan.changes.map(diff)
        if !plan.kept.isEmpty { parts.append("Set here already, and kept:\n" + lines(plan.kept)) }
        if !plan.leftovers.isEmpty { parts.append("Not brought over:\n" + lines(plan.leftovers)) }
        if plan.changes.isEmpty { parts.append("There is nothing to change.") }
        return TerminalStyle.harmless(parts.joined(separator: "\n\n"))
    }

    func json(applied: Bool) -> JSONValue {
        [
            "agent": .string(agent.rawValue), "source": .string(source), "target": .string(target),
            "applied": .bool(applied),
            "steps": .array(
                plan.steps.map { step in
                    .object(place(step.from, ["text": .string(step.text), "target": .string(step.file)]))
                }),
            "kept": .array(plan.kept.map(leftover)), "not_carried": .array(plan.leftovers.map(leftover)),
            "changes": .array(
                plan.changes.map { change in ["path": .string(change.path), "diff": .string(diff(change))] }),
        ]
    }

    private func lines(_ leftovers: [ImportPlan.Leftover]) -> String {
        leftovers.map { item in
            let remedy = item.remedy.map { "\n      \($0)" } ?? ""
            return "  \(item.what)  \(item.from)\n      \(item.reason)\(remedy)"
        }.joined(separator: "\n")
    }

    private func diff(_ change: ImportPlan.FileChange) -> String {
        let path = change.path.hasPrefix("/") ? String(change.path.dropFirst()) : change.path
        let version = { (bytes: [UInt8]) in UnifiedDiff.Version(path: path, bytes: bytes) }
        let diff = UnifiedDiff(old: change.old.map(version), new: version(change.new)).rendered()
        return String(decoding: diff.last == 0x0A ? diff.dropLast() : diff[...], as: UTF8.self)
    }

    private func leftover(_ item: ImportPlan.Leftover) -> JSONValue {
        .object(
            place(
                item.from,
                ["what": .string(item.what), "reason": .string(item.reason), "remedy": .optional(item.remedy)]))
    }

    private func place(_ place: SourcePlace, _ object: JSONObject) -> JSONObject {
        var object = object
        object["file"] = .string(place.file)
        object["line"] = .optional(place.line)
        object["column"] = .optional(place.column)
        return object
    }
}
