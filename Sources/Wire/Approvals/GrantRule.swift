package import Basics

/// What a grant covers.
package enum GrantRule: Sendable, Hashable {
    /// Commands whose first words are exactly these, wherever they stand in a command line. Never offered for shells,
    /// interpreters and wrappers, whose first words say nothing about what they do.
    case prefix([String])
    /// One whole command line as it was shown.
    case exact(ExactCommand)
    /// Changes of files beneath a folder by the agent's own tools, where the policy allows them at all.
    case changes(root: String)
    /// Writes of commands to a file, or beneath a folder, outside of the writable roots.
    case writes(root: String)
    /// Calls of one tool of an MCP server, as long as the server describes it as it did.
    case tool(server: String, tool: String, definition: String)

    /// The rule as it is kept and shown.
    package var text: String {
        switch self {
        case .prefix(let words): "prefix_rule(pattern=[\(Self.list(words))], decision=\"allow\")"
        case .exact(let command):
            "exact_command(argv=[\(Self.list(command.argv))], cwd=\(JSONValue.string(command.cwd).text)"
                + (command.files.isEmpty ? "" : ", files=[\(Self.list(command.files.map(\.text)))]") + ")"
        case .changes(let root): "file_changes(root=\(JSONValue.string(root).text))"
        case .writes(let root): "writable_root(path=\(JSONValue.string(root).text))"
        case .tool(let server, let tool, let definition):
            "mcp_tool(server=\(JSONValue.string(server).text), tool=\(JSONValue.string(tool).text), definition=\(definition.prefix(12)))"
        }
    }

    private static func list(_ words: [String]) -> String {
        words.map { JSONValue.string($0).text }.joined(separator: ", ")
    }

    package var json: JSONValue {
        switch self {
        case .prefix(let words): ["prefix": .array(words.map(JSONValue.string))]
        case .exact(let command): ["exact": command.json]
        case .changes(let root): ["changes": .string(root)]
        case .writes(let root): ["writes": .string(root)]
        case .tool(let server, let tool, let definition):
            ["tool": ["server": .string(server), "tool": .string(tool), "definition": .string(definition)]]
        }
    }

    package init?(json: JSONValue) {
        guard let object = json.object, object.members.count == 1 else { return nil }
        if let list = json["prefix"]?.array {
            let words = list.compactMap(\.string)
            guard !words.isEmpty, words.count == list.count, words.allSatisfy({ !$0.isEmpty }) else { return nil }
            self = .prefix(words)
        } else if let command = json["exact"].flatMap(ExactCommand.init(json:)) {
            self = .exact(command)
        } else if let root = json["changes"]?.string, root.hasPrefix("/") {
            self = .changes(root: root)
        } else if let root = json["writes"]?.string, root.hasPrefix("/") {
            self = .writes(root: root)
        } else if let server = json["tool"]?["server"]?.string, let tool = json["tool"]?["tool"]?.string,
            let definition = json["tool"]?["definition"]?.string, !definition.isEmpty
        {
            self = .tool(server: server, tool: tool, definition: definition)
        } else {
            return nil
        }
    }
}

/// A command line with the contents that it was approved with.
package struct ExactCommand: Sendable, Hashable {
    package var argv: [String]
    package var cwd: String
    /// Scripts and programs that it names, with their contents. Any change ends the grant.
    package var files: [BoundFile]

    package init(argv: [String], cwd: String, files: [BoundFile] = []) {
        self.argv = argv
        self.cwd = cwd
        self.files = files
    }

    package var json: JSONValue {
        [
            "argv": .array(argv.map(JSONValue.string)), "cwd": .string(cwd), "files": .array(files.map(\.json)),
        ]
    }

    package init?(json: JSONValue) {
        guard let list = json["argv"]?.array, let cwd = json["cwd"]?.string, let bound = json["files"]?.array else {
            return nil
        }
        let argv = list.compactMap(\.string)
        let files = bound.compactMap(BoundFile.init(json:))
        guard !argv.isEmpty, argv.count == list.count, files.count == bound.count else { return nil }
        self.init(argv: argv, cwd: cwd, files: files)
    }
}

/// A file whose content an approval depends on.
package struct BoundFile: Sendable, Hashable {
    /// Absolute, as the command reaches it.
    package var path: String
    /// Of the file's place without links and of its content; the same text means the same file.
    package var digest: String

    package init(path: String, digest: String) {
        self.path = path
        self.digest = digest
    }

    /// `PATH@content:0123456789ab`.
    var text: String {
        let end = digest.firstIndex(of: ":").map { digest.index(after: $0) } ?? digest.startIndex
        return "\(path)@\(digest[..<end])\(digest[end...].prefix(12))"
    }

    package var json: JSONValue { ["path": .string(path), "digest": .string(digest)] }

    package init?(json: JSONValue) {
        guard let path = json["path"]?.string, let digest = json["digest"]?.string else { return nil }
        self.init(path: path, digest: digest)
    }
}
