/// Numbers as people read them.
enum Amounts {
    static func duration(_ milliseconds: Int) -> String {
        if milliseconds < 1000 { return "\(milliseconds) ms" }
        if milliseconds < 60_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
        let seconds = milliseconds / 1000
        return seconds < 3600 ? "\(seconds / 60) min \(seconds % 60) s" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }

    /// Whole seconds, for what is still running.
    static func elapsed(_ seconds: Int) -> String {
        seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
    }

    static func tokens(_ count: Int) -> String {
        switch count {
        case ..<1000: "\(count)"
        case ..<100_000: "\(count / 1000).\(count % 1000 / 100)k"
        case ..<1_000_000: "\(count / 1000)k"
        default: "\(count / 1_000_000).\(count % 1_000_000 / 100_000)M"
        }
    }

    /// Four digits after the point: a request often costs less than a cent.
    static func money(_ usd: Double) -> String {
        let units = Int64((usd * 10_000).rounded())
        let fraction = String(units % 10_000)
        return "$\(units / 10_000).\(String(repeating: "0", count: 4 - fraction.count))\(fraction)"
    }

    static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
