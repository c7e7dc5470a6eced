import Basics
import Wire

/// Puts the tool calls of a Chat stream together, from servers that follow the field rules loosely.
///
/// Seen in the wild: no `index`; `index` always 0 with a new id for each call; arguments split over deltas that
/// carry neither; arguments as an object; the id and name repeated on every delta; the same id on two calls. A delta
/// belongs to the call of its index while the id does not change, else to a new call if it brings an id or a name,
/// else to the last call.
struct ChatCallAccumulator: Sendable {
    struct Call: Sendable {
        var index: Int?
        var id = ""
        var name = ""
        var arguments = ""
        /// Members beyond the documented ones, such as Gemini's `extra_content` with a thought signature.
        var extra = JSONObject()

        /// Whether the arguments are a whole JSON object already.
        var isWhole: Bool { ToolCall.isObject(arguments) }
    }

    private(set) var calls: [Call] = []

    mutating func receive(_ delta: JSONValue) {
        let function = delta["function"] ?? .null
        let index = delta["index"]?.int
        let id = delta["id"]?.string ?? ""
        let name = function["name"]?.string ?? ""
        let place = place(index: index, id: id, name: name)
        if calls[place].index == nil { calls[place].index = index }
        if calls[place].id.isEmpty { calls[place].id = id }
        if calls[place].name.isEmpty { calls[place].name = name }
        switch function["arguments"] {
        case .string(let text)?:
            calls[place].arguments += text
        case .object(let object)?:
            calls[place].arguments = JSONValue.object(object).text
        default:
            break
        }
        for (key, value) in delta.object?.members ?? []
        where !["index", "id", "type", "function"].contains(key) && !value.isNull {
            calls[place].extra[key] = value
        }
    }

    /// The place of the call that a delta belongs to, which may be a new one.
    private mutating func place(index: Int?, id: String, name: String) -> Int {
        if let index, let place = calls.lastIndex(where: { $0.index == index }), continues(place, id: id, name: name) {
            return place
        }
        if index == nil {
            if !id.isEmpty, let place = calls.lastIndex(where: { $0.id == id }), continues(place, id: id, name: name) {
                return place
            }
            if id.isEmpty, !calls.isEmpty, continues(calls.count - 1, id: id, name: name) { return calls.count - 1 }
        }
        calls.append(Call())
        return calls.count - 1
    }

    /// Whether a delta with this id and name can add to the call, going by the two alone.
    private func continues(_ place: Int, id: String, name: String) -> Bool {
        let call = calls[place]
        if !id.isEmpty, !call.id.isEmpty {
            return id == call.id && (name.isEmpty || name == call.name || call.name.isEmpty)
        }
        if name.isEmpty || call.name.isEmpty { return true }
        return name == call.name && !call.isWhole
    }
}
