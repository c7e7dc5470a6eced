import Basics
import Config
import Engine
import Journal
import Models
import Wire
import Workspace

/// Where a run works: where it was started, in a new worktree, or where the session that it goes on with was.
struct ExecPlace: Sendable {
    /// With the folder and the session worked out.
    var request: ExecRequest
    var setup: SessionSetup
    /// What of a new worktree could not be had.
    var notes: [String] = []
    /// Keeps the worktree from being removed meanwhile.
    private(set) var use: WorktreeUse?

    /// - Throws: every error of configuration, and of the worktree.
    init(_ request: ExecRequest, environment: [String: String]) throws(LockgateError) {
        self.request = try Self.resumed(request, environment: environment)
        var setup = try SessionSetup.load(self.request, environment: environment)
        // The machine is being asked what it grants by now, and a run that got so far makes a request.
        HTTPRehearsal.begin()
        if let wanted = request.worktree {
            // All else that could refuse the run has been asked by now.
            let store = try setup.worktreeStore()
            let created = try store.create(setup.worktreeRequest(wanted))
            notes = created.notes
            setup = try setup.moved(to: created.record, request: &self.request)
        }
        use = try setup.worktree.map { record throws(LockgateError) in
            try setup.worktreeStore(of: record).use(record.name)
        }
        self.setup = setup
    }

    /// A request to go on with a session, in the folder where that is now.
    private static func resumed(
        _ request: ExecRequest, environment: [String: String]
    ) throws(LockgateError) -> ExecRequest {
        var request = request
        let home = try ConfigurationLoader.home(environment: environment)
        let store = SessionStore(home: home)
        switch request.origin {
        case .new: return request
        case .resume: break
        case .resumeLast: request.origin = .resume(try newest(in: store, request))
        case .resumeNamed(let text): request.origin = .resume(try store.resolve(text).id)
        // A fork works where it is begun: the other session's folder may be in use.
        case .fork(.last, let turn):
            request.origin = .fork(.session(try newest(in: store, request)), turn: turn)
            return request
        case .fork(.named(let text), let turn):
            request.origin = .fork(.session(try store.resolve(text).id), turn: turn)
            return request
        case .fork(.session, _): return request
        }
        guard request.directory == nil || request.worktreeIsInherited, case .resume(let id) = request.origin else {
            return request
        }
        let location = SessionLocation(id: id, path: try store.find(id))
        let header = SessionStore.header(ofSessionAt: location.path)
        let notes = SessionNotes.read(of: location)
        // A folder of another machine is none of this one's, whatever lies there by that name.
        guard notes.imported == nil || notes.directory != nil else { return request }
        let moved = notes.directory
        guard let folder = moved ?? (header?["worktree"] == nil ? nil : header?["cwd"]?.string) else { return request }
        guard PosixFile.isDirectory(folder) else {
            let name = header?["worktree"]?["name"]?.string ?? PathText.name(folder)
            throw LockgateError(
                "worktree.removed", "the session's worktree \(folder) is gone",
                remedy: "bring it back with: lockgate worktree restore \(name), or name a folder with -C")
        }
        request.directory = folder
        return request
    }

    /// The newest session of the folder that the request names.
    static func newest(in store: SessionStore, _ request: ExecRequest) throws(LockgateError) -> SessionID {
        let start = ProcessEnvironment.workingDirectory
        let folder = request.directory.map { PathText.absolute($0, from: start) } ?? start
        return try store.newest(in: PosixFile.canonical(folder) ?? folder)
    }
}

extension ExecRequest {
    /// Whether the folder on the command line only said where to look for the session.
    fileprivate var worktreeIsInherited: Bool { origin == .resumeLast }
}

extension SessionSetup {
    /// PATH, for our own git.
    private var search: String { environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin" }

    func worktreeStore() throws(LockgateError) -> WorktreeStore {
        try WorktreeStore(home: home, directory: cwd, search: search)
    }

    func worktreeStore(of record: WorktreeRecord) -> WorktreeStore {
        WorktreeStore(of: record, home: home, search: search)
    }

    /// What the command line and the configuration ask of a new worktree.
    func worktreeRequest(_ wanted: ExecRequest.NewWorktree) -> WorktreeRequest {
        WorktreeRequest(
            name: wanted.name ?? WorktreeRequest.freeName(), carries: wanted.carries ?? settings.worktree.carries,
            copies: settings.worktree.copies + settings.worktree.links)
    }

    /// The same run in a worktree, in the folder there that this one is in here.
    func moved(to record: WorktreeRecord, request: inout ExecRequest) throws(LockgateError) -> SessionSetup {
        let relative = PathText.relative(cwd, to: record.root)
        let folder = PathText.isWithin(cwd, record.root) && relative != "." ? "\(record.path)/\(relative)" : record.path
        // A folder that git does not know is not there.
        request.directory = PosixFile.isDirectory(folder) ? folder : record.path
        var setup = try SessionSetup.load(request, environment: environment)
        setup.isNewWorktree = true
        return setup
    }

    /// Words for a model whose session goes on in another folder than it was told of; nil where it does not.
    func relocation(_ conversation: Conversation?) -> String? {
        guard let told = conversation?.toldDirectory, told != cwd else { return nil }
        return "The session goes on in another folder, with the same files. Use its paths from now on.\n"
            + "<environment_context>\n  <cwd>\(cwd)</cwd>\n</environment_context>"
    }
}
