import Basics
import TestSupport
import Wire

@testable import Workspace

/// A workspace with a stage, in which scripts run as a session's commands do.
struct StageFixture {
    let fixture: WorkspaceFixture
    let stage: StageFolder
    let method: StageRecord.Method
    var store: CheckpointStore { get throws { try fixture.store() } }

    /// - Parameter prepare: makes the workspace before the stage begins.
    static func with(
        _ method: StageRecord.Method = .overlay, _ prepare: (WorkspaceFixture) throws -> Void,
        _ body: (StageFixture) throws -> Void
    ) throws {
        try WorkspaceFixture.with { fixture in
            try prepare(fixture)
            try body(try StageFixture(fixture, method))
        }
    }

    init(_ fixture: WorkspaceFixture, _ method: StageRecord.Method = .overlay) throws {
        self.fixture = fixture
        self.method = method
        stage = StageFolder(home: fixture.home, session: "0192aaaa-0000-7000-8000-000000000001")
        let store = try fixture.store()
        if method == .copy {
            var copy = StageCopy(home: fixture.home) { _ in }
            try copy.run(from: store.workspace, to: stage.tree)
        }
        try stage.make(StageRecord(session: PathText.name(stage.path), workspace: store.workspace, method: method))
        let base = try store.stageBase()
        try stage.update { $0.base = base }
    }

    /// Runs a script on the merged tree and returns what it then shows.
    @discardableResult
    func inStage(_ script: String) throws -> [String: String] {
        try fixture.folder.write("script", script)
        let shown = fixture.folder.at("shown")
        let leave = "cd / && rm -rf '\(shown)' && cp -a MERGED '\(shown)'"
        let run: OracleCommand.Result
        switch method {
        case .overlay:
            let merged = fixture.folder.at("merged")
            let mount =
                "mount -t overlay -o userxattr,index=off,lowerdir='\(fixture.path)',upperdir='\(stage.path)/upper',workdir='\(stage.path)/work' overlay '\(merged)'"
            run = try OracleCommand.run(
                [
                    "unshare", "--user", "--map-root-user", "--mount", "sh", "-c",
                    "mkdir -p '\(merged)' && \(mount) && (cd '\(merged)' && sh '\(fixture.folder.at("script"))') && "
                        + leave.replacing("MERGED", with: "'\(merged)'"),
                ], in: fixture.folder)
        case .copy:
            run = try OracleCommand.run(
                [
                    "sh", "-c",
                    "(cd '\(stage.tree)' && sh '\(fixture.folder.at("script"))') && "
                        + leave.replacing("MERGED", with: "'\(stage.tree)'"),
                ], in: fixture.folder)
        }
        guard run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
        return try WorkspaceFixture(folder: fixture.folder).picture(of: shown)
    }

    func plan(_ paths: [String] = [], hunks: [String: Set<Int>] = [:]) throws -> ApplyPlan {
        let hunks = Dictionary(uniqueKeysWithValues: hunks.map { (Array($0.key.utf8), $0.value) })
        return try store.planApply(stage, StageSelection(paths: paths.map { Array($0.utf8) }, hunks: hunks))
    }

    /// Applies and returns what stayed.
    @discardableResult
    func apply(_ paths: [String] = [], hunks: [String: Set<Int>] = [:]) throws -> [RestorePlan.Conflict] {
        try store.apply(try plan(paths, hunks: hunks))
    }

    /// What is staged, as `change path`.
    func staged() throws -> [String] {
        try store.staged(stage).changes.map { change in
            let verb = change.old == nil ? "add" : change.new == nil ? "delete" : "change"
            return "\(verb) \(change.path.shownPath)"
        }
    }
}

extension String {
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
