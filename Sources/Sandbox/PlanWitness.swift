import Glibc

/// Records what a plan was made of: which names in which folders could change it.
final class PlanWitness {
    /// What matters in one folder.
    struct Interest {
        /// These names, `folded`, whatever they are.
        var names: Set<String> = []
        /// Every folder that comes or goes.
        var hasFolders = false
        /// Everything.
        var hasAll = false

        mutating func formUnion(_ other: Interest) {
            names.formUnion(other.names)
            hasFolders = hasFolders || other.hasFolders
            hasAll = hasAll || other.hasAll
        }

        func covers(_ name: UnsafePointer<CChar>?, isFolder: Bool) -> Bool {
            guard let name, name.pointee != 0 else { return true }
            if hasAll || (isFolder && hasFolders) { return true }
            return !names.isEmpty && names.contains(Self.folded(String(cString: name)))
        }

        /// File systems that do not tell cases apart may tell of a name in another case than it was asked for.
        static func folded(_ name: String) -> String { name.lowercased() }
    }

    enum Watch {
        case number(Int32)
        case needless
        case impossible
    }

    private var interests: [String: Interest] = [:]
    private var watches: [String: Int32] = [:]
    private let watch: (String) -> Watch
    /// Whether all that the plan was made of can be watched.
    private(set) var isComplete = true

    init(watch: @escaping (String) -> Watch) { self.watch = watch }

    /// What matters, by number of watch.
    var watched: [(Int32, Interest)] {
        watches.compactMap { folder, number in interests[folder].map { (number, $0) } }
    }

    /// Whether a change of any name on the way to this path will be told.
    func covers(_ path: String) -> Bool {
        var path = path
        while path != "/" {
            let folder = Paths.parent(path)
            guard watches[folder] != nil, let interest = interests[folder] else { return false }
            guard interest.hasAll || interest.names.contains(Interest.folded(Paths.lastComponent(path))) else {
                return false
            }
            path = folder
        }
        return true
    }

    /// The answer will depend on what is at this path, or that nothing is. Call before looking.
    func asked(_ path: String) {
        guard path != "/" else { return }
        let folder = Paths.parent(path)
        enter(folder)
        interests[folder]?.names.insert(Interest.folded(Paths.lastComponent(path)))
    }

    /// The answer will depend on the folders in this folder, and on these names.
    func listed(_ folder: String, names: [String] = []) {
        enter(folder)
        interests[folder]?.hasFolders = true
        interests[folder]?.names.formUnion(names.map(Interest.folded))
    }

    /// The answer will depend on all names in this folder.
    func listedAll(_ folder: String) {
        enter(folder)
        interests[folder]?.hasAll = true
    }

    /// The answer depends on something that cannot be watched.
    func cannotKnow() { isComplete = false }

    /// Watches a folder, after those it lies in: one that appears meanwhile is noticed by its parent.
    private func enter(_ folder: String) {
        guard interests[folder] == nil else { return }
        asked(folder)
        interests[folder] = Interest()
        guard isComplete else { return }
        switch watch(folder) {
        case .number(let number): watches[folder] = number
        case .needless: return
        case .impossible: isComplete = false
        }
    }
}
