import Basics
import Glibc
package import Wire

/// Everything a project brings that Lockgate would execute, or be redirected by: settings that do so, and the files of
/// hooks, rules, skills and the like. Trust is given to exactly this content.
package struct ProjectContent: Sendable, Hashable {
    /// The project's root; of a linked worktree that of its repository, so that worktrees share approvals.
    package let root: String
    /// Sorted by name.
    package let items: [Item]
    /// SHA-256 over all items, independent of where the project lies.
    package let digest: String

    /// One thing to review.
    package struct Item: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            /// A key of `.lockgate/config.toml`; the content is its value as TOML.
            case setting
            case file
            /// A symbolic link; the content is its target, which is never followed.
            case link
        }
        package var kind: Kind
        /// The file relative to the root, and for a setting its key after a blank.
        package var name: String
        package var content: [UInt8]
        package var isExecutable: Bool
        /// SHA-256 over kind, name, mode and content.
        package let digest: String

        init(_ kind: Kind, _ name: String, _ content: [UInt8], isExecutable: Bool = false) {
            self.kind = kind
            self.name = name
            self.content = content
            self.isExecutable = isExecutable
            let parts: JSONValue = [
                .string(kind.rawValue), .string(name), .bool(isExecutable), .string(ContentDigest.of(content)),
            ]
            digest = ContentDigest.of(parts.bytes)
        }
    }

    init(root: String, items: [Item]) {
        self.root = root
        self.items = items.sorted { $0.name < $1.name }
        digest = ContentDigest.of(JSONValue.array(self.items.map { .string($0.digest) }).bytes)
    }

    /// What in a project's `.lockgate` folder is executed by one feature or another.
    static let executableNames = ["agents", "hooks", "hooks.json", "mcp.json", "rules", "setup", "skills"]
    static let maximumFiles = 2_000
    static let maximumFileSize = 4 << 20

    /// Collects a project's content.
    ///
    /// - Parameters:
    ///   - layers: the project's configuration files as they were read.
    ///   - home: the user's own folder, which is never a project's.
    /// - Throws: `trust.content` for content that cannot be reviewed: unreadable, too large, too much, or neither file
    ///   nor folder nor link.
    static func collect(
        _ project: ProjectLocation, _ layers: [ConfigurationLayer], home: String
    ) throws(LockgateError) -> ProjectContent {
        var items: [Item] = []
        for layer in layers {
            let file = PathText.relative(layer.file ?? "", to: project.root)
            for setting in layer.settings where OptionTable.all.options[setting.option].project == .afterReview {
                let content = Array(TOMLText.inline(setting.value).utf8)
                items.append(Item(.setting, "\(file) \(setting.key)", content))
            }
        }
        for directory in project.directories {
            let folder = PathText.absolute(ConfigurationLoader.projectFolder, from: directory)
            // The user's own folder, where the home directory is the project.
            guard !FileIdentity.areSame(folder, home) else { continue }
            for name in executableNames {
                try collect("\(folder)/\(name)", root: project.root, depth: 0, into: &items)
            }
        }
        return ProjectContent(root: project.mainRoot ?? project.root, items: items)
    }

    private static func collect(
        _ path: String, root: String, depth: Int, into items: inout [Item]
    ) throws(LockgateError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw unreviewable(path, String(cString: strerror(errno)))
        }
        let name = PathText.relative(path, to: root)
        guard items.count < maximumFiles, depth < 32 else {
            throw unreviewable(path, "more than \(maximumFiles) files, or folders deeper than 32")
        }
        switch status.st_mode & S_IFMT {
        case S_IFDIR:
            for entry in PosixFile.list(path) {
                try collect("\(path)/\(entry)", root: root, depth: depth + 1, into: &items)
            }
        case S_IFREG:
            do throws(SystemError) {
                let content = try PosixFile.read(path, limit: maximumFileSize)
                items.append(Item(.file, name, content, isExecutable: status.st_mode & 0o111 != 0))
            } catch {
                throw unreviewable(path, error.reason)
            }
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: Int(PATH_MAX))
            let count = target.withUnsafeMutableBytes { buffer in
                buffer.bindMemory(to: CChar.self).baseAddress.map { readlink(path, $0, buffer.count) } ?? -1
            }
            guard count >= 0 else { throw unreviewable(path, String(cString: strerror(errno))) }
            items.append(Item(.link, name, Array(target[..<count])))
        default:
            throw unreviewable(path, "neither a file nor a folder")
        }
    }

    private static func unreviewable(_ path: String, _ reason: String) -> LockgateError {
        LockgateError(
            "trust.content", "\(path.printable) cannot be reviewed: \(reason)",
            remedy: "remove it from the project, or make it readable", exitCode: 5)
    }
}

/// How a project's content differs from what was approved.
package struct ContentReview: Sendable, Hashable {
    package var content: ProjectContent
    /// By name; empty for content that is approved.
    package var changes: [Change]

    /// One difference to the nearest approved content.
    package struct Change: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable { case added, changed, removed }
        package var kind: Kind
        package var name: String
        /// What was approved; nil for an added item, or where the store kept only its hash.
        package var old: [UInt8]?
        /// Nil for a removed item.
        package var new: [UInt8]?
    }

    package var isApproved: Bool { changes.isEmpty }

    /// The whole content as if nothing had been approved yet.
    package var everything: [Change] {
        content.items.map { Change(kind: .added, name: $0.name, old: nil, new: $0.content) }
    }

    /// The refusal of a run that cannot ask.
    package var refusal: LockgateError {
        let names = changes.prefix(5).map { "\($0.name.printable) (\($0.kind.rawValue))" }.joined(separator: ", ")
        let more = changes.count > 5 ? " and \(changes.count - 5) more" : ""
        return LockgateError(
            "trust.unreviewed",
            "\(content.root.printable) brings executable content that nobody reviewed: \(names)\(more)",
            remedy: "look at it with `lockgate trust --show`, then run `lockgate trust`", exitCode: 5)
    }
}
