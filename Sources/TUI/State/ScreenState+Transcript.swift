import Terminal
import Wire

/// The conversation as far as memory holds it, and the transcript that shows all of it.
extension ScreenState {
    // MARK: - What memory holds

    /// Bytes of finished entries that are kept; older ones are read from the journal when somebody looks.
    static let keptBytes = 1 << 20

    /// The journal holds all that has been shown so far, up to this place.
    mutating func stored(through place: StoredPlace) {
        // Words of a message that goes on are in no record yet.
        guard turn.map(\.isBetweenMessages) ?? true else { return }
        let count = forgotten + entries.count
        if stored.last?.entries == count { stored.removeLast() }
        stored.append(StoredMark(entries: count, place: place))
    }

    /// Forgets the oldest entries where they have grown too many.
    ///
    /// - Parameter printed: entries of this conversation that are in the scrollback, those forgotten included.
    package mutating func forget(printed: Int) {
        guard transcript == nil, !stored.isEmpty else { return }
        while sizes.count < entries.count { sizes.append(entries[sizes.count].byteCount) }
        var size = sizes.reduce(0, +)
        guard size > Self.keptBytes else { return }
        var gone = 0
        while gone < entries.count, size > Self.keptBytes / 2 {
            size -= sizes[gone]
            gone += 1
        }
        let limit = min(printed, forgotten + gone, forgotten + entries.count - Self.shownEntries)
        guard let mark = stored.last(where: { $0.entries <= limit }), mark.entries > forgotten else { return }
        gone = mark.entries - forgotten
        entries.removeFirst(gone)
        sizes.removeFirst(gone)
        forgotten = mark.entries
        storedPlace = mark.place
        stored.removeAll { $0.entries <= mark.entries }
        firstShown = max(firstShown, forgotten)
    }

    /// Entries that are kept in any case: what a whole screen shows above the composer.
    private static let shownEntries = 100

    // MARK: - The transcript

    mutating func openTranscript() -> [ScreenAction] {
        guard !isPlain else {
            hint = "everything so far stands above"
            return []
        }
        var pager = TranscriptPager(hasStored: storedPlace != nil)
        pager.settle(transcriptSource, atEnd: true)
        transcript = pager
        return (storedPlace.map { [.countStored($0)] } ?? []) + wantedChunk()
    }

    private var transcriptSource: TranscriptPager.Source {
        TranscriptPager.Source(
            live: entries, folder: facts?.cwd ?? "", width: max(10, width),
            room: PagerView.room(height: max(4, height)))
    }

    mutating func settleTranscript() -> [ScreenAction] {
        let source = transcriptSource
        transcript?.settle(source)
        return wantedChunk()
    }

    private func wantedChunk() -> [ScreenAction] {
        transcript?.wanted.map { [.loadStored(chunk: $0)] } ?? []
    }

    mutating func take(stored count: Int) -> [ScreenAction] {
        transcript?.stored(count)
        return settleTranscript()
    }

    mutating func take(_ entries: [TranscriptEntry], chunk: Int) -> [ScreenAction] {
        transcript?.take(entries, chunk: chunk)
        return settleTranscript()
    }

    mutating func take(found: [Int], for text: String) -> [ScreenAction] {
        let source = transcriptSource
        transcript?.found(text, stored: found, source)
        return settleTranscript()
    }

    mutating func pressInTranscript(_ key: Key) -> [ScreenAction] {
        guard var pager = transcript else { return [] }
        let source = transcriptSource
        let room = source.room
        if pager.isSearching {
            var looks = false
            switch fieldKey(key) {
            case .accept: looks = pager.endSearch(source)
            case .cancel:
                pager.beginSearch()
                _ = pager.endSearch(source)
            case .delete: pager.deleteBackward()
            case .type(let scalar): pager.type(scalar)
            case .up, .down, .other: break
            }
            transcript = pager
            return (looks ? [.searchStored(pager.search)] : []) + settleTranscript()
        }
        switch keymap.action(key, in: .pager, .global) {
        case .pagerUp: pager.scroll(-1, source)
        case .pagerDown: pager.scroll(1, source)
        case .pagerPageUp: pager.scroll(-(room - 1), source)
        case .pagerPageDown: pager.scroll(room - 1, source)
        case .pagerHalfUp: pager.scroll(-room / 2, source)
        case .pagerHalfDown: pager.scroll(room / 2, source)
        case .pagerTop: pager.toTop(source)
        case .pagerBottom: pager.toEnd(source)
        case .pagerSearch: pager.beginSearch()
        case .pagerNext: pager.next(1, room: room, source)
        case .pagerPrevious: pager.next(-1, room: room, source)
        case .pagerShowKeys, .showKeysHere: return showKeys(whole: false)
        case .pagerClose, .pagerCloseTranscript:
            transcript = nil
            return []
        case .suspend: return [.suspend]
        default: break
        }
        transcript = pager
        return settleTranscript()
    }
}

/// Up to where the journal holds what the screen has shown.
struct StoredMark: Sendable, Hashable {
    /// Entries, those forgotten included.
    var entries: Int
    var place: StoredPlace
}

/// A place in a session's journal, which the screen hands back to whoever reads it.
package struct StoredPlace: Sendable, Hashable {
    package let journal: String
    /// Bytes from its beginning.
    package let bytes: Int

    package init(journal: String, bytes: Int) {
        self.journal = journal
        self.bytes = bytes
    }
}
