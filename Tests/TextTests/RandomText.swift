import TestSupport

/// Makes small texts that resemble each other, for comparing with other implementations.
struct RandomText {
    var generator: SeededGenerator
    var ending = "\n"

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    /// Few distinct lines, so that they repeat and a diff is ambiguous.
    private static let words = [
        "{", "}", "", "  return x", "alpha", "beta", "gamma  ", "\tif y {", "é–ü", "-- x", "++ y",
    ]

    mutating func line() -> String {
        generator.oneIn(3) ? "line \(Int.random(in: 0..<30, using: &generator))" : generator.pick(Self.words)
    }

    mutating func lines(upTo limit: Int) -> [String] {
        (0..<Int.random(in: 0...limit, using: &generator)).map { _ in line() }
    }

    /// The lines with some taken out, put in or replaced.
    mutating func edited(_ lines: [String]) -> [String] {
        var result = lines
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let at = Int.random(in: 0...result.count, using: &generator)
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: result.insert(line(), at: at)
            case 1: result.insert(contentsOf: self.lines(upTo: 4), at: at)
            case 2 where at < result.count: result[at] = line()
            default: result.removeSubrange(at..<min(result.count, at + Int.random(in: 0...4, using: &generator)))
            }
        }
        return result
    }

    /// Joined lines, one time in four without the last line's end.
    mutating func joined(_ lines: [String]) -> [UInt8] {
        let text = lines.joined(separator: ending)
        if lines.isEmpty { return [] }
        return Array((generator.oneIn(4) ? text : text + ending).utf8)
    }
}
