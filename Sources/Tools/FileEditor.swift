import Basics
import Files
package import Text
package import Wire

/// Carries out file changes as one item: plan, gate, all-or-nothing write, diff.
package struct FileEditor: Sendable {
    /// A diff longer than this is cut in the event; the journal's hashes still name the contents. 64 KiB.
    static let diffLimit = 64 << 10

    let cwd: String
    let files: WorkspaceFiles
    let watch: (any SensitiveWatch)?
    /// Puts secrets in the place of their marks, which are all that a model sees of them.
    let redactor: Redactor?

    /// - Parameters:
    ///   - mode: decides the writable roots: none in read-only, everything in danger-full-access.
    ///   - writableRoots: the workspace first.
    ///   - allowedAutoRun: files and folders that may change although something runs them by itself.
    ///   - view: where files are found and changed instead of on the machine itself: a stage.
    /// - Throws: when the workspace is not there.
    package init(
        cwd: String, mode: SandboxMode, writableRoots: [String], maskedPaths: [String],
        allowedAutoRun: [String] = [], watch: (any SensitiveWatch)? = nil, view: FileViewSource? = nil,
        redactor: Redactor? = nil
    ) throws(LockgateError) {
        self.redactor = redactor
        self.cwd = cwd
        self.watch = watch
        switch mode {
        case .readOnly: files = try WorkspaceFiles(roots: [], workspace: cwd, maskedPaths: maskedPaths, view: view)
        case .workspaceWrite:
            files = try WorkspaceFiles(
                roots: writableRoots, workspace: cwd, allowedPaths: allowedAutoRun, maskedPaths: maskedPaths, view: view
            )
        case .dangerFullAccess: files = try WorkspaceFiles(roots: ["/"], workspace: cwd, protectedNames: [])
        }
    }

    /// The bytes at a path; nil if there is no file. Relative paths start at `folder`.
    func read(_ path: String, in folder: String? = nil) throws(LockgateError) -> [UInt8]? {
        try files.readIfPresent(PathText.absolute(path, from: folder ?? cwd))?.bytes
    }

    /// Applies a patch in Codex's grammar and answers as Codex does.
    func applyPatch(_ text: String, folder: String?, call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        let changes: [FileChange]
        do {
            changes = try plan(text, folder: folder)
        } catch let error as LockgateError {
            return try fail(error, changes: [], diff: "", call: call, host: host)
        }
        return try await apply(
            Revision(changes: changes, reply: changes.patchSummary), folder: folder,
            use: Self.patchUse(text, changes, folder: folder ?? cwd, call: call), call: call, host: host
        ) { try revisedPatch($0, folder: folder) }
    }

    /// The changes that a patch makes to the files as they are.
    func plan(_ patch: String, folder: String?) throws -> [FileChange] {
        try PatchPlan.make(try PatchParser.parse(redactor?.restored(patch) ?? patch)) { path in
            try read(path, in: folder)
        }
    }

    /// Applies changes that are worked out already.
    ///
    /// - Parameters:
    ///   - started: the item, where it has begun already.
    ///   - revise: works out what other input from a hook stands for.
    func apply(
        _ revision: Revision, folder: String?, use: ToolUse, call: ToolCall, host: any ToolHost,
        item started: String? = nil, revise: (JSONObject) throws -> Revision
    ) async throws -> ToolResult {
        let changes: [FileChange]
        do {
            changes = try revision.changes.map(restored)
        } catch {
            return call.answer("Nothing was changed. \(error)", isError: true)
        }
        let absolute = changes.map { $0.rebased { PathText.absolute($0, from: folder ?? cwd) } }
        let summary = absolute.map(\.summary)
        let diff = Self.diff(changes)
        var report = ThreadItem.FileChangeReport(changes: summary, diff: diff)
        let id = try started ?? host.begin(.fileChange(report))
        let effect = Effect.changeFiles(summary)
        let isSensitive = summary.contains(where: \.isSensitive)
        let passage: Passage<[SensitiveChange]>
        do {
            passage = try await host.pass(effect, as: use, item: id, context: EffectContext(diff: diff)) {
                if isSensitive { watch?.begin() }
                try files.apply(absolute)
                let noticed = isSensitive ? watch?.changes() ?? [] : []
                let written = absolute.reduce(0) { $0 + ($1.new?.count ?? 0) }
                var outcome: JSONObject = ["files": .array(absolute.map(\.digest)), "bytes_written": .int(written)]
                if !noticed.isEmpty { outcome["sensitive_changes"] = .array(noticed.map(\.json)) }
                return (noticed, .object(outcome))
            }
        } catch let error as CancellationError {
            report.status = .failed
            report.reason = "interrupted"
            try host.complete(id, .fileChange(report))
            throw error
        } catch let error as LockgateError
            where error.code.name.hasPrefix("files.") || error.code.name.hasPrefix("patch.")
        {
            report.status = WorkspaceFiles.isDenial(error) ? .declined : .failed
            report.reason = error.message
            try host.complete(id, .fileChange(report))
            if WorkspaceFiles.isDenial(error) { try host.refused(effect, item: id, verdict: Self.verdict(error)) }
            return call.answer("Nothing was changed. \(error)", isError: true)
        } catch let error as LockgateError where error.code == "approval.aborted" {
            report.status = .declined
            report.reason = error.message
            try host.complete(id, .fileChange(report))
            throw error
        }
        switch passage {
        case .revised(let input):
            let revised: Revision
            do {
                revised = try revise(input)
            } catch let error as LockgateError {
                report.status = .declined
                report.reason = error.message
                try host.complete(id, .fileChange(report))
                return call.answer("Nothing was changed. \(error)", isError: true)
            }
            return try await apply(
                revised, folder: folder, use: use.with(input), call: call, host: host, item: id, revise: revise)
        case .ran(let noticed):
            report.status = .completed
            report.sensitiveChanges = noticed
            try host.complete(id, .fileChange(report))
            if !noticed.isEmpty { try host.noticed(noticed, item: id) }
            return call.answer(revision.reply)
        case .denied(let verdict):
            report.status = .declined
            report.reason = verdict.reason
            try host.complete(id, .fileChange(report))
            return call.answer(
                "Nothing was changed. \(verdict.reason) (rule: \(verdict.rule)). To allow it, the user can use: \(verdict.grant ?? "-")",
                isError: true)
        }
    }

    /// The change with secrets in the place of their marks.
    ///
    /// - Throws: `patch.redacted` where a mark would be left in a file that did not hold it: the secret would be lost.
    private func restored(_ change: FileChange) throws(LockgateError) -> FileChange {
        guard let redactor, let new = change.new, let text = String(validating: new, as: UTF8.self),
            Redactor.firstMark(in: text) != nil
        else { return change }
        let whole = redactor.restored(text)
        if let mark = Redactor.firstMark(in: whole),
            !String(decoding: change.old ?? [], as: UTF8.self).contains(mark)
        {
            throw LockgateError(
                "patch.redacted", "\(mark) stands for a secret that this session does not know",
                remedy: "leave that line as it is, or change it with a command")
        }
        return change.leaving(Array(whole.utf8))
    }

    /// A change that could not even be planned is still an item, and a refusal if a rule was the reason.
    func fail(
        _ error: LockgateError, changes: [FileChangeSummary], diff: String, call: ToolCall, host: any ToolHost
    ) throws -> ToolResult {
        let isDenial = WorkspaceFiles.isDenial(error)
        var report = ThreadItem.FileChangeReport(changes: changes, diff: diff)
        let id = try host.begin(.fileChange(report))
        report.status = isDenial ? .declined : .failed
        report.reason = error.message
        try host.complete(id, .fileChange(report))
        if isDenial { try host.refused(.changeFiles(changes), item: id, verdict: Self.verdict(error)) }
        return call.answer("\(error)", isError: true)
    }

    static func verdict(_ error: LockgateError) -> Verdict {
        Verdict(.deny, rule: error.code.name, origin: Origin(.builtIn), reason: error.message, grant: error.remedy)
    }

    private static func diff(_ changes: [FileChange]) -> String {
        var bytes: [UInt8] = []
        for change in changes where bytes.count < diffLimit { bytes.append(contentsOf: change.unifiedDiff()) }
        guard bytes.count > diffLimit else { return String(decoding: bytes, as: UTF8.self) }
        let cut = bytes[..<diffLimit].lastIndex(of: UInt8(ascii: "\n")) ?? diffLimit
        return String(decoding: bytes[..<cut], as: UTF8.self) + "\n… \(bytes.count - cut) bytes of diff left out\n"
    }
}

extension FileChange {
    /// The same change with its paths made absolute.
    fileprivate func rebased(_ path: (String) -> String) -> FileChange {
        switch (old, new, destination) {
        case (let old?, let new?, let destination?):
            .move(path(self.path), to: path(destination), from: old, to: new, mode: mode)
        case (let old?, let new?, nil): .update(path(self.path), from: old, to: new, mode: mode)
        case (let old?, nil, _): .delete(path(self.path), old)
        case (nil, let new, _): .add(path(self.path), new ?? [], mode: mode)
        }
    }

    /// By Codex's three kinds: a move is an update with a new path.
    fileprivate var summary: FileChangeSummary {
        switch kind {
        case .add: FileChangeSummary(path: path, kind: .add)
        case .delete: FileChangeSummary(path: path, kind: .delete)
        case .update: FileChangeSummary(path: path, kind: .update)
        case .move: FileChangeSummary(path: path, kind: .update, movedTo: destination)
        }
    }

    /// Path and sizes, for the journal's outcome.
    fileprivate var digest: JSONValue {
        [
            "path": .string(destination ?? path), "old_bytes": .optional(old?.count),
            "new_bytes": .optional(new?.count),
        ]
    }
}

extension FileChangeSummary {
    /// Whether something outside the sandbox runs or obeys a file of this name. By name alone: it decides what is looked
    /// at, not what is allowed.
    fileprivate var isSensitive: Bool {
        [path, movedTo].contains { path in
            let names = (path ?? "").split(separator: "/").map(String.init)
            return names.contains(".git") || AutoRunFile.matching(names) != nil
        }
    }
}
