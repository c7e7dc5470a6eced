import Basics
import Config
import Import
import Journal
import Sessions
import TUI
import Terminal
import Wire

/// Settings of another program as they would be written, shown and not yet confirmed.
struct PlannedImport: Sendable {
    let plan: ImportPlan
    let writer: ImportWriter
}

/// `/import`: settings and sessions of Codex and Claude Code, by what `lockgate import` and `sessions import` do.
extension SessionHost {
    func listImports() {
        var items: [Picker.Item] = []
        for agent in ImportedAgent.allCases {
            guard let folder = try? agent.folder(environment), PosixFile.isDirectory(folder) else { continue }
            items.append(
                Picker.Item(
                    id: "settings \(agent.rawValue)", title: "\(agent.title)'s settings",
                    detail: "from \(folder); shown as a diff before anything is written"))
            let sessions = "\(folder)/\(Self.sessions(of: agent))"
            guard PosixFile.isDirectory(sessions) else { continue }
            items.append(
                Picker.Item(
                    id: "sessions \(agent.rawValue)", title: "\(agent.title)'s sessions",
                    detail: "from \(sessions), to be read, searched and forked here"))
        }
        guard !items.isEmpty else {
            return post(
                .note(
                    .init(
                        .info, "There is neither ~/.codex nor ~/.claude to bring anything over from.",
                        details: ["from elsewhere: lockgate import codex --from DIR"])))
        }
        post(.pick(Picker(.importing, title: "Bring over", items: items)))
    }

    private static func sessions(of agent: ImportedAgent) -> String { agent == .codex ? "sessions" : "projects" }

    func chooseImport(_ id: String) async {
        let parts = id.split(separator: " ").map(String.init)
        guard parts.count == 2, let agent = ImportedAgent(rawValue: parts[1]) else { return }
        do {
            if parts[0] == "sessions" { try await importSessions(agent) } else { try planImport(agent) }
        } catch {
            fail(error)
        }
    }

    // MARK: - Settings

    private func planImport(_ agent: ImportedAgent) throws {
        let folder = try agent.folder(environment)
        let writer = ImportWriter(loader: try loader(), project: nil)
        let source = try SourceReader.read(
            agent, isProject: false, root: folder, beside: agent.beside(environment))
        let target = try writer.target(source, userHome: environment["HOME"])
        let plan = try ImportPlan(source, into: target)
        let report = ImportReport(plan: plan, agent: agent, source: folder, target: target.folder)
        guard !plan.changes.isEmpty else {
            return post(.page(title: "Import", EntryText.plain(report.text)))
        }
        plannedImport = PlannedImport(plan: plan, writer: writer)
        let count = plan.changes.count
        var picker = Picker(
            .writing, title: "Write \(count == 1 ? "this file" : "these \(count) files")?",
            items: [
                Picker.Item(id: "no", title: "No, leave everything as it is"),
                Picker.Item(id: "read", title: "Read all of it first", detail: "as a page"),
                Picker.Item(id: "yes", title: "Yes, write what is shown"),
            ], hasPreviews: true)
        let lines = EntryText.plain(report.text)
        for item in picker.all { picker.previews[item.id] = lines }
        post(.pick(picker))
        importReport = picker
    }

    func writeImport(_ choice: String) async {
        guard let planned = plannedImport else { return }
        if choice == "read", let picker = importReport {
            // The question stands behind the page.
            post(.pick(picker))
            return post(.page(title: "Import", picker.previews["yes"] ?? []))
        }
        (plannedImport, importReport) = (nil, nil)
        guard choice == "yes" else { return post(.note(.init(.info, "Nothing was written."))) }
        do {
            try planned.writer.apply(planned.plan)
            let files = planned.plan.changes.map(\.path)
            await change([], "What was brought over counts from here.")
            post(.note(.init(.approval, "Written: \(files.joined(separator: ", "))")))
        } catch {
            fail(error)
        }
    }

    // MARK: - Sessions

    /// Beside everything else: a few thousand take a while.
    private func importSessions(_ agent: ImportedAgent) async throws {
        let folder = "\(try agent.folder(environment))/\(Self.sessions(of: agent))"
        let importer = try HistoryImport(ofUser: SessionStore(home: try home), try loader())
        post(.note(.init(.info, "Reading the sessions in \(folder) …")))
        let post = post
        Task.detached {
            var counts: [HistoryImport.Result.Outcome: Int] = [:]
            var failures: [String] = []
            for path in HistoryImport.files(at: folder) {
                do throws(LockgateError) {
                    counts[try importer.take(path, as: agent == .codex ? .codex : .claude).outcome, default: 0] += 1
                } catch {
                    failures.append("\(path): \(error.message)")
                }
            }
            let words = [
                "\(counts[.imported] ?? 0) sessions came over", "\(counts[.renewed] ?? 0) renewed",
                "\(counts[.known] ?? 0) here already", "\(counts[.empty] ?? 0) without a conversation",
            ]
            post(
                .note(
                    .init(
                        failures.isEmpty ? .approval : .warning, words.joined(separator: ", ") + ".",
                        details: failures.prefix(5) + ["/resume lists and searches them; f goes on in a fork"])))
        }
    }
}
