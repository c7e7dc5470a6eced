package import Basics
package import Wire

/// One of the user's configuration files with settings added that nobody wrote yet.
///
/// What the file sets stays: a draft only adds. Comments and order stay, as with `config set`.
package struct ConfigurationDraft: Sendable {
    package let file: String
    package private(set) var bytes: [UInt8]
    private let isProject: Bool
    private var document: TOMLDocument

    /// What became of a setting.
    package enum Outcome: Sendable, Hashable {
        case set
        /// The file sets the same value already.
        case same
        /// The file sets another value, which stays.
        case kept(JSONValue, SourcePlace)
        /// It cannot stand in this file; why, and what to do instead if there is something.
        case refused(reason: String, remedy: String?)
    }

    /// - Throws: errors of a file that does not load as it stands, with their places.
    package init(
        file: String, bytes: [UInt8]?, layer: Origin.Layer, userHome: String?
    ) throws(LockgateError) {
        self.file = file
        self.bytes = bytes ?? []
        if case .project = layer { isProject = true } else { isProject = false }
        document = try TOMLDocument(SourceText(name: file, bytes: self.bytes))
        var reader = LayerReader(
            document, layer: layer, directory: PathText.parent(file), userHome: userHome ?? "/")
        _ = try reader.read()
    }

    /// Adds a setting.
    ///
    /// Lists that all layers add to get the elements that they lack. Relative paths start at the folder of the file that
    /// states them, since they would mean something else here.
    /// - Throws: `config.edit` where the file's shape leaves no room for the key.
    package mutating func add(_ setting: ForeignSetting) throws(LockgateError) -> Outcome {
        let key = setting.key
        guard case .option(let index, _) = OptionTable.all.match(setting.path) else {
            return unknown(setting)
        }
        let option = OptionTable.all.options[index]
        if isProject, case .refused(let reason) = option.project {
            return .refused(reason: "a project may not set it, because \(reason)", remedy: nil)
        }
        if let objection = option.type.objection(to: setting.value, foreign: setting.foreignType) {
            return .refused(reason: objection.printable, remedy: "lockgate explain \(key.printable)")
        }
        let directory = PathText.parent(setting.place.file)
        let value =
            option.type.resolvingPaths(in: setting.value, directory: directory, userHome: "~") ?? setting.value
        if let rival = Self.rivals[key], let stated = self.value(at: rival) {
            return .kept(stated, place(of: rival))
        }
        guard let old = self.value(at: setting.path) else { return try set(setting.path, value) }
        if old == value { return .same }
        guard option.merge == .union, let present = old.array, let wanted = value.array else {
            return .kept(old, place(of: setting.path))
        }
        let missing = wanted.filter { !present.contains($0) }
        return missing.isEmpty ? .same : try set(setting.path, .array(present + missing))
    }

    /// Settings that contradict each other in one file.
    private static let rivals = ["sandbox_workspace_write.network_access": ["network", "mode"]]

    private mutating func set(_ path: [String], _ value: JSONValue) throws(LockgateError) -> Outcome {
        bytes = try TOMLEdit.set(path, to: value, in: document.source)
        document = try TOMLDocument(SourceText(name: file, bytes: bytes))
        return .set
    }

    private func unknown(_ setting: ForeignSetting) -> Outcome {
        if let remedy = ForeignKeys.remedy(for: setting.path) {
            return .refused(reason: "it has another name or place here", remedy: remedy)
        }
        return .refused(reason: "there is no such setting here", remedy: nil)
    }

    private func value(at path: [String]) -> JSONValue? {
        path.reduce(JSONValue.object(document.root) as JSONValue?) { $0?[$1] }
    }

    private func place(of path: [String]) -> SourcePlace {
        let position = document.position(of: path)
        return SourcePlace(file: file, line: position?.line, column: position?.column)
    }
}
