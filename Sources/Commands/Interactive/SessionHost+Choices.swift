import Basics
import Config
import Journal
import Models
import Sessions
import TUI
import Terminal
import Wire
import Workspace

/// Lists of the screen, and what follows from a choice.
extension SessionHost {
    func run(_ command: SlashCommand, _ argument: String) async {
        do {
            switch command {
            case .status: post(.page(title: "Status", try statusLines()))
            case .explain: post(.page(title: "Explain", try explainLines(argument)))
            case .diff: post(.page(title: "Changes of the agent's turns", try diffLines()))
            case .undo: try listTurns()
            case .rewind: try listMessages()
            case .resume: argument.isEmpty ? try await openBoard(.sessions) : await resume(argument)
            case .attempts: try await openBoard(.attempts)
            case .worktrees: try await openBoard(.worktrees)
            case .review: try await openBoard(.review)
            case .hooks: try await openBoard(.hooks)
            case .ps: try await openBoard(.terminals)
            case .stop: try await stopTerminals(argument)
            case .mcp: try await openBoard(.servers)
            case .audit: post(.page(title: "Audit", try auditLines()))
            case .usage: post(.page(title: "Usage", try await usageLines()))
            case .recap: post(.page(title: "Since you last wrote", try recapLines()))
            case .statusline: try chooseStatusItems()
            case .title: try chooseTitleItems()
            case .importSetup: listImports()
            case .doctor: post(.page(title: "Doctor", await doctorLines()))
            case .config: post(.page(title: "Configuration", try configurationLines(argument)))
            case .new: await begin(.new)
            case .rename: try rename(argument)
            case .model: argument.isEmpty ? listModels() : await useModel(argument)
            case .permissions: argument.isEmpty ? listPermissions() : await usePermissions(argument)
            case .plan: await togglePlan(argument)
            case .compact: compact()
            case .fork: try await forkHere()
            case .archive: try await archive()
            case .delete: try askToDelete()
            case .export: try export(argument)
            case .help, .copy, .transcript, .quit, .todo, .vim, .theme, .mention, .initialise: break
            }
        } catch {
            fail(error)
        }
    }

    func fail(_ error: any Error) {
        let error = error as? LockgateError ?? LockgateError("internal", "\(error)")
        post(.note(.init(.failure, error.message, details: error.remedy.map { ["fix: \($0)"] } ?? [])))
    }

    func chosen(_ purpose: Picker.Purpose, _ id: String) async {
        switch purpose {
        case .turn: await undo(id)
        case .model: await chooseModel(id)
        case .permissions: await usePermissions(id)
        case .trust: await decideTrust(id)
        case .message: await chooseMessage(id)
        case .rewind: await rewind(id)
        case .plan: await decidePlan(id)
        case .theme: keepTheme(id)
        case .delete: await delete(id)
        case .statusLine: switchStatusItem(id)
        case .title: switchTitleItem(id)
        case .importing: await chooseImport(id)
        case .writing: await writeImport(id)
        case .history: break
        }
    }

    func preview(_ purpose: Picker.Purpose, _ id: String) {
        switch purpose {
        case .turn: post(.preview(id: id, turnPreview(id)))
        case .message: post(.preview(id: id, messagePreview(id)))
        default: break
        }
    }

    var home: String {
        get throws { try setup?.home ?? ConfigurationLoader.home(environment: environment) }
    }

    // MARK: - Trust

    private func decideTrust(_ id: String) async {
        do {
            let words = id.split(separator: " ").map(String.init)
            switch words.first {
            case FirstRun.trust where words.count == 2:
                _ = try ProjectTrust(loader()).trust(showing: words[1])
                prepare()
            case "review":
                let setup = try SessionSetup.load(untrusted(), environment: environment)
                post(.pick(try FirstRun.trustQuestion(setup)))
            case FirstRun.lookOnly:
                request = untrusted()
                prepare()
            default: break
            }
        } catch {
            fail(error)
            prepare()
        }
    }

    /// The same run as in a folder nobody trusts, which may be looked at alone.
    private func untrusted() -> ExecRequest {
        var request = request
        request.trust = .untrusted
        request.overrides.removeAll { $0.key == "sandbox_mode" }
        request.overrides.append(.init(key: "sandbox_mode", text: "read-only", flag: "look only"))
        return request
    }

    func loader() throws -> ConfigurationLoader {
        let start = ProcessEnvironment.workingDirectory
        return ConfigurationLoader(
            home: try home, environment: environment,
            workingDirectory: request.directory.map { PathText.absolute($0, from: start) } ?? start)
    }

    // MARK: - Models and permissions

    private func listModels() {
        let current = setup?.selection.model ?? ""
        var items = [
            Picker.Item(
                id: current, title: current, detail: "via \(setup?.selection.provider.id ?? "?")", isCurrent: true)
        ]
        for provider in Provider.presets where provider.envKey.map({ !(environment[$0] ?? "").isEmpty }) ?? false {
            for model in FirstRun.models(of: provider.id) where model != current {
                items.append(Picker.Item(id: "\(provider.id)/\(model)", title: model, detail: "via \(provider.name)"))
            }
        }
        if current != ModelSelection.localModel {
            items.append(
                Picker.Item(id: ModelSelection.localModel, title: ModelSelection.localModel, detail: "on this machine"))
        }
        post(.pick(Picker(.model, title: "Model for what follows (any other: /model NAME)", items: items)))
    }

    private func chooseModel(_ id: String) async {
        guard setup == nil else { return await useModel(id) }
        // No session could be made for want of a model.
        if id == FirstRun.local {
            do {
                let models = LocalModels(
                    home: try home, environment: environment, idleSeconds: 600, threads: nil)
                let post = post
                try await models.ensureInstalled(ModelSelection.localModel) { step in
                    if case .step(let text) = step { post(.note(.init(.info, text))) }
                }
                request.overrides.append(.init(key: "model", text: ModelSelection.localModel, flag: "/model"))
            } catch {
                return fail(error)
            }
        } else {
            request.overrides += overrides(model: id)
        }
        prepare()
    }

    private func useModel(_ name: String) async {
        guard name != setup?.selection.model else { return }
        await change(
            overrides(model: name), "The model is \(name.split(separator: "/", maxSplits: 1).last ?? "") from here.")
    }

    /// `provider/model` where the provider is a known one, else a model's name.
    private func overrides(model name: String) -> [ExecRequest.Override] {
        let parts = name.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2, Provider.preset(parts[0]) != nil else {
            return [.init(key: "model", text: name, flag: "/model")]
        }
        return [
            .init(key: "model", text: parts[1], flag: "/model"),
            .init(key: "model_provider", text: parts[0], flag: "/model"),
        ]
    }

    private func listPermissions() {
        let mode = setup?.settings.sandboxMode
        let summaries: [(SandboxMode, String)] = [
            (.readOnly, "looks at everything, changes nothing"),
            (.workspaceWrite, "writes in this folder; what leaves it is refused or asked"),
            (.dangerFullAccess, "no sandbox: commands reach everything that you can"),
        ]
        let items = summaries.map {
            Picker.Item(id: $0.rawValue, title: $0.rawValue, detail: $1, isCurrent: $0 == mode)
        }
        post(.pick(Picker(.permissions, title: "What the agent may do from here", items: items)))
    }

    private func usePermissions(_ name: String) async {
        guard SandboxMode(rawValue: name) != nil else {
            return fail(
                LockgateError(
                    "usage", "there is no sandbox mode \"\(name)\"",
                    remedy: "use one of: \(SandboxMode.allCases.map(\.rawValue).joined(separator: ", "))"))
        }
        await change(
            [.init(key: "sandbox_mode", text: name, flag: "/permissions")], "The sandbox mode is \(name) from here.")
    }

    // MARK: - Sessions

    private func rename(_ name: String) throws {
        guard let id else {
            return post(.note(.init(.info, "The session begins with the first prompt; name it after that.")))
        }
        let store = SessionStore(home: try home)
        let location = SessionLocation(id: id, path: try store.find(id))
        var notes = SessionNotes.read(of: location)
        notes.name = try store.checkedName(name, for: location)
        try notes.write(of: location)
        post(.note(.init(.info, "This session is \"\(name)\": lockgate resume \"\(name)\" goes on with it.")))
    }

    func resume(_ text: String) async {
        do {
            let location = try SessionStore(home: try home).resolve(text)
            let isForeign = SessionStore.header(ofSessionAt: location.path)?["imported"] != nil
            let forks = forksPicked || isForeign
            forksPicked = false
            await begin(forks ? .fork(.session(location.id), turn: nil) : .resume(location.id))
        } catch {
            fail(error)
        }
    }

    // MARK: - Undo

    func store() throws -> CheckpointStore {
        guard let workspace = setup?.cwd, let home = setup?.home,
            let root = CheckpointStore.enclosing(workspace, home: home)
        else {
            throw LockgateError("workspace.no_checkpoints", "Nothing has been changed here that could be taken back.")
        }
        return try CheckpointStore(home: home, workspace: root)
    }

    private static let stageMark = "stage "

    /// In a staged session turns are taken back where they are: in the stage.
    private func listStagedTurns(_ stage: OpenStage) throws {
        let count = stage.folder.record?.turns.count ?? 0
        // What a turn that was killed has left counts as one more.
        let items = (1...max(1, count)).map { number in
            Picker.Item(
                id: "\(Self.stageMark)\(number)",
                title: number == 1 ? "the last turn" : "the last \(number) turns",
                detail: "in the stage, not in \(stage.store.workspace)")
        }
        post(.pick(Picker(.turn, title: "Take back in the stage", items: items, hasPreviews: true)))
    }

    private func stagedPreview(_ id: String) throws -> [StyledLine] {
        guard let stage = try stage() else { return [] }
        let plan = try stage.store.planStageUndo(stage.folder, last: Int(id.dropFirst(Self.stageMark.count)) ?? 1)
        return PlanPreview.lines(plan.restore)
    }

    private func undoStaged(_ id: String) async throws {
        try await rest()
        guard let stage = try stage() else { return }
        let plan = try stage.store.planStageUndo(stage.folder, last: Int(id.dropFirst(Self.stageMark.count)) ?? 1)
        guard !plan.restore.isEmpty else { return post(.note(.init(.info, "Nothing would change."))) }
        let kept = try StagedUndo.carryOut(plan, in: stage)
        let details = kept.map { "stayed: \($0.path.shownPath): \($0.reason)" }
        let paths = plan.restore.steps.count == 1 ? "1 path" : "\(plan.restore.steps.count) paths"
        post(.note(.init(.approval, "Took back \(paths) in the stage; the workspace is as it was.", details: details)))
    }

    private func listTurns() throws {
        if let stage = try stage() { return try listStagedTurns(stage) }
        let turns = try store().turns().reversed().filter { $0.kind == .turn && $0.after != $0.before }
        guard !turns.isEmpty else { return post(.note(.init(.info, "No turn has changed anything."))) }
        let items = turns.prefix(100).map { turn in
            Picker.Item(
                id: "\(turn.id)", title: "t\(turn.id)  \(turn.label)", detail: LocalTime.text(turn.began))
        }
        post(.pick(Picker(.turn, title: "Take back", items: Array(items), hasPreviews: true)))
    }

    private func turnPreview(_ id: String) -> [StyledLine] {
        do {
            if id.hasPrefix(Self.stageMark) { return try stagedPreview(id) }
            return Self.lines(of: try store().planUndo(backTo: Int(id) ?? 0))
        } catch {
            return [StyledLine("\((error as? LockgateError)?.message ?? "\(error)")", .dim)]
        }
    }

    /// What a plan would do, path by path.
    static func lines(of plan: RestorePlan) -> [StyledLine] {
        let turns = plan.turns.map { "t\($0)" }.joined(separator: ", ")
        return [StyledLine("takes back \(turns):", .bold)] + PlanPreview.lines(plan)
    }

    private func undo(_ id: String) async {
        do {
            if id.hasPrefix(Self.stageMark) { return try await undoStaged(id) }
            let plan = try store().planUndo(backTo: Int(id) ?? 0)
            post(.note(plan.isEmpty ? .init(.info, "Nothing would change.") : try carriedOut(plan)))
        } catch {
            fail(error)
        }
    }

    /// Takes turns back; returns what there is to say of it.
    func carriedOut(_ plan: RestorePlan) throws -> TranscriptEntry.Note {
        let kept = try store().apply(plan)
        let details = kept.map { "stayed: \($0.path.shownPath): \($0.reason)" } + ["lockgate redo takes it back"]
        let turns = plan.turns.map { "t\($0)" }.joined(separator: ", ")
        let paths = plan.steps.count == 1 ? "1 path" : "\(plan.steps.count) paths"
        return .init(.approval, "Took back \(turns): \(paths).", details: details)
    }

    /// What the turns of this workspace changed, the newest first.
    private func diffLines() throws -> [StyledLine] {
        let store = try store()
        var lines: [StyledLine] = []
        for turn in store.turns().reversed().filter({ $0.after != nil && $0.after != $0.before }).prefix(20) {
            if !lines.isEmpty { lines.append(.empty) }
            lines.append(
                StyledLine([
                    Span("t\(turn.id) ", .bold), Span(turn.label, .bold), Span("  \(LocalTime.text(turn.began))", .dim),
                ]))
            var diff: [UInt8] = []
            var inRepository = 0
            for change in try store.changes(of: turn) {
                // The repository's own files say nothing to a reader; `lockgate diff` names them.
                if change.path.starts(with: ".git/".utf8) {
                    inRepository += 1
                } else {
                    diff += try DiffCommand.rendered(change, store)
                }
            }
            lines += EntryText.diff(String(decoding: diff, as: UTF8.self))
            if inRepository > 0 {
                lines.append(StyledLine("the repository itself (.git), \(inRepository) files", .dim))
            }
        }
        return lines.isEmpty ? [StyledLine("No turn has changed anything.", .dim)] : lines
    }
}
