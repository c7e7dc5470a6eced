/// How well a text matches letters typed in order, as in a file finder.
///
/// Letters count more at the beginning of a word or a name and directly after one another; gaps cost.
package struct FuzzyMatch: Sendable, Hashable {
    package var score: Int
    /// Offsets of the matched bytes.
    package var positions: [Int]

    /// - Parameter pattern: lower-case bytes; empty matches everything.
    /// - Returns: nil where the letters are not in the text in this order.
    package init?(_ pattern: [UInt8], in text: some RandomAccessCollection<UInt8>) {
        guard !pattern.isEmpty else {
            (score, positions) = (0, [])
            return
        }
        let text = Array(text)
        // The earliest end, then backwards from there: the shortest stretch that ends there.
        var wanted = 0
        var end = 0
        for (index, byte) in text.enumerated() where byte.lowered == pattern[wanted] {
            wanted += 1
            end = index
            if wanted == pattern.count { break }
        }
        guard wanted == pattern.count else { return nil }
        // A match in the name beats one in the folders before it.
        if let slash = text.lastIndex(of: UInt8(ascii: "/")), let inName = Self.end(pattern, text[(slash + 1)...]) {
            end = inName
        }
        var found: [Int] = []
        var left = pattern.count - 1
        for index in stride(from: end, through: 0, by: -1) where text[index].lowered == pattern[left] {
            found.append(index)
            if left == 0 { break }
            left -= 1
        }
        positions = found.reversed()
        score = Self.score(positions, in: text)
    }

    private static func end(_ pattern: [UInt8], _ text: ArraySlice<UInt8>) -> Int? {
        var wanted = 0
        for index in text.indices where text[index].lowered == pattern[wanted] {
            wanted += 1
            if wanted == pattern.count { return index }
        }
        return nil
    }

    private static func score(_ positions: [Int], in text: [UInt8]) -> Int {
        var score = 0
        var previous = -2
        for position in positions {
            score += 16
            if position == previous + 1 {
                score += 12
            } else if previous >= 0 {
                score -= min(8, position - previous - 1)
            }
            let before = position == 0 ? UInt8(ascii: "/") : text[position - 1]
            if before == UInt8(ascii: "/") {
                score += 12
            } else if !before.isWord || (before.isLower && text[position].isUpper) {
                score += 8
            }
            previous = position
        }
        // Among equals the shorter is meant.
        return score - text.count / 8
    }
}

extension UInt8 {
    var lowered: UInt8 { isUpper ? self | 0x20 : self }
    fileprivate var isUpper: Bool { (0x41...0x5A).contains(self) }
    fileprivate var isLower: Bool { (0x61...0x7A).contains(self) }
    fileprivate var isWord: Bool { isUpper || isLower || (0x30...0x39).contains(self) || self >= 0x80 }
}
