/// Which elements of two sequences differ, by the linear-space algorithm of Eugene Myers, "An O(ND) Difference
/// Algorithm and Its Variations" (Algorithmica 1, 1986), section 4b.
///
/// The result is a shortest edit script while a part needs at most `costLimit` steps from either end; beyond that the
/// furthest point reached so far splits the part, so hostile input costs O((N + M) x limit) and not O(N x M).
/// Memory is O(N + M).
struct MyersDiff {
    /// True for an element that the other side does not have at that place.
    private(set) var oldChanged: [Bool]
    private(set) var newChanged: [Bool]

    private let old: [Int32]
    private let new: [Int32]
    private let costLimit: Int
    /// Furthest old index on each diagonal (old index minus new index), shifted by `shift`.
    private var forward: [Int]
    private var backward: [Int]
    private let shift: Int

    /// - Parameter costLimit: steps from each end before a part is split without being sure of the shortest script.
    init(_ old: [Int32], _ new: [Int32], costLimit: Int? = nil) {
        self.old = old
        self.new = new
        oldChanged = Array(repeating: false, count: old.count)
        newChanged = Array(repeating: false, count: new.count)
        self.costLimit = max(1, costLimit ?? max(256, Self.squareRoot(old.count + new.count)))
        shift = new.count + 1
        forward = Array(repeating: 0, count: old.count + new.count + 3)
        backward = forward
        run()
    }

    /// A part of the problem still to be compared.
    fileprivate struct Box {
        var oldLow: Int, oldHigh: Int, newLow: Int, newHigh: Int
    }

    // A stack of boxes in place of recursion: splits at the cost limit can be lopsided and so nest deeply.
    private mutating func run() {
        var stack = [Box(oldLow: 0, oldHigh: old.count, newLow: 0, newHigh: new.count)]
        while var box = stack.popLast() {
            while box.oldLow < box.oldHigh, box.newLow < box.newHigh, old[box.oldLow] == new[box.newLow] {
                box.oldLow += 1
                box.newLow += 1
            }
            while box.oldLow < box.oldHigh, box.newLow < box.newHigh, old[box.oldHigh - 1] == new[box.newHigh - 1] {
                box.oldHigh -= 1
                box.newHigh -= 1
            }
            if box.oldLow == box.oldHigh {
                for index in box.newLow..<box.newHigh { newChanged[index] = true }
            } else if box.newLow == box.newHigh {
                for index in box.oldLow..<box.oldHigh { oldChanged[index] = true }
            } else {
                let (x, y) = split(box)
                let low = x == box.oldLow && y == box.newLow
                let high = x == box.oldHigh && y == box.newHigh
                guard !low, !high, (box.oldLow...box.oldHigh).contains(x), (box.newLow...box.newHigh).contains(y) else {
                    // The algorithm never gives such a point. Should it, the answer is longer and still right.
                    for index in box.oldLow..<box.oldHigh { oldChanged[index] = true }
                    for index in box.newLow..<box.newHigh { newChanged[index] = true }
                    continue
                }
                stack.append(Box(oldLow: x, oldHigh: box.oldHigh, newLow: y, newHigh: box.newHigh))
                stack.append(Box(oldLow: box.oldLow, oldHigh: x, newLow: box.newLow, newHigh: y))
            }
        }
    }

    /// A point that some shortest script of the box passes, or a good one when that would cost too much.
    private mutating func split(_ box: Box) -> (Int, Int) {
        let shift = shift
        let costLimit = costLimit
        return old.withUnsafeBufferPointer { old in
            new.withUnsafeBufferPointer { new in
                forward.withUnsafeMutableBufferPointer { forward in
                    backward.withUnsafeMutableBufferPointer { backward in
                        var search = MiddleSearch(
                            old: old, new: new, forward: forward, backward: backward, shift: shift, box: box)
                        return search.run(costLimit: costLimit)
                    }
                }
            }
        }
    }

    private static func squareRoot(_ value: Int) -> Int {
        Int(Double(value).squareRoot())
    }
}

/// The search for a box's split point from both of its ends at once.
///
/// A diagonal is an old index minus a new index. Per diagonal the search keeps the old index it has come to; that
/// index may lie one past the box, which no comparison reads.
private struct MiddleSearch {
    private let old: UnsafeBufferPointer<Int32>
    private let new: UnsafeBufferPointer<Int32>
    private let forward: UnsafeMutableBufferPointer<Int>
    private let backward: UnsafeMutableBufferPointer<Int>
    private let shift: Int
    private let box: MyersDiff.Box

    private let lowest: Int
    private let highest: Int
    /// Whether the two ends can meet only after the forward search has made one step more than the backward one.
    private let isOdd: Bool
    private var forwardLow: Int
    private var forwardHigh: Int
    private var backwardLow: Int
    private var backwardHigh: Int

    init(
        old: UnsafeBufferPointer<Int32>, new: UnsafeBufferPointer<Int32>, forward: UnsafeMutableBufferPointer<Int>,
        backward: UnsafeMutableBufferPointer<Int>, shift: Int, box: MyersDiff.Box
    ) {
        self.old = old
        self.new = new
        self.forward = forward
        self.backward = backward
        self.shift = shift
        self.box = box
        lowest = box.oldLow - box.newHigh
        highest = box.oldHigh - box.newLow
        forwardLow = box.oldLow - box.newLow
        forwardHigh = forwardLow
        backwardLow = box.oldHigh - box.newHigh
        backwardHigh = backwardLow
        isOdd = (forwardLow - backwardLow) & 1 != 0
        forward[shift + forwardLow] = box.oldLow
        backward[shift + backwardLow] = box.oldHigh
    }

    mutating func run(costLimit: Int) -> (Int, Int) {
        for _ in 0..<costLimit {
            if let meeting = stepForward() { return meeting }
            if let meeting = stepBackward() { return meeting }
        }
        return furthest()
    }

    /// Extends every forward path by one edit and the common lines after it.
    private mutating func stepForward() -> (Int, Int)? {
        // A diagonal outside the box is fenced off by a value that never wins.
        if forwardLow > lowest {
            forwardLow -= 1
            forward[shift + forwardLow - 1] = -1
        } else {
            forwardLow += 1
        }
        if forwardHigh < highest {
            forwardHigh += 1
            forward[shift + forwardHigh + 1] = -1
        } else {
            forwardHigh -= 1
        }
        var diagonal = forwardHigh
        while diagonal >= forwardLow {
            let below = forward[shift + diagonal - 1]
            let above = forward[shift + diagonal + 1]
            var x = below >= above ? below + 1 : above
            while x < box.oldHigh, x - diagonal < box.newHigh, old[x] == new[x - diagonal] { x += 1 }
            forward[shift + diagonal] = x
            let facesBackward = diagonal >= backwardLow && diagonal <= backwardHigh
            if isOdd, facesBackward, backward[shift + diagonal] <= x { return (x, x - diagonal) }
            diagonal -= 2
        }
        return nil
    }

    /// Extends every backward path by one edit and the common lines before it.
    private mutating func stepBackward() -> (Int, Int)? {
        if backwardLow > lowest {
            backwardLow -= 1
            backward[shift + backwardLow - 1] = Int.max
        } else {
            backwardLow += 1
        }
        if backwardHigh < highest {
            backwardHigh += 1
            backward[shift + backwardHigh + 1] = Int.max
        } else {
            backwardHigh -= 1
        }
        var diagonal = backwardHigh
        while diagonal >= backwardLow {
            let below = backward[shift + diagonal - 1]
            let above = backward[shift + diagonal + 1]
            var x = below < above ? below : above - 1
            while x > box.oldLow, x - diagonal > box.newLow, old[x - 1] == new[x - diagonal - 1] { x -= 1 }
            backward[shift + diagonal] = x
            let facesForward = diagonal >= forwardLow && diagonal <= forwardHigh
            if !isOdd, facesForward, x <= forward[shift + diagonal] { return (x, x - diagonal) }
            diagonal -= 2
        }
        return nil
    }

    /// Where the search from either end came furthest: the larger of the two gains splits the box.
    private func furthest() -> (Int, Int) {
        var best = (x: box.oldLow, y: box.newLow, gain: -1)
        for diagonal in stride(from: forwardHigh, through: forwardLow, by: -2) {
            let x = min(forward[shift + diagonal], box.oldHigh, box.newHigh + diagonal)
            let y = x - diagonal
            let gain = x + y - box.oldLow - box.newLow
            if x >= box.oldLow, y >= box.newLow, gain > best.gain { best = (x, y, gain) }
        }
        for diagonal in stride(from: backwardHigh, through: backwardLow, by: -2) {
            let x = max(backward[shift + diagonal], box.oldLow, box.newLow + diagonal)
            let y = x - diagonal
            let gain = box.oldHigh + box.newHigh - x - y
            if x <= box.oldHigh, y <= box.newHigh, gain > best.gain { best = (x, y, gain) }
        }
        return (best.x, best.y)
    }
}
