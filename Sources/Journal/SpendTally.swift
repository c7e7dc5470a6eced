import Basics
import Glibc
import Wire

/// The sum of one day's file, read as far as it was written. A value; reads what was added since the last time.
struct SpendTally {
    private var offset = 0
    private var settled: [String: Spend] = [:]
    /// By reservation: project and amount.
    private var reserved: [String: (project: String, spend: Spend)] = [:]

    var total: Spend {
        settled.values.reduce(Spend(), +) + reserved.values.map(\.spend).reduce(Spend(), +)
    }

    func total(ofProject project: String) -> Spend {
        reserved.values.filter { $0.project == project }.map(\.spend).reduce(settled[project] ?? Spend(), +)
    }

    /// Takes in the lines that were added. A line that is not whole yet is read the next time; one that cannot be
    /// understood is skipped.
    mutating func readMore(of path: String) throws(SystemError) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError("open", path, errno: errno) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw SystemError("stat", path, errno: errno) }
        guard Int(status.st_size) > offset else { return }
        guard lseek(file, off_t(offset), SEEK_SET) >= 0 else { throw SystemError("seek", path, errno: errno) }
        let bytes = try PosixFile.readAll(file, limit: 1 << 30)
        var start = 0
        while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
            if let line = try? JSONValue(parsing: bytes[start..<end]) { take(line) }
            start = end + 1
        }
        offset += start
    }

    private mutating func take(_ line: JSONValue) {
        let project = line["project"]?.string ?? ""
        if let id = line["reserved"]?.string {
            let most = Spend(
                money: NanoDollars(Int64(max(0, line["nano_usd"]?.int ?? 0))), tokens: max(0, line["tokens"]?.int ?? 0))
            reserved[id] = (project, most)
            return
        }
        if let id = line["cancels"]?.string { reserved[id] = nil }
        guard let usage = line["usage"].map(TokenUsage.init(json:)) else { return }
        // One of the day before stays counted there.
        if let id = line["settles"]?.string { reserved[id] = nil }
        let spend = Spend(
            money: NanoDollars(usd: line["cost_usd"]?.double ?? 0), tokens: usage.inputTokens + usage.outputTokens)
        settled[project] = (settled[project] ?? Spend()) + spend
    }
}
