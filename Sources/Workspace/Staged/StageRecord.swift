package import Basics

/// What is known of a stage; on disk beside what it holds.
package struct StageRecord: Hashable, Sendable {
    package enum Method: String, Sendable {
        /// What differs lies over the workspace.
        case overlay
        /// The whole workspace was copied.
        case copy
    }

    package enum State: String, Sendable {
        /// Waits to be applied.
        case open
        /// All of it was applied; what it held may be removed.
        case applied
        /// Nobody wants it; removed in time.
        case dropped
    }

    /// The session whose changes these are.
    package let session: String
    /// The workspace's canonical path.
    package let workspace: String
    package let method: Method
    package let began: WallTime
    package var state = State.open
    /// When the state came about.
    package var changed: WallTime
    /// The workspace as it was when the stage began, with what was applied since; nil before anything ran in it.
    package var base: ContentDigest?
    /// The tree after each turn that changed something since the last apply, oldest first.
    package var turns: [ContentDigest] = []

    /// Older ones can no longer be taken back one by one.
    static let keptTurns = 100

    package init(session: String, workspace: String, method: Method, began: WallTime = .now) {
        self.session = session
        self.workspace = workspace
        self.method = method
        self.began = began
        changed = began
    }

    package var json: JSONValue {
        var object: JSONObject = [
            "session": .string(session), "workspace": .string(workspace), "method": .string(method.rawValue),
            "state": .string(state.rawValue), "began_ms": .int(Int(began.milliseconds)),
            "changed_ms": .int(Int(changed.milliseconds)),
        ]
        if let base { object["base"] = .string(base.text) }
        if !turns.isEmpty { object["turns"] = .array(turns.map { .string($0.text) }) }
        return .object(object)
    }

    /// Nil for anything but what `json` makes.
    init?(json: JSONValue) {
        guard let session = json["session"]?.string, let workspace = json["workspace"]?.string,
            let method = json["method"]?.string.flatMap(Method.init(rawValue:)),
            let state = json["state"]?.string.flatMap(State.init(rawValue:)), let began = json["began_ms"]?.int,
            let changed = json["changed_ms"]?.int
        else { return nil }
        self.init(
            session: session, workspace: workspace, method: method, began: WallTime(milliseconds: Int64(began)))
        self.state = state
        self.changed = WallTime(milliseconds: Int64(changed))
        for value in json["turns"]?.array ?? [] {
            guard let turn = value.string.flatMap(ContentDigest.init(text:)) else { return nil }
            turns.append(turn)
        }
        if let text = json["base"]?.string {
            guard let base = ContentDigest(text: text) else { return nil }
            self.base = base
        }
    }
}
