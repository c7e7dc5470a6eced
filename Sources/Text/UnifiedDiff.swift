/// A file's change as git prints it: a unified diff with extended headers, which `git apply` and patch(1) read.
package struct UnifiedDiff: Sendable {
    /// One side of the comparison.
    package struct Version: Sendable {
        /// Relative to the repository's or workspace's root, without `a/` or `b/`.
        package let path: String
        package let bytes: [UInt8]
        /// The file type and permission bits as git keeps them: 0o100644, 0o100755, 0o120000.
        package let mode: UInt32

        package init(path: String, bytes: [UInt8], mode: UInt32 = 0o100644) {
            self.path = path
            self.bytes = bytes
            self.mode = mode
        }
    }

    /// Nil for a file that is created.
    package let old: Version?
    /// Nil for a file that is deleted.
    package let new: Version?
    /// Nil when there is nothing to compare line by line: one side is binary.
    package let lines: LineDiff?

    package init(old: Version?, new: Version?) {
        self.old = old
        self.new = new
        let oldBytes = old?.bytes ?? []
        let newBytes = new?.bytes ?? []
        let isBinary = BinaryDetection.isBinary(oldBytes) || BinaryDetection.isBinary(newBytes)
        lines = isBinary ? nil : LineDiff(old: oldBytes, new: newBytes)
    }

    /// Whether one side holds a NUL in its first 8,000 bytes, git's sign of a binary file.
    package var isBinary: Bool { lines == nil }

    /// The diff's text; empty if both sides are the same in path, mode and bytes.
    ///
    /// Line bytes appear as they are: CR stays, nothing is decoded.
    package func rendered(context: Int = 3) -> [UInt8] {
        guard let oldPath = (old ?? new)?.path, let newPath = (new ?? old)?.path else { return [] }
        let sameBytes = old?.bytes == new?.bytes
        if sameBytes, old?.path == new?.path, old?.mode == new?.mode { return [] }
        var out: [UInt8] = []
        out.append(line: "diff --git \(Self.quoted("a/" + oldPath)) \(Self.quoted("b/" + newPath))")
        writeHeader(sameBytes: sameBytes, to: &out)
        // An empty file that comes or goes has no hunk and, in git's form, no file lines either.
        if sameBytes || (old?.bytes.isEmpty ?? true) && (new?.bytes.isEmpty ?? true) { return out }
        let oldName = old.map { Self.quoted("a/" + $0.path) } ?? "/dev/null"
        let newName = new.map { Self.quoted("b/" + $0.path) } ?? "/dev/null"
        guard let lines else {
            out.append(line: "Binary files \(oldName) and \(newName) differ")
            return out
        }
        // A tab ends a name with spaces, for patch(1) would cut the name at the first one.
        out.append(line: "--- \(oldName)\(oldName.contains(" ") ? "\t" : "")")
        out.append(line: "+++ \(newName)\(newName.contains(" ") ? "\t" : "")")
        lines.writeHunks(context: context, to: &out)
        return out
    }

    private func writeHeader(sameBytes: Bool, to out: inout [UInt8]) {
        switch (old, new) {
        case (nil, let new?): out.append(line: "new file mode \(Self.octal(new.mode))")
        case (let old?, nil): out.append(line: "deleted file mode \(Self.octal(old.mode))")
        case (let old?, let new?):
            if old.mode != new.mode {
                out.append(line: "old mode \(Self.octal(old.mode))")
                out.append(line: "new mode \(Self.octal(new.mode))")
            }
            if old.path != new.path {
                out.append(line: "similarity index \(similarity(sameBytes: sameBytes))%")
                out.append(line: "rename from \(Self.quoted(old.path))")
                out.append(line: "rename to \(Self.quoted(new.path))")
            }
        case (nil, nil): break
        }
    }

    /// The share of the larger side's bytes that common lines make up, in percent; 100 only for equal bytes.
    private func similarity(sameBytes: Bool) -> Int {
        guard !sameBytes, let lines else { return sameBytes ? 100 : 0 }
        let larger = max(lines.old.bytes.count, lines.new.bytes.count, 1)
        let removed = lines.changes.reduce(0) { $0 + lines.old.byteRange($1.old).count }
        return min(99, (lines.old.bytes.count - removed) * 100 / larger)
    }

    private static func octal(_ mode: UInt32) -> String { String(mode, radix: 8) }

    /// A path as git writes it: in C quotes once it holds a control character, a quote, a backslash or a byte
    /// outside ASCII (git's `core.quotePath` default).
    static func quoted(_ path: String) -> String {
        let plain = path.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C }
        if plain { return path }
        var out = "\""
        for byte in path.utf8 {
            switch byte {
            case 0x07: out += "\\a"
            case 0x08: out += "\\b"
            case 0x09: out += "\\t"
            case 0x0A: out += "\\n"
            case 0x0B: out += "\\v"
            case 0x0C: out += "\\f"
            case 0x0D: out += "\\r"
            case 0x22: out += "\\\""
            case 0x5C: out += "\\\\"
            case 0x20..<0x7F: out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 8)
                out += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return out + "\""
    }
}

extension LineDiff {
    /// Appends the hunks as unified diff text, each with its `@@` line.
    package func writeHunks(context: Int = 3, to out: inout [UInt8]) {
        var section = SectionHeading(lines: old)
        for hunk in hunks(context: context) {
            var heading = "@@ -\(Self.position(hunk.old)) +\(Self.position(hunk.new)) @@".utf8.map { $0 }
            if let text = section.heading(before: hunk.old.lowerBound) {
                heading.append(0x20)
                heading.append(contentsOf: text)
            }
            out.append(contentsOf: heading)
            out.append(0x0A)
            hunk.forEachLine { kind, index in
                let line = kind == .added ? new[index] : old[index]
                out.append(kind.rawValue)
                out.append(contentsOf: line)
                if line.last != 0x0A { out.append(contentsOf: "\n\\ No newline at end of file\n".utf8) }
            }
        }
    }

    /// `start,count` from 1, without a count of 1; an empty range names the line before it, as diff(1) does.
    private static func position(_ range: Range<Int>) -> String {
        switch range.count {
        case 0: "\(range.lowerBound),0"
        case 1: "\(range.lowerBound + 1)"
        default: "\(range.lowerBound + 1),\(range.count)"
        }
    }
}

/// Finds what git shows after `@@`: the last line before a hunk that begins with a letter, `_` or `$`.
private struct SectionHeading {
    private let lines: TextLines
    private var searched = 0
    private var found: Int?

    init(lines: TextLines) { self.lines = lines }

    /// Hunks come in order, so each line is looked at once.
    ///
    /// At most 80 bytes, cut at a UTF-8 boundary.
    mutating func heading(before line: Int) -> ArraySlice<UInt8>? {
        var candidate = line - 1
        while candidate >= searched {
            if let first = lines[candidate].first, Self.opens(first) {
                found = candidate
                break
            }
            candidate -= 1
        }
        searched = max(searched, line)
        guard let found else { return nil }
        var text = lines[found].prefix(80)
        if text.count == 80 { text = text.droppingIncompleteScalar }
        while let last = text.last, last <= 0x20 { text.removeLast() }
        return text
    }

    private static func opens(_ byte: UInt8) -> Bool {
        (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x24
    }
}

extension [UInt8] {
    /// Appends text and an LF.
    fileprivate mutating func append(line text: String) {
        append(contentsOf: text.utf8)
        append(0x0A)
    }
}
