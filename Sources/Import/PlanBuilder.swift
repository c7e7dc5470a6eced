import Basics
import Config
import Policy
import Wire

/// Gathers a plan piece by piece; both agents' planners add to it.
struct PlanBuilder {
    private(set) var plan = ImportPlan()
    let target: ImportTarget
    private var drafts: [String: ConfigurationDraft] = [:]
    private var hooks: HookMerge?
    private var count = 0

    /// Settings and hooks of one import. People have dozens; each is an edit of its own, checked by reading the file anew.
    static let maximumCount = 250

    init(_ source: ImportSource, _ target: ImportTarget) {
        self.target = target
        plan.leftovers = source.refused
        for entry in SourceLayout.of(source.agent, isProject: source.isProject).unread {
            guard let path = source.unread[entry.name] else { continue }
            leave(entry.name, SourcePlace(file: path), entry.reason, entry.remedy)
        }
    }

    private var layer: Origin.Layer { target.project.map(Origin.Layer.project) ?? .user }

    var configFile: String { "\(target.folder)/\(ConfigurationLoader.fileName)" }

    mutating func leave(_ what: String, _ place: SourcePlace, _ reason: String, _ remedy: String? = nil) {
        plan.leftovers.append(ImportPlan.Leftover(what, from: place, reason: reason, remedy: remedy))
    }

    private func tooMany(_ place: SourcePlace) -> LockgateError {
        LockgateError(
            "import.too_many", "\(place): more than \(Self.maximumCount) settings and hooks",
            remedy: "import from a copy with what you need: --from DIR")
    }

    // MARK: Settings

    /// Sets a key in a configuration file of ours, the usual one if none is named.
    mutating func set(_ setting: ForeignSetting, in file: String? = nil, layer: Origin.Layer? = nil)
        throws(LockgateError)
    {
        let path = file ?? configFile
        count += 1
        guard count <= Self.maximumCount else { throw tooMany(setting.place) }
        var draft =
            if let draft = drafts[path] { draft } else {
                try ConfigurationDraft(
                    file: path, bytes: target.files[path], layer: layer ?? self.layer, userHome: target.userHome)
            }
        let key = setting.key
        switch try draft.add(setting) {
        case .set:
            plan.steps.append(
                ImportPlan.Step("set \(key) = \(TOMLText.inline(setting.value))", from: setting.place, file: path))
        case .same: break
        case .kept(let value, let place):
            plan.kept.append(
                ImportPlan.Leftover(
                    key, from: setting.place, reason: "\(place) has \(TOMLText.inline(value))"))
        case .refused(let reason, let remedy):
            leave(key, setting.place, reason, remedy)
        }
        drafts[path] = draft
    }

    // MARK: Hooks

    /// Adds the hooks of a document, `{EVENT: [{matcher, hooks}]}`, that stand at a path in it.
    mutating func addHooks(_ document: ForeignDocument, at root: [String]) throws(LockgateError) {
        guard let value = document.value(at: root) else { return }
        guard let events = value.object else {
            return leave("hooks", document.place(of: root), "expected a table of events")
        }
        for (event, groups) in events.members {
            let path = root + [event]
            if event == "state" {
                leave("hooks.state", document.place(of: path), "trust is not brought over; hooks are reviewed here")
                continue
            }
            guard let groups = groups.array else {
                leave("hooks.\(event)", document.place(of: path), "expected a list")
                continue
            }
            for (index, group) in groups.enumerated() {
                let path = path + [String(index)]
                guard let handlers = group["hooks"]?.array else {
                    leave("hooks.\(event)", document.place(of: path), "it states no hooks")
                    continue
                }
                for (index, handler) in handlers.enumerated() {
                    try addHook(handler, event, group["matcher"], document.place(of: path + ["hooks", String(index)]))
                }
            }
        }
    }

    private mutating func addHook(
        _ handler: JSONValue, _ event: String, _ matcher: JSONValue?, _ place: SourcePlace
    ) throws(LockgateError) {
        let file = "\(target.folder)/\(ConfigurationLoader.hooksFileName)"
        count += 1
        guard count <= Self.maximumCount else { throw tooMany(place) }
        var merge =
            if let hooks { hooks } else {
                try HookMerge(file: file, bytes: target.files[file], layer: layer, besides: configuredHooks())
            }
        let name = "hooks.\(event)"
        let texts = handler.object?.members.compactMap(\.value.string) ?? []
        guard SecretShape.firstKey(in: handler.bytes) == nil, !texts.contains(where: SecretShape.holdsPassword) else {
            return leave(name, place, "its command holds what looks like a key, and keys are never copied")
        }
        switch merge.add(handler, event: event, matcher: matcher) {
        case .added:
            let command = handler["command"]?.string ?? ""
            plan.steps.append(ImportPlan.Step("add the \(event) hook \(command)", from: place, file: file))
        case .same: break
        case .refused(let reason, let remedy): leave(name, place, reason, remedy)
        }
        hooks = merge
    }

    private func configuredHooks() throws(LockgateError) -> HookSource? {
        guard let bytes = target.files[configFile] else { return nil }
        return try HookSource(toml: bytes, file: configFile, layer: layer)
    }

    // MARK: Whole files

    /// Makes a file of our own; one that is there with other bytes stays.
    mutating func write(_ name: String, _ bytes: [UInt8], from place: SourcePlace, _ text: String) {
        let path = "\(target.folder)/\(name)"
        guard let old = target.files[path] else {
            plan.steps.append(ImportPlan.Step(text, from: place, file: path))
            plan.changes.append(ImportPlan.FileChange(path: path, old: nil, new: bytes))
            return
        }
        if old == bytes { return }
        plan.kept.append(
            ImportPlan.Leftover(
                PathText.name(place.file), from: place, reason: "\(path) is there with other content",
                remedy: "compare the two, or move yours away and import again"))
    }

    /// Copies text that people wrote, unless it holds a key.
    mutating func copy(_ file: ImportSource.File, to name: String, _ text: String) {
        if let offset = SecretShape.firstKey(in: file.bytes) {
            let line = file.bytes[..<offset].count { $0 == 0x0A } + 1
            return leave(
                file.name, SourcePlace(file: file.path, line: line),
                "this line holds what looks like a key, and keys are never copied", "remove it there and import again")
        }
        guard String(validating: file.bytes, as: UTF8.self) != nil else {
            return leave(file.name, file.place, "it is not text in UTF-8")
        }
        write(name, file.bytes, from: file.place, text)
    }

    /// Copies a rule file that loads here.
    mutating func copyRules(_ file: ImportSource.File, to name: String) {
        do throws(LockgateError) {
            _ = try CommandRules(file.bytes, file: file.path, layer: layer)
        } catch {
            let reason = error.message.split(separator: "\n").first.map(String.init) ?? error.message
            return leave(
                file.name, file.place, "it does not load here, so nothing of it counts: \(reason)", error.remedy)
        }
        copy(file, to: "rules/\(name)", "copy its rules")
    }

    // MARK: End

    func finished() -> ImportPlan {
        var plan = plan
        for (path, draft) in drafts where draft.bytes != target.files[path] ?? [] {
            plan.changes.append(.init(path: path, old: target.files[path], new: draft.bytes))
        }
        if let hooks, hooks.isChanged {
            plan.changes.append(.init(path: hooks.file, old: target.files[hooks.file], new: hooks.bytes))
        }
        plan.changes.sort { $0.path < $1.path }
        return plan
    }
}
