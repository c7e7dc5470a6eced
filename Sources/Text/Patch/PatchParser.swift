package import Wire

/// Reads the `apply_patch` form.
///
///     *** Begin Patch
///     *** Add File: path            every line of the file behind a `+`
///     *** Delete File: path
///     *** Update File: path
///     *** Move to: path             optional
///     @@ optional anchor            several may stand one under another
///      context, -removed, +added
///     *** End of File               optional: the lines above are the file's last
///     *** End Patch
///
/// Accepted beyond that, because models write it: a shell heredoc around the whole, white space around markers and
/// paths, CR LF line ends, blank lines between sections, an empty line for an empty context line, a first hunk
/// without `@@`, and the `@@ -1,2 +1,3 @@` of a unified diff, whose numbers are passed over.
package struct PatchParser {
    private let lines: [ArraySlice<UInt8>]
    /// Added to an index of `lines` to name the line in the text as it was given.
    private let firstLine: Int
    private var at = 0

    /// Reads a patch.
    ///
    /// - Throws: `LockgateError` with code `patch.invalid`, naming the line. Any bytes are safe input.
    package static func parse(_ bytes: [UInt8]) throws(LockgateError) -> Patch {
        var parser = try PatchParser(bytes)
        var sections: [PatchSection] = []
        while let section = try parser.section() { sections.append(section) }
        guard !sections.isEmpty else { throw invalid("the patch names no file") }
        return Patch(sections: sections)
    }

    package static func parse(_ text: String) throws(LockgateError) -> Patch {
        try parse(Array(text.utf8))
    }

    private init(_ bytes: [UInt8]) throws(LockgateError) {
        let text = TextLines(bytes)
        // CRs belong to the patch's own line ends only if every line has one; else they are part of the file's text.
        let isCRLF = (0..<text.count).dropLast().allSatisfy { text[$0].dropLast().last == 0x0D }
        var all = (0..<text.count).map { line -> ArraySlice<UInt8> in
            if isCRLF { return text.content(line).dropping(last: 0x0D) }
            return text[line].dropping(last: 0x0A)
        }[...]
        all.trimBlankLines()
        if let first = all.first, let last = all.last, all.count >= 4, Self.opensHeredoc(first),
            last.trimmed.suffix(3).elementsEqual("EOF".utf8)
        {
            all = all.dropFirst().dropLast()
            all.trimBlankLines()
        }
        guard let first = all.first, first.trimmed.elementsEqual(Marker.begin) else {
            throw Self.invalid("the first line of the patch must be '*** Begin Patch'")
        }
        guard let last = all.last, all.count > 1, last.trimmed.elementsEqual(Marker.end) else {
            throw Self.invalid("the last line of the patch must be '*** End Patch'")
        }
        lines = Array(all.dropFirst().dropLast())
        firstLine = all.startIndex + 2
    }

    private static func opensHeredoc(_ line: ArraySlice<UInt8>) -> Bool {
        ["<<EOF", "<<'EOF'", "<<\"EOF\""].contains { line.trimmed.elementsEqual($0.utf8) }
    }

    // MARK: Sections

    private mutating func section() throws(LockgateError) -> PatchSection? {
        while at < lines.count, lines[at].trimmed.isEmpty { at += 1 }
        guard at < lines.count else { return nil }
        let line = lines[at].trimmed
        let start = at
        at += 1
        if let path = line.after(Marker.add) {
            return PatchSection(path: try checked(path, start), action: try addition(), line: firstLine + start)
        }
        if let path = line.after(Marker.delete) {
            return PatchSection(path: try checked(path, start), action: .delete, line: firstLine + start)
        }
        if let path = line.after(Marker.update) {
            let checkedPath = try checked(path, start)
            return PatchSection(path: checkedPath, action: try update(of: checkedPath), line: firstLine + start)
        }
        throw Self.invalid(
            """
            line \(firstLine + start): '\(Self.shown(lines[start]))' is not a valid hunk header. Valid hunk headers: \
            '*** Add File: {path}', '*** Delete File: {path}', '*** Update File: {path}'
            """)
    }

    private func checked(_ path: ArraySlice<UInt8>, _ index: Int) throws(LockgateError) -> String {
        let path = path.trimmed
        guard !path.isEmpty else { throw Self.invalid("line \(firstLine + index): the header names no path") }
        guard !path.contains(0), let text = String(validating: path, as: UTF8.self) else {
            throw Self.invalid("line \(firstLine + index): the path holds a NUL or is not UTF-8")
        }
        return text
    }

    private mutating func addition() throws(LockgateError) -> PatchSection.Action {
        var text: [UInt8] = []
        var blank = 0
        while at < lines.count {
            let line = lines[at]
            if line.first == UInt8(ascii: "+") {
                // Blank lines count once a further line shows that they do not just end the section.
                text.append(contentsOf: repeatElement(0x0A, count: blank))
                blank = 0
                text.append(contentsOf: line.dropFirst())
                text.append(0x0A)
            } else if line.trimmed.isEmpty {
                blank += 1
            } else {
                break
            }
            at += 1
        }
        return .add(text)
    }

    private mutating func update(of path: String) throws(LockgateError) -> PatchSection.Action {
        let header = firstLine + at - 1
        var destination: String?
        if at < lines.count, let target = lines[at].trimmed.after(Marker.moveTo) {
            destination = try checked(target, at)
            at += 1
        }
        var hunks: [PatchHunk] = []
        while at < lines.count {
            if lines[at].starts(with: Marker.stars) { break }
            // Within a hunk an empty line is empty context; here it stands between hunks and means nothing.
            if lines[at].trimmed.isEmpty {
                at += 1
                continue
            }
            hunks.append(try hunk(isFirst: hunks.isEmpty))
        }
        guard !hunks.isEmpty || destination != nil else {
            throw Self.invalid("line \(header): the update of '\(path)' has no hunk")
        }
        return .update(moveTo: destination, hunks)
    }

    // MARK: Hunks

    private mutating func hunk(isFirst: Bool) throws(LockgateError) -> PatchHunk {
        let start = at
        var anchors: [[UInt8]] = []
        while at < lines.count, let anchor = lines[at].after(Marker.anchor) {
            let text = anchor.first == 0x20 ? anchor.dropFirst() : anchor
            if !text.trimmed.isEmpty, !Self.isLineNumbers(text) { anchors.append(Array(text)) }
            at += 1
        }
        guard isFirst || at > start else { throw unexpectedLine() }
        var body: [PatchHunk.Line] = []
        var endsFile = false
        while at < lines.count, !endsFile {
            let line = lines[at]
            if line.trimmed.elementsEqual(Marker.endOfFile), line.first == UInt8(ascii: "*") {
                endsFile = true
            } else if line.starts(with: Marker.stars) || line.starts(with: Marker.anchor) {
                break
            } else if let first = line.first {
                guard let kind = DiffHunk.LineKind(rawValue: first) else { throw unexpectedLine() }
                body.append(.init(kind, Array(line.dropFirst())))
            } else {
                body.append(.init(.context, []))
            }
            at += 1
        }
        guard !body.isEmpty else { throw Self.invalid("line \(firstLine + start): the hunk has no lines") }
        return PatchHunk(anchors: anchors, lines: body, endsFile: endsFile, line: firstLine + start)
    }

    /// Whether an anchor is the `-1,2 +1,3 @@` of a unified diff.
    private static func isLineNumbers(_ text: ArraySlice<UInt8>) -> Bool {
        let fields = text.split(separator: 0x20)
        guard fields.count >= 3, fields[0].first == 0x2D, fields[1].first == 0x2B,
            fields[2].elementsEqual(Marker.anchor)
        else { return false }
        return fields[..<2].allSatisfy { field in
            field.count > 1 && field.dropFirst().allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2C }
        }
    }

    private func unexpectedLine() -> LockgateError {
        Self.invalid(
            """
            line \(firstLine + at): unexpected line in an update hunk: '\(Self.shown(lines[at]))'. Every line must \
            start with ' ' (context line), '+' (added line), or '-' (removed line)
            """)
    }

    private static func shown(_ line: ArraySlice<UInt8>) -> String {
        String(decoding: line.prefix(200).droppingIncompleteScalar, as: UTF8.self)
    }

    private static func invalid(_ reason: String) -> LockgateError {
        LockgateError("patch.invalid", "Invalid patch: \(reason)", remedy: "Send the whole patch again in this form.")
    }
}

/// The fixed texts of the form.
private enum Marker {
    static let begin = Array("*** Begin Patch".utf8)
    static let end = Array("*** End Patch".utf8)
    static let add = Array("*** Add File:".utf8)
    static let delete = Array("*** Delete File:".utf8)
    static let update = Array("*** Update File:".utf8)
    static let moveTo = Array("*** Move to:".utf8)
    static let endOfFile = Array("*** End of File".utf8)
    static let stars = Array("***".utf8)
    static let anchor = Array("@@".utf8)
}

extension ArraySlice<UInt8> {
    /// What follows a prefix; nil if the line begins otherwise.
    fileprivate func after(_ prefix: [UInt8]) -> ArraySlice<UInt8>? {
        starts(with: prefix) ? dropFirst(prefix.count) : nil
    }

    fileprivate func dropping(last byte: UInt8) -> ArraySlice<UInt8> {
        last == byte ? dropLast() : self
    }
}

extension ArraySlice<ArraySlice<UInt8>> {
    fileprivate mutating func trimBlankLines() {
        while first?.trimmed.isEmpty == true { removeFirst() }
        while last?.trimmed.isEmpty == true { removeLast() }
    }
}
