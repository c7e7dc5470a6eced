import Basics
import Config
import Import
import Wire

/// Plans from texts, without a file system.
enum ImportFixture {
    static let home = "/home/u/.lockgate"
    static let project = "/srv/p"

    /// - Parameters:
    ///   - files: the source's files by name.
    ///   - here: what stands in the target's folder, by name.
    static func plan(
        _ agent: ImportedAgent, _ files: [String: String], here: [String: String] = [:], isProject: Bool = false
    ) throws(LockgateError) -> ImportPlan {
        let source = isProject ? project : agent == .codex ? "/home/u/.codex" : "/home/u/.claude"
        let folder = isProject ? "\(project)/.lockgate" : home
        var target = ImportTarget(
            folder: folder, project: isProject ? project : nil, userHome: "/home/u")
        for (name, text) in here { target.files["\(folder)/\(name)"] = Array(text.utf8) }
        return try ImportPlan(
            ImportSource(
                agent: agent, isProject: isProject,
                files: files.sorted { $0.key < $1.key }.map {
                    ImportSource.File(name: $0.key, path: "\(source)/\($0.key)", bytes: Array($0.value.utf8))
                }), into: target)
    }
}

extension ImportPlan {
    /// The text of a file after the import; nil where it does not change.
    func text(_ path: String) -> String? {
        changes.first { $0.path == path }.map { String(decoding: $0.new, as: UTF8.self) }
    }

    /// What stays behind, by name, with line and column.
    var left: [String] {
        leftovers.map { item in
            let place = [item.from.line, item.from.column].compactMap { $0.map(String.init) }.joined(separator: ":")
            return "\(item.what) \(place)"
        }
    }
}
