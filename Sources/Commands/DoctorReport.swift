import Basics
import Sandbox
import Wire

/// What `doctor` found, for people and for programs.
struct DoctorReport: Sendable {
    struct Check: Sendable {
        var name: String
        var isGood: Bool
        var text: String
        var remedy: String?
        var notes: [String] = []
    }

    var checks: [Check] = []
    /// What the machine grants; nil when the helper could not say.
    var layers: LayerSurvey?
    /// nil where commands are refused.
    var level: SandboxLevel?

    var isHealthy: Bool { checks.allSatisfy(\.isGood) }

    mutating func add(_ name: String, _ text: String, isGood: Bool = true, remedy: String? = nil) {
        checks.append(Check(name: name, isGood: isGood, text: text, remedy: remedy))
    }

    mutating func add(_ name: String, _ error: LockgateError) {
        add(name, error.message, isGood: false, remedy: error.remedy)
    }

    var json: JSONValue {
        var object: JSONObject = [
            "version": .string(Version.text), "healthy": .bool(isHealthy),
            "checks": .array(
                checks.map { check in
                    var object: JSONObject = [
                        "name": .string(check.name), "ok": .bool(check.isGood), "text": .string(check.text),
                        "notes": .array(check.notes.map { .string($0) }),
                    ]
                    if let remedy = check.remedy { object["remedy"] = .string(remedy) }
                    return .object(object)
                }),
        ]
        var sandbox: JSONObject = ["level": level.map { .string($0.rawValue) } ?? .null]
        if let layers { sandbox["layers"] = layers.json }
        object["sandbox"] = .object(sandbox)
        return .object(object)
    }

    func printText(style: TerminalStyle) {
        print("lockgate \(Version.text)")
        for check in checks {
            print("\(check.isGood ? style.green("✓") : style.red("✗")) \(check.name): \(check.text)")
            for note in check.notes { print("    \(note)") }
            if let remedy = check.remedy { print("    fix: \(remedy)") }
        }
        for (name, result) in layers?.lines ?? [] { print("\(style.dim("·")) \(name): \(result)") }
    }
}
