package import Terminal

/// The whole conversation to read, entry by entry: an entry is drawn when it comes into view and forgotten when it has
/// left, so that neither opening nor a key depends on how much was said.
///
/// Entries are counted from where the screen's own begin: those from 0 on are in memory, those below 0 in the journal,
/// and come in chunks when they are wanted.
package struct TranscriptPager: Sendable, Hashable {
    /// A line on the screen: of which entry, and which of its lines.
    package struct Place: Sendable, Hashable {
        package var entry: Int
        package var line: Int
    }

    /// Entries of a chunk.
    package static let chunkSize = 64
    /// Chunks that are kept, and lines of drawn entries beyond which those out of sight are forgotten.
    private static let chunkLimit = 4
    private static let lineLimit = 4000

    /// Entries that only the journal has; nil until they have been counted.
    package private(set) var storedCount: Int?
    /// Whether there are any, which are being counted.
    package private(set) var isCounting: Bool
    /// Entries in memory: numbers from 0.
    private var liveCount = 0
    private(set) var top = Place(entry: 0, line: 0)
    private var chunks: [Int: [TranscriptEntry]] = [:]
    /// Chunks in the order in which they came.
    private var arrivals: [Int] = []
    private var drawn: [Int: [StyledLine]] = [:]
    private var width = 0
    /// What is still to be scrolled when the chunk that is waited for has come.
    private var rest: Rest?
    /// The chunk that is waited for.
    private(set) var wanted: Int?

    package private(set) var search = ""
    package private(set) var isSearching = false
    /// Entries that match, in order.
    package private(set) var matches: [Int] = []
    /// Whether those in the journal are still being looked through.
    package private(set) var isLooking = false

    private enum Rest: Sendable, Hashable {
        case lines(Int)
        case toTop
        case match(entry: Int, fromEnd: Bool)
    }

    /// - Parameter hasStored: whether the journal has entries that the screen has not.
    package init(hasStored: Bool) { isCounting = hasStored }

    // MARK: - What there is

    /// The first entry that can be gone to.
    var first: Int { -(storedCount ?? 0) }
    private var last: Int { liveCount - 1 }

    /// The journal's entries have been counted.
    mutating func stored(_ count: Int) {
        storedCount = count
        isCounting = false
    }

    /// Chunk `number` has the entries from `-(number + 1) * chunkSize` on; the first of all may have fewer.
    mutating func take(_ entries: [TranscriptEntry], chunk number: Int) {
        chunks[number] = entries
        arrivals.append(number)
        while arrivals.count > Self.chunkLimit { chunks[arrivals.removeFirst()] = nil }
        if wanted == number { wanted = nil }
    }

    /// The entries of a chunk, counted from the first of the journal.
    package static func stored(chunk number: Int, of count: Int) -> Range<Int> {
        let end = max(0, count - number * chunkSize)
        return max(0, end - chunkSize)..<end
    }

    // MARK: - Drawing

    /// What entries are drawn from.
    struct Source {
        let live: [TranscriptEntry]
        let folder: String
        let width: Int
        let room: Int
    }

    /// Puts up with what has changed since: entries, and the screen's size.
    mutating func settle(_ source: Source, atEnd: Bool = false) {
        if width != source.width {
            drawn = [:]
            top.line = 0
            width = source.width
        }
        liveCount = source.live.count
        if atEnd { toEnd(source) }
        if let rest {
            self.rest = nil
            carryOut(rest, source)
        }
        // Nothing is left empty below while there is something above.
        if !fills(source) { toEnd(source) }
        forget(source)
    }

    private mutating func carryOut(_ rest: Rest, _ source: Source) {
        switch rest {
        case .lines(let step): scroll(step, source)
        case .toTop: toTop(source)
        case .match(let entry, let fromEnd): show(entry, fromEnd: fromEnd, source)
        }
    }

    /// An entry's lines; nil for one that has to be read first, which is wanted then.
    private mutating func lines(_ entry: Int, _ source: Source) -> [StyledLine]? {
        if let lines = drawn[entry] { return lines }
        let view = TranscriptView(width: source.width, isExpanded: true, folder: source.folder)
        if entry >= 0 {
            guard source.live.indices.contains(entry) else { return [] }
            var lines = view.lines(source.live[entry], after: entry > 0 ? source.live[entry - 1] : nil)
            if entry == 0, isCounting || first < 0 {
                // In the middle of a conversation nothing begins.
                if case .banner = source.live[0] { lines = [] } else { lines = [.empty] + lines }
            }
            drawn[entry] = lines
            return lines
        }
        let number = (-entry - 1) / Self.chunkSize
        guard let chunk = chunks[number] else {
            wanted = number
            return nil
        }
        let index = chunk.count - (-entry - number * Self.chunkSize)
        guard chunk.indices.contains(index) else { return [] }
        let lines = view.lines(chunk[index], after: index > 0 ? chunk[index - 1] : nil)
        // What stands before a chunk is not known while it is drawn.
        drawn[entry] = index == 0 && entry > first && lines.first?.isEmpty == false ? [.empty] + lines : lines
        return drawn[entry]
    }

    /// The screen's lines.
    package func window(room: Int) -> [StyledLine] {
        var lines: [StyledLine] = []
        if isAtTop, isCounting { lines.append(StyledLine("… earlier entries are being counted", Theme.dim)) }
        var place = top
        while lines.count < room, place.entry <= last {
            guard let entry = drawn[place.entry] else { break }
            lines += entry.dropFirst(place.line).prefix(room - lines.count)
            place = Place(entry: place.entry + 1, line: 0)
        }
        return lines
    }

    private var isAtTop: Bool { top == Place(entry: first, line: 0) }

    /// How far it has been read, in percent.
    package func percent(room: Int) -> Int {
        let count = last - first + 1
        guard count > 0 else { return 100 }
        var (shown, entry) = (-top.line, top.entry)
        while entry <= last, let lines = drawn[entry], shown + lines.count <= room {
            shown += lines.count
            entry += 1
        }
        return (entry - first) * 100 / count
    }

    /// Draws what the screen shows, and says whether that fills it.
    private mutating func fills(_ source: Source) -> Bool {
        var (shown, entry) = (-top.line, top.entry)
        while shown < source.room {
            guard entry <= last else { return isAtTop }
            guard let lines = lines(entry, source) else { return true }
            shown += lines.count
            entry += 1
        }
        return true
    }

    private mutating func forget(_ source: Source) {
        guard drawn.values.reduce(0, { $0 + $1.count }) > Self.lineLimit else { return }
        var (kept, shown, entry) = ([Int: [StyledLine]](), -top.line, top.entry)
        while shown < source.room, let lines = drawn[entry] {
            kept[entry] = lines
            shown += lines.count
            entry += 1
        }
        drawn = kept
    }

    // MARK: - Moving

    mutating func scroll(_ step: Int, _ source: Source) {
        var left = step
        while left < 0 {
            if top.line > 0 {
                let lines = min(top.line, -left)
                top.line -= lines
                left += lines
                continue
            }
            guard top.entry > first else { break }
            guard let above = lines(top.entry - 1, source) else {
                rest = .lines(left)
                return
            }
            top = Place(entry: top.entry - 1, line: above.count)
        }
        while left > 0, top.entry <= last {
            guard let here = lines(top.entry, source) else {
                rest = .lines(left)
                return
            }
            let lines = min(here.count - top.line, left)
            top.line += lines
            left -= lines
            if top.line >= here.count {
                guard top.entry < last else { break }
                top = Place(entry: top.entry + 1, line: 0)
            }
        }
        if step > 0, !fills(source) { toEnd(source) }
    }

    mutating func toTop(_ source: Source) {
        guard !isCounting else {
            // The first there is comes when they are counted.
            rest = .toTop
            return
        }
        top = Place(entry: first, line: 0)
        if lines(first, source) == nil { rest = .toTop }
    }

    mutating func toEnd(_ source: Source) {
        var (room, entry) = (source.room, last + 1)
        top = Place(entry: max(first, last), line: 0)
        while entry > first, room > 0 {
            guard let above = lines(entry - 1, source) else { break }
            entry -= 1
            top = Place(entry: entry, line: max(0, above.count - room))
            room -= above.count
        }
    }

    // MARK: - Searching

    mutating func beginSearch() {
        isSearching = true
        search = ""
        (matches, isLooking) = ([], false)
    }

    mutating func type(_ scalar: Unicode.Scalar) { search.unicodeScalars.append(scalar) }

    mutating func deleteBackward() {
        if search.isEmpty { isSearching = false } else { search.removeLast() }
    }

    /// Looks through what is in memory; the rest is told by `found`.
    ///
    /// - Returns: whether there is a rest.
    mutating func endSearch(_ source: Source) -> Bool {
        isSearching = false
        matches = []
        guard !search.isEmpty else { return false }
        let wanted = search.lowercased()
        matches = source.live.indices.filter { source.live[$0].searchText.lowercased().contains(wanted) }
        isLooking = (storedCount ?? 0) > 0
        if let match = matches.last(where: { $0 <= top.entry }) ?? matches.last, !isLooking {
            show(match, fromEnd: true, source)
        }
        return isLooking
    }

    /// - Parameter stored: entries of the journal that match, counted from its first.
    mutating func found(_ text: String, stored: [Int], _ source: Source) {
        guard text == search, isLooking else { return }
        isLooking = false
        matches = stored.map { $0 + first } + matches
        if let match = matches.last(where: { $0 <= top.entry }) ?? matches.last { show(match, fromEnd: true, source) }
    }

    mutating func next(_ step: Int, room: Int, _ source: Source) {
        let wanted = search.lowercased()
        guard !wanted.isEmpty else { return }
        // Another line of the same entry first.
        let centre = Place(entry: top.entry, line: top.line)
        if let here = drawn[centre.entry] {
            let hits = here.indices.filter { here[$0].text.lowercased().contains(wanted) }
            if let line = step > 0 ? hits.first(where: { $0 > centre.line }) : hits.last(where: { $0 < centre.line }) {
                top = Place(entry: centre.entry, line: line)
                if !fills(source) { toEnd(source) }
                return
            }
        }
        let target =
            step > 0
            ? matches.first { $0 > centre.entry } ?? matches.first : matches.last { $0 < centre.entry } ?? matches.last
        if let target { show(target, fromEnd: step < 0, source) }
    }

    private mutating func show(_ entry: Int, fromEnd: Bool, _ source: Source) {
        let wanted = search.lowercased()
        guard let lines = lines(entry, source) else {
            top = Place(entry: entry, line: 0)
            rest = .match(entry: entry, fromEnd: fromEnd)
            return
        }
        let hits = lines.indices.filter { lines[$0].text.lowercased().contains(wanted) }
        top = Place(entry: entry, line: (fromEnd ? hits.last : hits.first) ?? 0)
        if !fills(source) { toEnd(source) }
    }
}
