import Wire

extension TurnLosses {
    /// What compilers and interpreters make again by themselves; those in build folders are in no checkpoint at all.
    private static let builtSuffixes = [
        ".o", ".a", ".so", ".obj", ".lib", ".dll", ".exe", ".pyc", ".pyo", ".class", ".jar", ".d", ".gcda", ".gcno",
        ".log",
        ".tmp", ".swp", ".map",
    ].map { Array($0.utf8) }

    /// The losses of a turn, nil where there is nothing out of the ordinary.
    ///
    /// - Parameters:
    ///   - made: paths that came with an earlier turn of the session.
    ///   - content: of a file; nil where it is not kept.
    init?(_ changes: [TreeChange], made: Set<[UInt8]>, content: (SnapshotEntry) -> [UInt8]?) {
        // Under another name it is not lost.
        let kept = Set(changes.compactMap { $0.old == nil ? $0.new?.digest : nil })
        var removed: [TreeChange] = []
        var emptied: [TreeChange] = []
        let (packed, unpacked) = Self.packedReferences(changes, content)
        var references = unpacked
        for change in changes {
            guard let old = change.old, old.kind == .file || old.kind == .link else { continue }
            if change.isInRepository {
                if change.new == nil, let name = change.referenceName, !packed.contains(change.path) {
                    references.insert(name)
                }
                continue
            }
            if made.contains(change.path) || change.isBuilt(Self.builtSuffixes) { continue }
            if change.new == nil || change.new?.kind == .folder {
                if !kept.contains(old.digest) || old.size == 0 { removed.append(change) }
            } else if old.size > 0, change.new?.kind == .file, change.new?.size == 0 {
                emptied.append(change)
            }
        }
        guard removed.count + emptied.count >= Self.noticed || !references.isEmpty else { return nil }
        self.init(
            removed: removed.count, emptied: emptied.count, references: references.sorted(),
            examples: (removed + emptied).prefix(Self.shownExamples).map(\.path.shownPath))
    }

    /// The files that refs would have, of those that are in a `packed-refs` that the turn has written: packing a ref takes
    /// its file away (gitrepository-layout(5)). And the names of refs that such a file has lost.
    private static func packedReferences(
        _ changes: [TreeChange], _ content: (SnapshotEntry) -> [UInt8]?
    ) -> (packed: Set<[UInt8]>, lost: Set<String>) {
        var found: Set<[UInt8]> = []
        var lost: Set<String> = []
        let name = Array("/packed-refs".utf8)
        for change in changes where change.isInRepository && change.path.suffix(name.count) == name[...] {
            let repository = Array(change.path.dropLast(name.count - 1))
            let text = change.new.map(content) ?? []
            // Too large to be compared.
            guard let text else { continue }
            let new = names(text)
            found.formUnion(new.map { repository + $0 })
            for name in names(change.old.flatMap(content) ?? []).subtracting(new) {
                // With a file of its own it has moved.
                let hasFile = changes.contains { $0.path == repository + name && $0.new != nil }
                if !hasFile { lost.insert(name.shownPath) }
            }
        }
        return (found, lost)
    }

    private static func names(_ packed: [UInt8]) -> Set<[UInt8]> {
        var names: Set<[UInt8]> = []
        for line in packed.split(separator: UInt8(ascii: "\n")) {
            let words = line.split(separator: UInt8(ascii: " "))
            if words.count == 2, words[1].starts(with: "refs/".utf8) { names.insert(Array(words[1])) }
        }
        return names
    }
}

extension TreeChange {
    /// The ref that a file of a repository is; nil for others.
    fileprivate var referenceName: String? {
        let names = path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        if let repository {
            let inner = path.dropFirst(repository.count + 1)
            if inner.elementsEqual("HEAD".utf8) { return repository.shownPath }
            return inner.starts(with: "refs/".utf8) ? Array(inner).shownPath : nil
        }
        guard let git = names.lastIndex(where: { $0.elementsEqual(".git".utf8) }) else { return nil }
        let inner = names[(git + 1)...]
        // `ORIG_HEAD` and its like come and go; HEAD goes with the whole repository.
        if inner.count == 1, inner.first?.elementsEqual("HEAD".utf8) == true {
            return Array(names[...git].joined(separator: [UInt8(ascii: "/")])).shownPath
        }
        guard inner.first?.elementsEqual("refs".utf8) == true, inner.count > 2 else { return nil }
        return Array(inner.joined(separator: [UInt8(ascii: "/")])).shownPath
    }

    fileprivate func isBuilt(_ suffixes: [[UInt8]]) -> Bool {
        suffixes.contains { path.count > $0.count && path.suffix($0.count).elementsEqual($0) }
    }
}
