import Wire

/// What an apply leaves unless it is named: files that git, agents or editors run or obey by themselves, and repositories
/// that were not there. A stage may hold anything; nothing of it may begin to run because somebody applied the rest.
enum HeldBack {
    /// Who would run or obey it; nil for the rest.
    ///
    /// - Parameter isKnown: whether a path is there in the workspace that the stage began with.
    static func reason(_ path: [UInt8], isKnown: ([UInt8]) -> Bool) -> String? {
        let parts = path.split(separator: UInt8(ascii: "/"))
        let names = parts.map { String(decoding: $0, as: UTF8.self) }
        if let git = names.firstIndex(where: { $0.lowercased() == ".git" }) {
            let folder = Array(parts[...git].joined(separator: [UInt8(ascii: "/")]))
            if !isKnown(folder) { return "git obeys a repository that was not there" }
            if let part = GitFile.guarded(names), names.count > git + 1 { return "git runs or obeys \(part)" }
            return nil
        }
        guard let file = AutoRunFile.matching(names), file.isProtected else { return nil }
        return "\(file.runner) runs or obeys it"
    }

    /// Whether naming a path names what is held at or below it, and not merely a folder in which it lies.
    static func isNamed(_ path: [UInt8], by named: [UInt8], isKnown: ([UInt8]) -> Bool) -> Bool {
        path.isWithin(named) && reason(named, isKnown: isKnown) != nil
    }
}
