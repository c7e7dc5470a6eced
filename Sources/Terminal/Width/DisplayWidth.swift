/// How many columns text takes on a terminal.
///
/// A cluster's width is the sum of its code points', with what emoji do on top: an emoji variation selector makes two
/// columns, a joiner swallows what it joins, and so does a skin tone.
package enum DisplayWidth {
    /// Columns of a text of one line without control characters.
    package static func of(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + of($1) }
    }

    /// Columns of what a person sees as one character.
    package static func of(_ character: Character) -> Int {
        let scalars = character.unicodeScalars
        var rest = scalars.makeIterator()
        guard let first = rest.next() else { return 0 }
        var width = of(first)
        guard var scalar = rest.next() else { return width }
        var isJoined = false
        while true {
            switch scalar.value {
            case 0x200D: isJoined = true
            case 0xFE0F: width = max(width, 2)
            case 0x1F3FB...0x1F3FF: isJoined = false
            default:
                if !isJoined { width += of(scalar) }
                isJoined = false
            }
            guard let next = rest.next() else { return width }
            scalar = next
        }
    }

    /// Columns of a code point by itself: 0, 1 or 2.
    package static func of(_ scalar: Unicode.Scalar) -> Int {
        let code = scalar.value
        if code < 0x300 { return code == 0 ? 0 : 1 }
        if contains(DisplayWidthTable.zero, code) { return 0 }
        return contains(DisplayWidthTable.wide, code) ? 2 : 1
    }

    /// Whether one of the sorted ranges holds the code point.
    private static func contains(_ pairs: [UInt32], _ code: UInt32) -> Bool {
        var (low, high) = (0, pairs.count / 2)
        while low < high {
            let middle = (low + high) / 2
            if pairs[middle * 2 + 1] < code { low = middle + 1 } else { high = middle }
        }
        return low < pairs.count / 2 && pairs[low * 2] <= code
    }
}
