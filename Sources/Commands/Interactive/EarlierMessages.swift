import Basics
import Journal
import Wire

/// What a person asked in a conversation, also in the sessions that it was forked from: each a place to go back to.
struct EarlierMessages {
    struct Message {
        let session: SessionID
        /// The turn of that session, from 1.
        let turn: Int
        let text: String
        let time: WallTime?
        /// Checkpoints of the turns from this one on, oldest first: what to take back so that the files are as they were.
        var checkpoints: [Int]
        /// What followed, up to the next message.
        let records: ArraySlice<JournalRecord>

        /// Names it among all.
        var id: String { "\(session.text) \(turn)" }
    }

    /// Oldest first.
    private(set) var all: [Message] = []
    /// Sessions back to which forks are followed.
    private static let depthLimit = 100

    /// - Parameter turn: the last turn of that session that belongs to the conversation; nil for all.
    init(of id: SessionID, through turn: Int? = nil, in store: SessionStore) throws(LockgateError) {
        var session: (id: SessionID, last: Int?)? = (id, nil)
        var depth = 0
        while let (id, last) = session, depth < Self.depthLimit {
            depth += 1
            let records: [JournalRecord]
            do throws(LockgateError) {
                records = try JournalReader(path: try store.find(id)).records
            } catch {
                // What a fork began with may be gone by now; its own messages are still there.
                if depth > 1 { break }
                throw error
            }
            let later = all.first?.checkpoints ?? []
            all = Self.messages(of: records, session: id, through: last, later: later) + all
            let parent = records.first?.payload["parent"]
            session = parent?["session"]?.string.flatMap(SessionID.init).flatMap { id in
                parent?["sequence"]?.int.map { (id, $0) }
            }
        }
        if let turn { all.removeAll { $0.session == id && $0.turn > turn } }
    }

    func message(_ id: String) -> Message? { all.first { $0.id == id } }

    /// - Parameter later: checkpoints of the sessions that were forked from this one.
    private static func messages(
        of records: [JournalRecord], session: SessionID, through last: Int?, later: [Int]
    ) -> [Message] {
        let starts = records.indices.filter { records[$0].isEvent("turn.started") }
        return starts.enumerated().compactMap { number, start -> Message? in
            if let last, records[start].sequence > last { return nil }
            let end = number + 1 < starts.count ? starts[number + 1] : records.count
            guard let text = prompt(in: records[start..<end]) else { return nil }
            let checkpoints = records[start...].filter { $0.isEvent("checkpoint") }.compactMap {
                $0.payload["turn"]?.int
            }
            return Message(
                session: session, turn: number + 1, text: text, time: WallTime(rfc3339: records[start].time),
                checkpoints: checkpoints + later.filter { !checkpoints.contains($0) }, records: records[start..<end])
        }
    }

    /// The words that began the turn; nil for one that a command of the person's own was.
    private static func prompt(in turn: ArraySlice<JournalRecord>) -> String? {
        let own = turn.first { record in
            guard record.isType("conversation"), record.payload["kind"] == "user" else { return false }
            return record.payload["origin"] == nil || record.payload["origin"] == "prompt"
        }
        return own?.payload["parts"]?.array?.lazy.compactMap { $0["text"]?.string }.first
    }
}
