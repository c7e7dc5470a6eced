/// Lines of a file that an answer shows as they are, before it shows what they should be.
struct QuotedLines: Sendable, Hashable {
    /// Where they stand, as numbers of lines; nil if they stand in several places.
    let place: Range<Int>?
    let count: Int
    /// The file's white space before them that the quotation left out.
    private let indentation: ArraySlice<UInt8>

    /// nil if the text is no proper part of the file.
    init?(_ text: String, in file: [UInt8]) {
        let quoted = Self.lines(Array(text.utf8)).trimmedBlankLines
        let lines = Self.lines(file)
        guard !quoted.isEmpty, quoted.count < lines[...].trimmedBlankLines.count else { return nil }
        var found: [(place: Range<Int>, indentation: ArraySlice<UInt8>)] = []
        for start in 0...(lines.count - quoted.count) {
            let slice = lines[start..<(start + quoted.count)]
            guard let indentation = Self.indentation(of: quoted, in: slice) else { continue }
            found.append((start..<(start + quoted.count), indentation))
        }
        guard let first = found.first else { return nil }
        place = found.count == 1 ? first.place : nil
        count = quoted.count
        indentation = first.indentation
    }

    /// The file with other lines in their place; nil if it is not known which.
    func replaced(by text: String, in file: [UInt8]) -> String? {
        guard let place else { return nil }
        var lines = Self.lines(file)
        let new = Self.lines(Array(text.utf8)).trimmedBlankLines.map { $0.isBlank ? $0 : indentation + $0 }
        lines.replaceSubrange(place, with: new)
        return String(decoding: lines.flatMap { Array($0) + [0x0A] }, as: UTF8.self)
    }

    /// What stands in the file before every line of the quotation; nil if the lines are not the same otherwise.
    private static func indentation(
        of quoted: ArraySlice<ArraySlice<UInt8>>, in lines: ArraySlice<ArraySlice<UInt8>>
    ) -> ArraySlice<UInt8>? {
        var indentation: ArraySlice<UInt8>?
        for (quote, line) in zip(quoted, lines) {
            guard !quote.isBlank else {
                guard line.isBlank else { return nil }
                continue
            }
            guard line.count >= quote.count, line.suffix(quote.count).elementsEqual(quote) else { return nil }
            let before = line.dropLast(quote.count)
            guard before.isBlank, indentation.map({ $0.elementsEqual(before) }) ?? true else { return nil }
            indentation = before
        }
        return indentation
    }

    private static func lines(_ bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }
}

extension Collection where Element == ArraySlice<UInt8>, SubSequence == ArraySlice<ArraySlice<UInt8>> {
    /// Without blank lines at both ends.
    var trimmedBlankLines: ArraySlice<ArraySlice<UInt8>> {
        var lines = drop(while: \.isBlank)
        while lines.last?.isBlank == true { lines.removeLast() }
        return lines
    }
}
