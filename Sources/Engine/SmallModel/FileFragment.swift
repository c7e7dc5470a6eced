/// A file block that holds only some of its file's definitions.
///
/// A small model shows the one function that it changed, however often it is told to write the whole file, and the
/// rest of the file would be gone. What it wrote is put into the file instead, in the place of what it is named after.
enum FileFragment: Sendable, Hashable {
    /// All of a file, as far as can be told.
    case whole
    /// The file with the fragment in it.
    case merged(String)
    /// The definitions that it leaves out, where it cannot be told what goes where.
    case incomplete([String])

    /// - Parameter task: definitions that it names may go, and words such as "remove" let any go.
    init(_ new: String, old: [UInt8]?, task: String) {
        guard let old else {
            self = .whole
            return
        }
        let (before, after) = (CodeOutline(old), CodeOutline(Array(new.utf8)))
        let missing = Set(before.names).subtracting(after.names)
        let words = Set(task.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map { String($0) })
        let forgotten = before.names.filter { missing.contains($0) && !words.contains($0) }
        let isRemoval = words.contains { word in Self.removals.contains { word.lowercased().hasPrefix($0) } }
        guard !forgotten.isEmpty, !after.names.isEmpty, !isRemoval else {
            self = .whole
            return
        }
        let isClear =
            before.isCertain && after.isCertain && Set(before.names).count == before.names.count
            && Set(after.names).count == after.names.count
        guard isClear, let imports = Self.newImports(after, before: before) else {
            self = .incomplete(forgotten)
            return
        }
        let text = Self.merge(after, into: before, replacing: missing.intersection(words), imports: imports)
        self = .merged(String(decoding: text, as: UTF8.self))
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
