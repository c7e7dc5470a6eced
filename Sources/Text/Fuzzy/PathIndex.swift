/// Paths that are searched while somebody types: one piece of memory, and for each path the set of letters in it, so
/// that most are passed over without a look.
package struct PathIndex: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    private var letters: [UInt64] = []

    package init(_ paths: some Sequence<[UInt8]>) {
        for path in paths {
            bytes += path
            ends.append(bytes.count)
            letters.append(Self.letters(path))
        }
    }

    package var count: Int { ends.count }

    package subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
    }

    /// The best matches, best first.
    package func best(_ pattern: String, limit: Int) -> [(path: String, positions: [Int])] {
        let wanted = pattern.utf8.filter { $0 != 0x20 }.map(\.lowered)
        guard !wanted.isEmpty else {
            return (0..<min(limit, count)).map { (String(decoding: self[$0], as: UTF8.self), []) }
        }
        let mask = Self.letters(wanted)
        var best: [(score: Int, index: Int)] = []
        for index in 0..<count where letters[index] & mask == mask {
            guard let match = FuzzyMatch(wanted, in: self[index]) else { continue }
            if best.count == limit, let last = best.last, last.score >= match.score { continue }
            let place = best.firstIndex { $0.score < match.score } ?? best.count
            best.insert((match.score, index), at: place)
            if best.count > limit { best.removeLast() }
        }
        return best.map { (_, index) in
            (String(decoding: self[index], as: UTF8.self), FuzzyMatch(wanted, in: self[index])?.positions ?? [])
        }
    }

    private static func letters(_ text: [UInt8]) -> UInt64 {
        text.reduce(0) { $0 | 1 << UInt64($1.lowered & 63) }
    }
}
