/// A file block that holds only a part of its file.
///
/// A small model shows the one function that it changed, however often it is told to write the whole file, and the
/// rest of the file would be gone. What it wrote is put into the file instead, in the place of what it is named after.
/// Or it shows the lines as they are and then as they should be: the former are a quotation and no change.
enum FileFragment: Sendable, Hashable {
    /// All of a file, as far as can be told.
    case whole
    /// Lines that stand in the file already.
    case quoted(QuotedLines)
    /// The file with the fragment in it.
    case merged(String)
    /// What it leaves out, in words, where it cannot be told what goes where.
    case incomplete(String)

    /// - Parameter task: definitions that it names may go, and words such as "remove" let anything go.
    init(_ new: String, old: [UInt8]?, task: String) {
        let words = Set(task.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { String($0) })
        let isRemoval = words.contains { word in Self.removals.contains { word.lowercased().hasPrefix($0) } }
        guard let old, !isRemoval else {
            self = .whole
            return
        }
        let (before, after) = (CodeOutline(old), CodeOutline(Array(new.utf8)))
        let missing = Set(before.names).subtracting(after.names)
        let forgotten = before.names.filter { missing.contains($0) && !words.contains($0) }
        if !missing.isEmpty, forgotten.isEmpty {
            self = .whole
        } else if let quoted = QuotedLines(new, in: old) {
            self = .quoted(quoted)
        } else if forgotten.isEmpty || after.names.isEmpty {
            self = Self.isShrunk(new, old) ? .incomplete("most of its lines") : .whole
        } else {
            let isClear =
                before.isCertain && after.isCertain && Set(before.names).count == before.names.count
                && Set(after.names).count == after.names.count
            guard isClear, let imports = Self.newImports(after, before: before) else {
                self = .incomplete(forgotten.joined(separator: ", "))
                return
            }
            let text = Self.merge(after, into: before, replacing: missing.intersection(words), imports: imports)
            self = .merged(String(decoding: text, as: UTF8.self))
        }
    }

    /// Whether less than half of a file's lines are left, of a file that has some.
    private static func isShrunk(_ new: String, _ old: [UInt8]) -> Bool {
        func count(_ bytes: some Collection<UInt8>) -> Int {
            bytes.split(separator: 0x0A).count { !ArraySlice($0).isBlank }
        }
        let before = count(old)
        return before > 3 && count(new.utf8) * 2 < before
    }

    private static let removals = ["clean", "delet", "drop", "remov", "replac", "rewrit", "simplif"]

    /// What the fragment imports besides; nil if it has other lines at the margin that the file has not, whose place
    /// nobody knows. Comments there are for the reader.
    private static func newImports(_ fragment: CodeOutline, before: CodeOutline) -> [ArraySlice<UInt8>]? {
        let known = Set(before.parts.compactMap { if case .loose(let line) = $0 { line.trimmed } else { nil } })
        var imports: [ArraySlice<UInt8>] = []
        for case .loose(let line) in fragment.parts where !line.isBlank && !known.contains(line.trimmed) {
            if isImport(line) {
                imports.append(line)
            } else if !line.starts(with: "#".utf8), !line.starts(with: "//".utf8) {
                return nil
            }
        }
        return imports
    }

    private static func isImport(_ line: ArraySlice<UInt8>) -> Bool {
        ["import ", "from ", "#include ", "use ", "using ", "require "].contains { line.starts(with: $0.utf8) }
    }

    /// - Parameter replaced: definitions of the file that may go; new ones come in the place of the first.
    private static func merge(
        _ fragment: CodeOutline, into file: CodeOutline, replacing replaced: Set<String>,
        imports: [ArraySlice<UInt8>]
    ) -> [UInt8] {
        var given: [String: [ArraySlice<UInt8>]] = [:]
        for case .definition(let name, let lines) in fragment.parts { given[name] = lines }
        let kept = Set(file.names)
        var added = fragment.names.filter { !kept.contains($0) }.compactMap { given[$0] }
        let lastImport = file.parts.lastIndex { if case .loose(let line) = $0 { isImport(line) } else { false } }
        var out: [ArraySlice<UInt8>] = lastImport == nil ? imports : []
        for (index, part) in file.parts.enumerated() {
            switch part {
            case .loose(let line): out.append(line)
            case .definition(let name, let lines):
                if replaced.contains(name) {
                    out += added.joined(separator: [[], []])
                    added = []
                } else {
                    out += given[name] ?? lines
                }
            }
            if index == lastImport { out += imports }
        }
        for lines in added { out += [[], []] + lines }
        return out.flatMap { Array($0) + [0x0A] }
    }
}
