package import Basics
package import Config
import Hooks
package import Wire

/// A `hooks.json` with hooks added that it does not state yet.
package struct HookMerge: Sendable {
    package let file: String
    private let layer: Origin.Layer
    private var document: JSONObject
    /// What stands under `hooks` in the `config.toml` beside it.
    private let besides: JSONValue
    private(set) var isChanged = false

    /// - Parameter besides: hooks that count too, so that none is added which would run twice.
    /// - Throws: the errors of a file that does not load as it stands.
    package init(
        file: String, bytes: [UInt8]?, layer: Origin.Layer, besides: HookSource? = nil
    ) throws(LockgateError) {
        self.besides = besides?.hooks ?? [:]
        self.file = file
        self.layer = layer
        guard let bytes else {
            document = ["hooks": [:]]
            return
        }
        _ = try HookReader.read(HookSource(json: bytes, file: file, layer: layer))
        document = try ForeignDocument(json: bytes, file: file).root
        if document["hooks"] == nil { document["hooks"] = [:] }
    }

    /// What became of one hook.
    package enum Outcome: Sendable, Hashable {
        case added, same
        /// It cannot stand here; why, and what to do.
        case refused(reason: String, remedy: String?)
    }

    /// Adds one hook of an event.
    package mutating func add(_ handler: JSONValue, event: String, matcher: JSONValue?) -> Outcome {
        var group: JSONObject = [:]
        if let matcher { group["matcher"] = matcher }
        group["hooks"] = [handler]
        let alone: JSONValue = ["hooks": .object([event: [.object(group)]])]
        do throws(LockgateError) {
            _ = try HookReader.read(HookSource(json: alone.bytes, file: file, layer: layer))
        } catch {
            return .refused(reason: Self.reason(error), remedy: error.remedy)
        }
        var groups = document["hooks"]?[event]?.array ?? []
        let isThere = (groups + (besides[event]?.array ?? [])).contains { other in
            (other["matcher"] ?? "") == (matcher ?? "") && other["hooks"]?.array?.contains(handler) == true
        }
        if isThere { return .same }
        if let last = groups.indices.last, groups[last]["matcher"] == matcher, isOwn.contains(event) {
            groups[last]["hooks"] = .array((groups[last]["hooks"]?.array ?? []) + [handler])
        } else {
            groups.append(.object(group))
        }
        isOwn.insert(event)
        document["hooks"]?[event] = .array(groups)
        isChanged = true
        return .added
    }

    /// Events whose last group this merge has made.
    private var isOwn: Set<String> = []

    /// The file's text, two blanks a level.
    package var bytes: [UInt8] { Array((Self.pretty(.object(document), indent: "") + "\n").utf8) }

    /// The reader's reason without place and line, which are those of a text that nobody wrote.
    private static func reason(_ error: LockgateError) -> String {
        let line = error.message.split(separator: "\n").first.map(String.init) ?? error.message
        return line.split(separator: ": ", maxSplits: 1).last.map(String.init) ?? line
    }

    private static func pretty(_ value: JSONValue, indent: String) -> String {
        let inner = indent + "  "
        switch value {
        case .object(let object) where !object.isEmpty:
            let members = object.members.map {
                "\(inner)\(JSONValue.string($0.key).text): \(pretty($0.value, indent: inner))"
            }
            return "{\n\(members.joined(separator: ",\n"))\n\(indent)}"
        case .array(let elements) where !elements.isEmpty:
            return "[\n\(elements.map { inner + pretty($0, indent: inner) }.joined(separator: ",\n"))\n\(indent)]"
        default: return value.text
        }
    }
}
