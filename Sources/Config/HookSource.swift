package import Basics
package import Wire

/// Hooks as one place states them: a `hooks.json`, or `[hooks]` in a layer's TOML. Not yet looked at for their meaning;
/// who does can say where in the text something is wrong.
package struct HookSource: Sendable {
    package let layer: Origin.Layer
    /// Nil for the command line.
    package let file: String?
    /// What stands under `hooks`.
    package let hooks: JSONValue
    private let source: SourceText?
    /// Bytes to each key, by its path from the document's root.
    private let offsets: [[String]: Int]

    /// Under which key of the document the hooks stand.
    static let key = "hooks"

    /// `[hooks]` of a TOML file; nil without.
    init?(_ document: TOMLDocument, layer: Origin.Layer) {
        guard let hooks = document.root[Self.key] else { return nil }
        self.layer = layer
        file = document.source.name
        self.hooks = hooks
        source = document.source
        offsets = Dictionary(document.entries.map { ($0.path, $0.key.lowerBound) }) { first, _ in first }
    }

    /// `[hooks]` of a `config.toml`; nil without.
    ///
    /// - Throws: `config.*` errors of a text that is no TOML.
    package init?(toml bytes: [UInt8], file: String, layer: Origin.Layer) throws(LockgateError) {
        self.init(try TOMLDocument(SourceText(name: file, bytes: bytes)), layer: layer)
    }

    /// Settings from the command line.
    init(hooks: JSONValue, layer: Origin.Layer) {
        self.layer = layer
        self.hooks = hooks
        file = nil
        source = nil
        offsets = [:]
    }

    /// A `hooks.json`, in the shape of Codex and of Claude Code: `{"hooks": {"PreToolUse": [...]}}`.
    ///
    /// - Throws: `hooks.syntax`, `hooks.shape` with file, line, column, the line's text and what to do.
    package init(json bytes: [UInt8], file: String, layer: Origin.Layer) throws(LockgateError) {
        let source = SourceText(name: file, bytes: bytes)
        func wrong(_ code: LockgateError.Code, _ offset: Int, _ reason: String, _ remedy: String) -> LockgateError {
            source.error(code, at: source.position(of: offset), reason, remedy: remedy)
        }
        let root: JSONValue
        let places: JSONPlaces
        do throws(JSONSyntaxError) {
            root = try JSONValue(parsing: bytes)
            places = try JSONPlaces(bytes)
        } catch {
            throw wrong("hooks.syntax", error.offset, "not valid JSON: \(error.reason)", "correct this place")
        }
        if let twice = places.repeated.first {
            throw wrong(
                "hooks.shape", twice.offset, "\(DottedKey.join(twice.path).printable) is stated twice",
                "put both lists into one")
        }
        guard let members = root.object else {
            throw wrong("hooks.shape", 0, "expected an object", "write {\"hooks\": {}}")
        }
        for name in members.keys where name != Self.key && name != "description" {
            throw wrong(
                "hooks.unknown_field", places.offsets[[name]] ?? 0, "unknown field \(name.printable)",
                "hooks stand under \"hooks\"; remove everything else")
        }
        self.layer = layer
        self.file = file
        self.source = source
        offsets = places.offsets
        hooks = members[Self.key] ?? [:]
    }

    /// Whether a project brought it.
    package var isProject: Bool { if case .project = layer { true } else { false } }

    /// Where something below `hooks` stands.
    package func origin(of path: [String]) -> Origin {
        guard let source, let position = position(of: path, in: source) else { return Origin(layer, file: file) }
        return Origin(layer, file: file, line: position.line, column: position.column)
    }

    /// An error about something below `hooks`, with its place, the line's text and the fix.
    package func error(
        _ code: LockgateError.Code, at path: [String], _ reason: String, remedy: String
    ) -> LockgateError {
        guard let source else {
            let key = DottedKey.join([Self.key] + path).printable
            return LockgateError(code, "\(layer.description): \(key): \(reason)", remedy: remedy)
        }
        let position = position(of: path, in: source) ?? SourcePosition(line: 1, column: 1)
        return source.error(code, at: position, reason, remedy: remedy)
    }

    /// Of the path, else of the nearest thing around it.
    private func position(of path: [String], in source: SourceText) -> SourcePosition? {
        var path = [Self.key] + path
        while !path.isEmpty {
            if let offset = offsets[path] { return source.position(of: offset) }
            path.removeLast()
        }
        return nil
    }
}

extension ConfigurationLoader {
    package static let hooksFileName = "hooks.json"

    /// Everything that states hooks for a run, the administrator's first. Where there is none this costs one look for a
    /// file in the system's folder and one in the user's.
    ///
    /// A project's hooks are taken from the content that the user approved, not read again, so that what counts is what
    /// was seen. Those of a project that is not trusted, or whose content changed, do not count.
    /// - Throws: errors of a file that cannot be read or is no JSON.
    package func hookSources(_ configuration: Configuration) throws(LockgateError) -> [HookSource] {
        var sources: [HookSource] = []
        for (folder, layer) in [(systemDirectory, Origin.Layer.system), (home, .user)] {
            let path = "\(folder)/\(Self.hooksFileName)"
            guard let bytes = try ConfigurationFile.read(path) else { continue }
            sources.append(try HookSource(json: bytes, file: path, layer: layer))
        }
        let isReviewed = configuration.review?.isApproved == true
        if isReviewed, let content = configuration.review?.content {
            sources += try Self.hookSources(content, root: configuration.project.root)
        }
        return configuration.hooks.filter { !$0.isProject || isReviewed } + sources
    }

    private static func hookSources(_ content: ProjectContent, root: String) throws(LockgateError) -> [HookSource] {
        var sources: [HookSource] = []
        for item in content.items where item.name.hasSuffix("\(projectFolder)/\(hooksFileName)") {
            let folder = PathText.parent(item.name)
            guard folder == projectFolder || folder.hasSuffix("/\(projectFolder)") else { continue }
            let path = "\(root)/\(item.name)"
            guard item.kind == .file else {
                throw LockgateError(
                    "hooks.link", "\(path.printable) is a symbolic link, which a project's hooks may not be",
                    remedy: "replace it by the file it points to")
            }
            sources.append(try HookSource(json: item.content, file: path, layer: .project(root)))
        }
        return sources
    }
}
