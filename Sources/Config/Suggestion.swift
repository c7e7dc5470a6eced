/// "Did you mean": the nearest known name to a misspelt one.
package enum Suggestion {
    /// The nearest candidate within a third of the word's length (at least one edit, at most three); nil if none is near.
    package static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        // Longer words cannot be near any option, and cost is the product of lengths.
        let letters = Array(word.lowercased().utf8.prefix(64))
        let limit = min(3, max(1, letters.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(letters, Array(candidate.lowercased().utf8), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours; `limit + 1`
    /// stands for anything beyond the limit.
    static func distance(_ left: [UInt8], _ right: [UInt8], limit: Int) -> Int {
        if abs(left.count - right.count) > limit { return limit + 1 }
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in 1...left.count {
            var row = [i] + repeatElement(0, count: right.count)
            for j in 1...right.count {
                let cost = left[i - 1] == right[j - 1] ? 0 : 1
                row[j] = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + cost)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    row[j] = min(row[j], beforeLast[j - 2] + 1)
                }
            }
            beforeLast = last
            last = row
        }
        return min(last[right.count], limit + 1)
    }
}
