/// How one text becomes another, line by line.
package struct LineDiff: Sendable {
    /// A run of old lines that a run of new lines replaces.
    ///
    /// One of the two may be empty, never both.
    package struct Change: Sendable, Hashable {
        package let old: Range<Int>
        package let new: Range<Int>

        package init(old: Range<Int>, new: Range<Int>) {
            self.old = old
            self.new = new
        }
    }

    package let old: TextLines
    package let new: TextLines
    /// In order, with at least one common line between two of them.
    package let changes: [Change]

    /// Compares two texts.
    ///
    /// The script is a shortest one for texts that differ in up to some five hundred lines and close to it beyond;
    /// time stays in proportion to the texts' length for any input (see `MyersDiff`).
    package init(old: TextLines, new: TextLines) {
        self.old = old
        self.new = new
        let numbers = LineInterner.intern(old, new)
        var sides = DiffSides(numbers)
        sides.alignGroups()
        changes = sides.changes()
    }

    package init(old: [UInt8], new: [UInt8]) {
        self.init(old: TextLines(old), new: TextLines(new))
    }

    /// Lines that only the new text has.
    package var addedCount: Int { changes.reduce(0) { $0 + $1.new.count } }
    /// Lines that only the old text has.
    package var removedCount: Int { changes.reduce(0) { $0 + $1.old.count } }
}

/// Both sequences with their change marks while the diff is made readable.
struct DiffSides {
    private var old: Side
    private var new: Side

    init(_ numbers: LineInterner.Result) {
        // A line that the other side lacks altogether is changed whatever else happens. Taking such lines out first
        // leaves the search, which is quadratic at worst, the smaller problem.
        var inOld = [Bool](repeating: false, count: numbers.distinct)
        var inNew = inOld
        for number in numbers.old { inOld[Int(number)] = true }
        for number in numbers.new { inNew[Int(number)] = true }
        let oldKept = numbers.old.indices.filter { inNew[Int(numbers.old[$0])] }
        let newKept = numbers.new.indices.filter { inOld[Int(numbers.new[$0])] }
        let search = MyersDiff(oldKept.map { numbers.old[$0] }, newKept.map { numbers.new[$0] })
        var oldChanged = [Bool](repeating: true, count: numbers.old.count)
        var newChanged = [Bool](repeating: true, count: numbers.new.count)
        for (place, index) in oldKept.enumerated() { oldChanged[index] = search.oldChanged[place] }
        for (place, index) in newKept.enumerated() { newChanged[index] = search.newChanged[place] }
        old = Side(lines: numbers.old, changed: oldChanged)
        new = Side(lines: numbers.new, changed: newChanged)
    }

    /// Slides runs of changed lines over equal neighbours, which keeps the script valid and as short, so that runs
    /// join where they can and a removal stands next to the addition that replaces it.
    mutating func alignGroups() {
        Side.align(&old, with: new)
        Side.align(&new, with: old)
    }

    /// The marks as paired runs.
    func changes() -> [LineDiff.Change] {
        var result: [LineDiff.Change] = []
        var i = 0
        var j = 0
        while i < old.changed.count || j < new.changed.count {
            let oldStart = i
            let newStart = j
            while i < old.changed.count, old.changed[i] { i += 1 }
            while j < new.changed.count, new.changed[j] { j += 1 }
            if i > oldStart || j > newStart { result.append(.init(old: oldStart..<i, new: newStart..<j)) }
            i += 1
            j += 1
        }
        return result
    }
}

/// One text's line numbers and marks.
private struct Side {
    var lines: [Int32]
    var changed: [Bool]

    /// A run of changed lines, possibly empty: between two unchanged lines there is always exactly one.
    struct Group {
        var start: Int
        var end: Int
        var isEmpty: Bool { start == end }
    }

    func firstGroup() -> Group { group(startingAt: 0) }

    /// The group after the unchanged line that follows, or nil at the end.
    func group(after group: Group) -> Group? {
        group.end < lines.count ? self.group(startingAt: group.end + 1) : nil
    }

    func group(before group: Group) -> Group? {
        guard group.start > 0 else { return nil }
        var start = group.start - 1
        while start > 0, changed[start - 1] { start -= 1 }
        return Group(start: start, end: group.start - 1)
    }

    private func group(startingAt start: Int) -> Group {
        var end = start
        while end < changed.count, changed[end] { end += 1 }
        return Group(start: start, end: end)
    }

    /// Moves a group one line towards the end and takes in a group that it then touches.
    mutating func slideDown(_ group: inout Group) -> Bool {
        guard group.end < lines.count, lines[group.start] == lines[group.end] else { return false }
        changed[group.start] = false
        changed[group.end] = true
        group.start += 1
        group.end += 1
        while group.end < changed.count, changed[group.end] { group.end += 1 }
        return true
    }

    /// Moves a group one line towards the start and takes in a group that it then touches.
    mutating func slideUp(_ group: inout Group) -> Bool {
        guard group.start > 0, lines[group.start - 1] == lines[group.end - 1] else { return false }
        group.start -= 1
        group.end -= 1
        changed[group.start] = true
        changed[group.end] = false
        while group.start > 0, changed[group.start - 1] { group.start -= 1 }
        return true
    }

    /// Slides each group of `side` to its last place, or to the last one that faces a change of `other`.
    ///
    /// Unchanged lines pair off one to one, so the groups of both sides correspond and move in step.
    static func align(_ side: inout Side, with other: Side) {
        var group = side.firstGroup()
        var facing = other.firstGroup()
        while true {
            if !group.isEmpty {
                var size = 0
                var lowestFacing: Int?
                // A group that takes in a neighbour may slide further, so the sweep repeats until it has not grown.
                repeat {
                    size = group.end - group.start
                    lowestFacing = nil
                    while side.slideUp(&group) {
                        guard let previous = other.group(before: facing) else { return }
                        facing = previous
                    }
                    if !facing.isEmpty { lowestFacing = group.end }
                    while side.slideDown(&group) {
                        guard let next = other.group(after: facing) else { return }
                        facing = next
                        if !facing.isEmpty { lowestFacing = group.end }
                    }
                } while size != group.end - group.start
                while let place = lowestFacing, group.end > place, side.slideUp(&group) {
                    guard let previous = other.group(before: facing) else { return }
                    facing = previous
                }
            }
            guard let nextGroup = side.group(after: group), let nextFacing = other.group(after: facing) else { return }
            group = nextGroup
            facing = nextFacing
        }
    }
}
