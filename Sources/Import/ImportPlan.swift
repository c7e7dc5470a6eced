package import Config

/// Whose setup is brought over.
package enum ImportedAgent: String, Sendable, Hashable, CaseIterable {
    case codex, claude

    /// What people call it.
    package var title: String {
        switch self {
        case .codex: "Codex"
        case .claude: "Claude Code"
        }
    }
}

/// What an import would do, and what it cannot do. A value: making it reads and writes nothing.
package struct ImportPlan: Sendable, Hashable {
    /// Something that is brought over.
    package struct Step: Sendable, Hashable {
        /// What happens, for people.
        package var text: String
        package var from: SourcePlace
        /// The file that changes.
        package var file: String

        package init(_ text: String, from: SourcePlace, file: String) {
            self.text = text
            self.from = from
            self.file = file
        }
    }

    /// Something that stays behind.
    package struct Leftover: Sendable, Hashable {
        /// Its name, never its value where that could be a secret.
        package var what: String
        package var from: SourcePlace
        package var reason: String
        /// What the user can do instead.
        package var remedy: String?

        package init(_ what: String, from: SourcePlace, reason: String, remedy: String? = nil) {
            self.what = what
            self.from = from
            self.reason = reason
            self.remedy = remedy
        }
    }

    /// A file with its bytes before and after; nil before for one that is made.
    package struct FileChange: Sendable, Hashable {
        package var path: String
        package var old: [UInt8]?
        package var new: [UInt8]

        package init(path: String, old: [UInt8]?, new: [UInt8]) {
            self.path = path
            self.old = old
            self.new = new
        }
    }

    package var steps: [Step] = []
    /// What is set here already, to something else, and stays.
    package var kept: [Leftover] = []
    package var leftovers: [Leftover] = []
    /// By path.
    package var changes: [FileChange] = []

    package init() {}
}

/// What was read of the other agent's setup.
package struct ImportSource: Sendable, Hashable {
    package struct File: Sendable, Hashable {
        /// Within the source, such as `rules/default.rules`.
        package var name: String
        /// Absolute; for messages.
        package var path: String
        package var bytes: [UInt8]

        package init(name: String, path: String, bytes: [UInt8]) {
            self.name = name
            self.path = path
            self.bytes = bytes
        }

        package var place: SourcePlace { SourcePlace(file: path) }
    }

    package var agent: ImportedAgent
    /// Whether it is a project's setup, not the user's.
    package var isProject: Bool
    package var files: [File]
    /// What is there but is not read, since nothing here could take it: name in the source to absolute path.
    package var unread: [String: String]
    /// What could not be read, with the reason.
    package var refused: [ImportPlan.Leftover]

    package init(
        agent: ImportedAgent, isProject: Bool, files: [File], unread: [String: String] = [:],
        refused: [ImportPlan.Leftover] = []
    ) {
        self.agent = agent
        self.isProject = isProject
        self.files = files
        self.unread = unread
        self.refused = refused
    }

    func file(_ name: String) -> File? { files.first { $0.name == name } }
}

/// Where it goes, as it stands.
package struct ImportTarget: Sendable, Hashable {
    /// `$LOCKGATE_HOME`, or a project's `.lockgate`. Absolute.
    package var folder: String
    /// The project's root; nil for the user's own setup.
    package var project: String?
    /// The user's home directory, for `~/` in the files that stand here.
    package var userHome: String?
    /// What stands at the places an import may write to, by absolute path.
    package var files: [String: [UInt8]]

    package init(folder: String, project: String?, userHome: String?, files: [String: [UInt8]] = [:]) {
        self.folder = folder
        self.project = project
        self.userHome = userHome
        self.files = files
    }
}
