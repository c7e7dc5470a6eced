import Basics
import Engine
import Journal
import Wire

extension ExecRequest.Origin {
    /// The session that is gone on with; the newest here where none is named.
    func resumed(in store: SessionStore, _ request: ExecRequest) throws(LockgateError) -> SessionID {
        switch self {
        case .resume(let id): id
        case .resumeNamed(let text): try store.resolve(text).id
        case .resumeLast, .new, .fork: try ExecPlace.newest(in: store, request)
        }
    }
}

extension SessionFork {
    init(
        _ parent: ExecRequest.Origin.Parent, turn: Int?, in store: SessionStore, _ request: ExecRequest
    ) throws(LockgateError) {
        let id =
            switch parent {
            case .session(let id): id
            case .named(let text): try store.resolve(text).id
            case .last: try ExecPlace.newest(in: store, request)
            }
        try self.init(of: SessionLocation(id: id, path: try store.find(id)), turn: turn)
    }
}

extension Conversation {
    /// What a fork begins with; it has cost nothing yet.
    init(fork: SessionFork) {
        self.init(items: fork.items.compactMap(ConversationItem.init(json:)))
    }
}
