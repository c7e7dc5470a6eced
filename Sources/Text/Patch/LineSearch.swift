/// Finds runs of lines in a file, exactly first and then with less and less regard for white space and typography.
///
/// The order of the four rules is Codex's: a place that matches more strictly wins over one that matches loosely,
/// wherever it stands.
struct LineSearch {
    /// How lines are compared.
    enum Rule: Int, CaseIterable {
        case exact
        /// White space at the line's end does not count.
        case trimmedEnd
        /// White space at both ends does not count.
        case trimmed
        /// Typographic dashes, quotes and spaces count as their ASCII forms as well.
        case plainPunctuation
    }

    /// The lines without terminators.
    private let lines: [ArraySlice<UInt8>]
    /// `lines` under the last rule, made when first needed.
    private var plain: [[UInt8]]?

    init(_ text: TextLines) {
        lines = (0..<text.count).map { text.content($0) }
    }

    var count: Int { lines.count }

    subscript(line: Int) -> ArraySlice<UInt8> { lines[line] }

    /// The first place at or after `start` where the pattern's lines stand.
    ///
    /// - Parameter atEnd: accept only the file's last lines.
    mutating func find(_ pattern: [[UInt8]], from start: Int, atEnd: Bool = false) -> Int? {
        guard !pattern.isEmpty, pattern.count <= lines.count else { return nil }
        let from = atEnd ? lines.count - pattern.count : start
        guard from >= start else { return nil }
        for rule in Rule.allCases {
            if let place = search(pattern, from, rule).place { return place }
        }
        return nil
    }

    /// Where most of the pattern's first lines stand, by the loosest rule: what an error message points at.
    mutating func closest(_ pattern: [[UInt8]]) -> (place: Int, matched: Int)? {
        search(pattern, 0, .plainPunctuation).closest
    }

    /// The search of Knuth, Morris and Pratt (SIAM J.
    ///
    /// Comput. 6, 1977), so that repetitive files cost linear time.
    private mutating func search(
        _ pattern: [[UInt8]], _ start: Int, _ rule: Rule
    ) -> (place: Int?, closest: (place: Int, matched: Int)?) {
        let wanted = pattern.map { Self.key($0[...], rule) }
        if rule == .plainPunctuation, plain == nil { plain = lines.map { Array(Self.key($0, rule)) } }
        let keys = rule == .plainPunctuation ? plain : nil
        var fallback = [Int](repeating: 0, count: wanted.count)
        var length = 0
        for index in wanted.indices.dropFirst() {
            while length > 0, wanted[index] != wanted[length] { length = fallback[length - 1] }
            if wanted[index] == wanted[length] { length += 1 }
            fallback[index] = length
        }
        var closest: (place: Int, matched: Int)?
        length = 0
        for index in lines.indices.dropFirst(start) {
            let line = keys?[index][...] ?? Self.key(lines[index], rule)
            while length > 0, line != wanted[length] { length = fallback[length - 1] }
            if line == wanted[length] { length += 1 }
            if length > closest?.matched ?? 0 { closest = (index - length + 1, length) }
            if length == wanted.count { return (index - length + 1, closest) }
        }
        return (nil, closest)
    }

    private static func key(_ line: ArraySlice<UInt8>, _ rule: Rule) -> ArraySlice<UInt8> {
        switch rule {
        case .exact: line
        case .trimmedEnd: line.trimmedEnd
        case .trimmed: line.trimmed
        case .plainPunctuation: PlainPunctuation.of(line)[...].trimmed
        }
    }
}

/// Replaces typographic characters by what is typed for them.
enum PlainPunctuation {
    /// The line with the typed forms.
    ///
    /// Dashes (U+2010-2015, U+2212) become `-`, single quotes (U+2018-201B) `'`, double quotes (U+201C-201F) `"`,
    /// fixed-width and no-break spaces a space; a byte order mark goes. All else stays, valid UTF-8 or not.
    static func of(_ line: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(line.count)
        var at = line.startIndex
        while at < line.endIndex {
            let (byte, length) = replacement(line[at...])
            if let byte { out.append(byte) }
            if length == 0 { out.append(line[at]) }
            at += max(1, length)
        }
        return out
    }

    /// What stands for the character at the start and how many bytes it takes; 0 if it stays.
    private static func replacement(_ text: ArraySlice<UInt8>) -> (UInt8?, Int) {
        guard let first = text.first, first >= 0xC2 else { return (nil, 0) }
        let next = text.dropFirst()
        if first == 0xC2 { return next.first == 0xA0 ? (0x20, 2) : (nil, 0) }
        guard let second = next.first, let third = next.dropFirst().first else { return (nil, 0) }
        switch (first, second, third) {
        case (0xE2, 0x80, 0x90...0x95), (0xE2, 0x88, 0x92): return (0x2D, 3)
        case (0xE2, 0x80, 0x98...0x9B): return (0x27, 3)
        case (0xE2, 0x80, 0x9C...0x9F): return (0x22, 3)
        case (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xAF), (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80): return (0x20, 3)
        case (0xEF, 0xBB, 0xBF): return (nil, 3)
        default: return (nil, 0)
        }
    }
}
