/// A comment that is nothing but a path, as in "# calc.py", by which models say within a block which file it is.
enum PathComment {
    /// The files of a block whose first line is such a comment, or whose path is known; empty if neither is.
    ///
    /// Several files in one block are told apart by such comments, if the first line is one.
    static func files(in block: FencedBlock, path: String?) -> [(path: String, text: String)] {
        let language = CodeLanguage(block.language)
        let marks = block.body.indices.compactMap { index in
            Self.path(block.body[index], language).map { (index: index, path: $0) }
        }
        let isMarked = marks.first?.index == block.body.firstIndex { !$0.isBlank }
        let isSeveral = marks.count > 1 && Set(marks.map(\.path)).count == marks.count
        guard isMarked, let first = marks.first, path == nil || (path == first.path && isSeveral) else {
            return path.map { [($0, block.text)] } ?? []
        }
        guard isSeveral else { return [(first.path, text(block.body[(first.index + 1)...]))] }
        let ends = marks.dropFirst().map(\.index) + [block.body.endIndex]
        return zip(marks, ends).map { ($0.path, text(block.body[($0.index + 1)..<$1])) }
    }

    private static func path(_ line: ArraySlice<UInt8>, _ language: CodeLanguage) -> String? {
        let mark = ["#", "//"].first { line.starts(with: $0.utf8) }
        guard let mark, let path = MarkdownPath.bare(line.dropFirst(mark.utf8.count)), language.fits(path) else {
            return nil
        }
        return path
    }

    /// The lines without blank ones at both ends, each with a line feed.
    private static func text(_ lines: ArraySlice<ArraySlice<UInt8>>) -> String {
        var lines = lines.drop(while: \.isBlank)
        while lines.last?.isBlank == true { lines.removeLast() }
        return String(decoding: lines.flatMap { Array($0) + [0x0A] }, as: UTF8.self)
    }
}
