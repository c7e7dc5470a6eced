/// Cuts a stream of bytes into lines, one message each: the framing of MCP's and ACP's standard streams. JSON as everybody
/// prints it has no line end within.
package struct LineFraming: Sendable {
    /// Bytes of one line. A longer one is not kept, and ends the stream: nothing after it can be trusted to be in step.
    package let limit: Int
    private var pending: [UInt8] = []
    private var isBroken = false

    /// The stream has no end of line within the limit.
    package struct Oversized: Error, Sendable, Hashable {
        package var limit: Int
    }

    package init(limit: Int) { self.limit = limit }

    /// Takes bytes as they come and returns the lines that are whole, without their ends; empty ones are left out.
    package mutating func take(_ bytes: some Collection<UInt8>) throws(Oversized) -> [[UInt8]] {
        guard !isBroken else { throw Oversized(limit: limit) }
        var lines: [[UInt8]] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: 0x0A) {
            try append(rest[..<end])
            if pending.last == 0x0D { pending.removeLast() }
            if !pending.isEmpty { lines.append(pending) }
            pending.removeAll(keepingCapacity: false)
            rest = rest[rest.index(after: end)...]
        }
        try append(rest)
        return lines
    }

    private mutating func append(_ part: some Collection<UInt8>) throws(Oversized) {
        guard pending.count + part.count <= limit else {
            isBroken = true
            pending = []
            throw Oversized(limit: limit)
        }
        pending.append(contentsOf: part)
    }
}
