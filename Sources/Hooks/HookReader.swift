import Basics
package import Config
package import Wire

/// Reads hooks out of what their sources state. Anything unknown is an error with its place: a hook that somebody relies
/// on must not get lost because of a letter.
package struct HookReader {
    private let source: HookSource
    private var definitions: [HookDefinition] = []

    private init(_ source: HookSource) {
        self.source = source
    }

    /// All hooks of a source, in its order.
    ///
    /// - Throws: `hooks.unknown_event`, `hooks.unknown_field`, `hooks.value`, each with file, line, column, the line's
    ///   text and what to do.
    package static func read(_ source: HookSource) throws(LockgateError) -> [HookDefinition] {
        var reader = HookReader(source)
        for (event, groups) in try reader.object(source.hooks, []).members {
            try reader.read(event, groups)
        }
        return reader.definitions
    }

    private mutating func read(_ name: String, _ groups: JSONValue) throws(LockgateError) {
        guard let event = HookEvent(rawValue: name) else {
            let names = HookEvent.allCases.map(\.rawValue)
            let guess = Suggestion.nearest(to: name, among: names)
            throw source.error(
                "hooks.unknown_event", at: [name],
                "unknown event \(name.printable)" + (guess.map { "; did you mean \($0)?" } ?? ""),
                remedy: guess.map { "write \($0)" } ?? "the events are: \(names.joined(separator: ", "))")
        }
        for (index, group) in try list(groups, [name]).enumerated() {
            let path = [name, String(index)]
            let fields = try object(group, path)
            try refuseUnknown(fields, path, ["matcher", "hooks"])
            let matcher = try matcher(fields["matcher"], event, path + ["matcher"])
            guard let hooks = fields["hooks"] else {
                throw source.error(
                    "hooks.value", at: path, "hooks are missing here",
                    remedy: "add hooks = [{ type = \"command\", command = \"...\" }]")
            }
            for (index, handler) in try list(hooks, path + ["hooks"]).enumerated() {
                definitions.append(try definition(handler, event, matcher, path + ["hooks", String(index)]))
            }
        }
    }

    private func matcher(_ value: JSONValue?, _ event: HookEvent, _ path: [String]) throws(LockgateError) -> HookMatcher
    {
        guard let value else { return .all }
        let text = try text(value, path)
        guard let matcher = HookMatcher(text) else {
            throw source.error(
                "hooks.value", at: path, "matcher \(text.printable) is no regular expression",
                remedy: "write names, such as Bash|apply_patch, or correct the expression")
        }
        guard event.matcherSubject != nil || matcher.isAll else {
            throw source.error(
                "hooks.value", at: path, "\(event.rawValue) has nothing to match", remedy: "remove the matcher")
        }
        return matcher
    }

    private func definition(
        _ value: JSONValue, _ event: HookEvent, _ matcher: HookMatcher, _ path: [String]
    ) throws(LockgateError) -> HookDefinition {
        let fields = try object(value, path)
        let type = try fields["type"].map { value throws(LockgateError) in try text(value, path + ["type"]) }
        guard type == "command" else {
            throw source.error(
                "hooks.value", at: path + (type == nil ? [] : ["type"]),
                type.map { "a hook of type \($0.printable) cannot be run" } ?? "the hook's type is missing",
                remedy: "write type = \"command\" with a command; no other type is there")
        }
        try refuseUnknown(fields, path, Self.fields)
        guard
            let command = try fields["command"].map({ value throws(LockgateError) in
                try text(value, path + ["command"])
            }), !command.allSatisfy(\.isWhitespace)
        else {
            throw source.error(
                "hooks.value", at: path + ["command"], "the hook has no command", remedy: "add a line for /bin/sh")
        }
        if let isAsync = fields["async"], try boolean(isAsync, path + ["async"]) {
            throw source.error(
                "hooks.value", at: path + ["async"], "a hook that nobody waits for cannot answer",
                remedy: "remove async, or start a process of your own in the command")
        }
        let isSandboxed = try fields["sandbox"].map { value throws(LockgateError) in
            try boolean(value, path + ["sandbox"])
        }
        if isSandboxed == false, source.isProject {
            throw source.error(
                "hooks.value", at: path + ["sandbox"], "a project's hooks always run in the sandbox",
                remedy: "remove it, or state the hook in your own configuration")
        }
        return HookDefinition(
            event: event, matcher: matcher, command: command, timeout: try timeout(fields["timeout"], path),
            failsClosed: try failsClosed(fields["fail"], event, path),
            statusMessage: try fields["statusMessage"].map { value throws(LockgateError) in
                try text(value, path + ["statusMessage"])
            },
            contextLimit: try contextLimit(fields["additionalContextLimit"], path),
            isSandboxed: isSandboxed ?? true, origin: source.origin(of: path))
    }

    private static let fields = [
        "type", "command", "commandWindows", "timeout", "async", "statusMessage", "additionalContextLimit", "fail",
        "sandbox",
    ]

    // MARK: Values

    private func timeout(_ value: JSONValue?, _ path: [String]) throws(LockgateError) -> Duration {
        guard let value else { return HookDefinition.defaultTimeout }
        guard let seconds = value.double, seconds > 0, seconds <= 86_400 else {
            throw source.error(
                "hooks.value", at: path + ["timeout"], "timeout: expected seconds, more than 0 and at most a day",
                remedy: "write for example timeout = 30")
        }
        return .milliseconds(max(1, Int(seconds * 1000)))
    }

    private func failsClosed(_ value: JSONValue?, _ event: HookEvent, _ path: [String]) throws(LockgateError) -> Bool {
        guard let value else { return event.failsClosed }
        switch value.string {
        case "closed": return true
        case "open": return false
        default:
            throw source.error(
                "hooks.value", at: path + ["fail"], "fail: expected \"closed\" or \"open\"",
                remedy: "write fail = \"closed\" for a hook that is relied on")
        }
    }

    private func contextLimit(_ value: JSONValue?, _ path: [String]) throws(LockgateError) -> Int {
        guard let value else { return HookDefinition.defaultContextLimit }
        guard let limit = value.int, limit >= 0 else {
            throw source.error(
                "hooks.value", at: path + ["additionalContextLimit"],
                "additionalContextLimit: expected a number of characters", remedy: "write a whole number from 0")
        }
        return limit
    }

    private func object(_ value: JSONValue, _ path: [String]) throws(LockgateError) -> JSONObject {
        if let object = value.object { return object }
        throw source.error("hooks.value", at: path, "expected a table", remedy: Self.example)
    }

    private func list(_ value: JSONValue, _ path: [String]) throws(LockgateError) -> [JSONValue] {
        if let list = value.array { return list }
        throw source.error("hooks.value", at: path, "expected a list", remedy: Self.example)
    }

    private func text(_ value: JSONValue, _ path: [String]) throws(LockgateError) -> String {
        if let text = value.string, !text.utf8.contains(0) { return text }
        throw source.error(
            "hooks.value", at: path, "\(path.last ?? ""): expected text", remedy: "put it into quotes")
    }

    private func boolean(_ value: JSONValue, _ path: [String]) throws(LockgateError) -> Bool {
        if let value = value.bool { return value }
        throw source.error(
            "hooks.value", at: path, "\(path.last ?? ""): expected true or false", remedy: "write true or false")
    }

    private func refuseUnknown(_ object: JSONObject, _ path: [String], _ known: [String]) throws(LockgateError) {
        guard let name = object.keys.first(where: { !known.contains($0) }) else { return }
        let guess = Suggestion.nearest(to: name, among: known)
        throw source.error(
            "hooks.unknown_field", at: path + [name],
            "unknown field \(name.printable)" + (guess.map { "; did you mean \($0)?" } ?? ""),
            remedy: guess.map { "write \($0)" } ?? "remove it; the fields are: \(known.joined(separator: ", "))")
    }

    private static let example =
        "write {\"hooks\": {\"PreToolUse\": [{\"matcher\": \"Bash\", \"hooks\": [{\"type\": \"command\", \"command\": \"...\"}]}]}}"
}
