import Wire

/// Carries out a file's hunks on its text.
///
/// Lines that a hunk only shows keep the file's own bytes, even where they match only loosely. An added line ends the
/// way most of the file's lines do, so a CR LF file stays one.
struct PatchHunkApplication {
    private let path: String
    private let text: TextLines
    private let ending: LineEnding
    private var search: LineSearch

    /// A hunk's place: the file lines that it replaces and its lines, less any that turned out to be mere spacing.
    private struct Placement {
        let lines: Range<Int>
        let body: [PatchHunk.Line]
    }

    /// The file's text after all hunks.
    ///
    /// - Parameter path: the file's name for error messages.
    /// - Throws: `LockgateError` with code `patch.context_not_found` or `patch.lines_not_found`, naming the file, the
    ///   hunk, the lines looked for and what stands in their stead.
    static func apply(_ hunks: [PatchHunk], to bytes: [UInt8], path: String) throws(LockgateError) -> [UInt8] {
        var application = PatchHunkApplication(bytes, path: path)
        var placements: [Placement] = []
        var from = 0
        for (index, hunk) in hunks.enumerated() {
            let placement = try application.place(hunk, number: index + 1, from: from)
            // A hunk that only adds without saying where goes to the end and does not hold up the next one.
            if !placement.lines.isEmpty || !hunk.anchors.isEmpty { from = placement.lines.upperBound }
            placements.append(placement)
        }
        return application.rebuilt(placements)
    }

    private init(_ bytes: [UInt8], path: String) {
        self.path = path
        text = TextLines(bytes)
        ending = LineEnding(of: text)
        search = LineSearch(text)
    }

    // MARK: Finding the place

    private mutating func place(_ hunk: PatchHunk, number: Int, from: Int) throws(LockgateError) -> Placement {
        var from = from
        for anchor in hunk.anchors {
            guard let line = search.find([anchor], from: from) else {
                throw anchorNotFound(anchor, hunk, number, from: from)
            }
            from = line + 1
        }
        let old = hunk.oldLines
        if old.isEmpty {
            let line = hunk.anchors.isEmpty || hunk.endsFile ? text.count : from
            return Placement(lines: line..<line, body: hunk.lines)
        }
        var body = hunk.lines
        var pattern = old
        while !pattern.isEmpty {
            if let line = find(pattern, hunk, from: from) {
                return Placement(lines: line..<line + pattern.count, body: body)
            }
            // Blank lines at a hunk's end may be mere spacing, or stand for the file's last line end.
            guard pattern.last?.isEmpty == true else { break }
            pattern.removeLast()
            body = Self.droppingLastBlank(body)
        }
        throw linesNotFound(old, hunk, number, from: from)
    }

    private mutating func find(_ pattern: [[UInt8]], _ hunk: PatchHunk, from: Int) -> Int? {
        if hunk.anchors.isEmpty { return search.find(pattern, from: from, atEnd: hunk.endsFile) }
        // Models like to repeat the anchor as the hunk's first line. A single line is taken as the anchor's repetition
        // only if it does not stand further on.
        if pattern.count > 1 { return search.find(pattern, from: from - 1, atEnd: hunk.endsFile) }
        return search.find(pattern, from: from, atEnd: hunk.endsFile)
            ?? search.find(pattern, from: from - 1, atEnd: hunk.endsFile)
    }

    /// The hunk without its last shown or removed line, and without a blank line added after it in its place.
    private static func droppingLastBlank(_ body: [PatchHunk.Line]) -> [PatchHunk.Line] {
        guard let index = body.lastIndex(where: { $0.kind != .added }) else { return body }
        var body = body
        if body[index].kind == .removed, let last = body.last, last.kind == .added, last.text.isEmpty {
            body.removeLast()
        }
        body.remove(at: index)
        return body
    }

    // MARK: Writing the result

    private func rebuilt(_ placements: [Placement]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(text.bytes.count + 256)
        var line = 0
        // Insertions at the end come last, whatever their place in the patch; the others are in order already.
        for placement in placements.sortedStably(by: { $0.lines.lowerBound }) {
            append(fileLines: line..<placement.lines.lowerBound, to: &out)
            line = placement.lines.lowerBound
            for part in placement.body {
                switch part.kind {
                case .context:
                    append(fileLines: line..<line + 1, to: &out)
                    line += 1
                case .removed: line += 1
                case .added:
                    endLine(of: &out)
                    // In a CR LF file a CR at the end of an added line is that line's end.
                    let ownsReturn = ending == .crlf && part.text.last == 0x0D
                    out.append(contentsOf: ownsReturn ? part.text.dropLast() : part.text[...])
                    out.append(contentsOf: ending.bytes)
                }
            }
        }
        append(fileLines: line..<text.count, to: &out)
        return out
    }

    private func append(fileLines lines: Range<Int>, to out: inout [UInt8]) {
        guard !lines.isEmpty else { return }
        endLine(of: &out)
        out.append(contentsOf: text.bytes[text.byteRange(lines)])
    }

    /// Ends a last line that had no end before something follows it.
    private func endLine(of out: inout [UInt8]) {
        if let last = out.last, last != 0x0A { out.append(contentsOf: ending.bytes) }
    }

    // MARK: Errors

    private func position(_ hunk: PatchHunk, _ number: Int) -> String {
        "\(path) (hunk \(number), line \(hunk.line) of the patch)"
    }

    private mutating func anchorNotFound(
        _ anchor: [UInt8], _ hunk: PatchHunk, _ number: Int, from: Int
    ) -> LockgateError {
        let earlier = search.find([anchor], from: 0).map { "; it stands at line \($0 + 1), before the previous hunk" }
        return LockgateError(
            "patch.context_not_found",
            "Failed to find context '\(Self.shown(anchor))' in \(position(hunk, number))\(earlier ?? "")",
            remedy: Self.remedy(isEarlier: earlier != nil))
    }

    private mutating func linesNotFound(
        _ old: [[UInt8]], _ hunk: PatchHunk, _ number: Int, from: Int
    ) -> LockgateError {
        var message = "Failed to find expected lines in \(position(hunk, number)):\n"
        message += old.map { Self.shown($0) }.joined(separator: "\n")
        var isEarlier = false
        if let closest = search.closest(old) {
            isEarlier = closest.matched == old.count && closest.place < from
            message += "\n" + describe(closest, isWhole: closest.matched == old.count, isEarlier: isEarlier)
        }
        return LockgateError("patch.lines_not_found", message, remedy: Self.remedy(isEarlier: isEarlier))
    }

    /// Says where most of the wanted lines stand and what follows them there.
    private func describe(_ closest: (place: Int, matched: Int), isWhole: Bool, isEarlier: Bool) -> String {
        let first = closest.place + 1
        let next = closest.place + closest.matched
        if isWhole {
            let reason = isEarlier ? "before the previous hunk or its context" : "which is not the end of the file"
            return "They stand at line \(first), \(reason)."
        }
        let matching = closest.matched == 1 ? "Line \(first) matches" : "Lines \(first)-\(next) match"
        guard next < text.count else { return "\(matching); then the file ends." }
        return "\(matching); line \(next + 1) reads: \(Self.shown(search[next]))"
    }

    private static func remedy(isEarlier: Bool) -> String {
        isEarlier
            ? "Give the hunks in the order of the file. Nothing was changed."
            : "Read the file again and send a patch that shows its lines as they are. Nothing was changed."
    }

    private static func shown(_ line: some Collection<UInt8>) -> String {
        String(decoding: Array(line.prefix(500))[...].droppingIncompleteScalar, as: UTF8.self)
    }
}

extension Array {
    /// Sorted by a key; elements with the same key keep their order.
    fileprivate func sortedStably(by key: (Element) -> Int) -> [Element] {
        enumerated().sorted { (key($0.element), $0.offset) < (key($1.element), $1.offset) }.map(\.element)
    }
}
