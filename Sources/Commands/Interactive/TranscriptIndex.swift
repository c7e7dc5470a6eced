import Basics
import Journal

/// Where the entries of a conversation stand in its journal: found by the records' places, so that thousands can be
/// counted without reading their JSON.
struct TranscriptIndex: Sendable {
    enum Kind: UInt8, Sendable {
        case event
        /// A `conversation` record with what the user said.
        case prompt
        /// A `compaction` record, whose last item is what the user said.
        case compactedPrompt
        /// An item of a `history` record, or an `imported` one.
        case past, imported
    }

    /// One entry's JSON in the file.
    struct Place: Sendable {
        let kind: Kind
        let start: Int
        let length: Int
        /// The checkpoint event before a turn's end.
        var checkpoint: Range<Int>?

        init(_ kind: Kind, _ range: Range<Int>, checkpoint: Range<Int>? = nil) {
            self.kind = kind
            start = range.lowerBound
            length = range.count
            self.checkpoint = checkpoint
        }

        var range: Range<Int> { start..<start + length }
    }

    private(set) var places: [Place] = []
    /// The last words before the model was asked: what stands before them is context.
    private var prompt: Place?
    private var isAsked: Bool
    private var checkpoint: Range<Int>?

    /// - Parameter isBeginning: whether it begins with a journal's first record; else the words before the first turn
    ///   that it meets are none of its own.
    init(isBeginning: Bool = true) { isAsked = !isBeginning }

    /// Events of which each is one entry.
    private static let plainEvents = ["item.completed", "turn.failed", "error", "compacted"]

    /// - Parameter base: where the bytes that the record is a part of begin in the file.
    mutating func take(_ scan: RecordScan, base: Int = 0) {
        let payload = scan.payload
        let range = base + payload.startIndex..<base + payload.endIndex
        if scan.isType("event") {
            take(event: scan, range)
        } else if scan.isType("effect.requested") {
            // Before the model is asked there is nothing to flush, and few records are this type then.
            if !isAsked,
                payload.starts(with: #"{"effect":{"kind":"model""#.utf8) || scan.json?["effect"]?["kind"] == "model"
            {
                flush()
            }
        } else if scan.isType("conversation") {
            if !isAsked, scan.json?["kind"] == "user" { prompt = Place(.prompt, range) }
        } else if scan.isType("compaction") {
            if !isAsked, scan.json?["items"]?.array?.last?["kind"] == "user" { prompt = Place(.compactedPrompt, range) }
        } else if scan.isType("history") {
            for item in Self.elements(of: payload) where Self.isShown(try? JSONValue(parsing: payload[item])) {
                places.append(Place(.past, base + item.lowerBound..<base + item.upperBound))
            }
        } else if scan.isType("imported"), Self.isShown(scan.json?["item"]) {
            places.append(Place(.imported, range))
        }
    }

    private mutating func take(event scan: RecordScan, _ range: Range<Int>) {
        if scan.isEvent("item.completed") {
            places.append(Place(.event, range))
        } else if scan.isEvent("turn.started") {
            isAsked = false
        } else if scan.isEvent("checkpoint") {
            checkpoint = range
        } else if scan.isEvent("turn.completed") {
            flush()
            places.append(Place(.event, range, checkpoint: checkpoint))
            checkpoint = nil
        } else if scan.isEvent("turn.failed") {
            flush()
            places.append(Place(.event, range))
        } else if scan.isEvent("effect.denied") {
            if scan.json?["effect"]?["kind"] != "access" { places.append(Place(.event, range)) }
        } else if scan.isEvent("approval") {
            if scan.json?["answered_by"] != "never" { places.append(Place(.event, range)) }
        } else if Self.plainEvents.contains(where: scan.isEvent) {
            places.append(Place(.event, range))
        }
    }

    /// The records are over: what was said last has been asked.
    mutating func flush() {
        if let prompt { places.append(prompt) }
        prompt = nil
        isAsked = true
    }

    private static func isShown(_ item: JSONValue?) -> Bool {
        guard let words = item.flatMap(ConversationText.init), !words.text.isEmpty else { return false }
        return words.kind != .result && words.kind != .developer
    }

    /// Where the elements of `{"items":[…` are.
    private static func elements(of payload: ArraySlice<UInt8>) -> [Range<Int>] {
        let mark = Array(#"{"items":["#.utf8)
        guard payload.starts(with: mark) else { return [] }
        var found: [Range<Int>] = []
        var (depth, isText, isEscaped) = (0, false, false)
        var start = payload.startIndex + mark.count
        for index in start..<payload.endIndex {
            let byte = payload[index]
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isText = true
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: ","), UInt8(ascii: "]"):
                if byte == UInt8(ascii: "]"), depth > 0 {
                    depth -= 1
                    continue
                }
                guard depth == 0 else { continue }
                if index > start { found.append(start..<index) }
                start = index + 1
                if byte == UInt8(ascii: "]") { return found }
            case UInt8(ascii: "}"): depth -= 1
            default: break
            }
        }
        return found
    }
}
