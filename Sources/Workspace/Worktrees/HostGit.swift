import Basics
import Glibc
import Wire

/// git, run on the host for our own purposes, so that nothing of a repository is executed.
///
/// A repository's configuration can name programs for most of what git does: hooks, filters, a file system monitor,
/// transports, signers. An archive of a repository brings its `.git/config` along, so none of it may run. The system's and
/// the user's own configuration are not read at all; what the repository's own says is listed first, which runs nothing,
/// and everything in it that names a program is overridden from the command line, which is stronger.
struct HostGit {
    /// The folder git works in.
    let folder: String
    private let program: String
    private let path: String
    private var overrides: [String]
    /// Held open by every git that is started.
    private let lock: Int32?

    /// - Parameters:
    ///   - search: the caller's PATH.
    ///   - lock: see `HostProcess.run`.
    /// - Throws: `git.missing`; `git.failed` for a folder that is in no repository.
    init(in folder: String, search: String, lock: Int32? = nil) throws(LockgateError) {
        self.folder = folder
        self.lock = lock
        path = search
        program = try Self.find(search)
        overrides = Self.fixed
        overrides += Self.overrides(for: try run(["config", "--list", "--name-only", "-z"]))
    }

    /// What holds for every repository.
    private static let fixed = [
        "core.hooksPath=/dev/null", "core.fsmonitor=false", "core.pager=cat", "core.editor=false", "core.askPass=",
        "core.sshCommand=false", "core.gitProxy=", "core.alternateRefsCommand=false", "credential.helper=",
        "commit.gpgSign=false", "tag.gpgSign=false", "gpg.program=false", "gc.auto=0", "maintenance.auto=false",
        "protocol.allow=never", "submodule.recurse=false", "diff.external=", "advice.addEmbeddedRepo=false",
        "core.quotePath=false", "core.safecrlf=false", "fetch.writeCommitGraph=false",
    ]

    /// Overrides for filters and drivers, whose names only the repository knows. An empty filter leaves content as it is.
    private static func overrides(for names: [UInt8]) -> [String] {
        var found: Set<String> = []
        for name in names.split(separator: 0) {
            let text = String(decoding: name, as: UTF8.self)
            guard let last = text.lastIndex(of: ".") else { continue }
            let (head, key) = (text[..<last], text[text.index(after: last)...])
            if head.hasPrefix("filter.") {
                for part in ["clean", "smudge", "process"] { found.insert("\(head).\(part)=") }
                found.insert("\(head).required=false")
            } else if head.hasPrefix("merge."), key == "driver" {
                found.insert("\(head).driver=false")
            } else if head.hasPrefix("diff."), key == "command" || key == "textconv" {
                found.insert("\(head).\(key)=")
            }
        }
        return found.sorted()
    }

    private static func find(_ search: String) throws(LockgateError) -> String {
        // Relative entries would be looked up in the repository.
        for folder in search.split(separator: ":") where folder.hasPrefix("/") {
            let candidate = "\(folder)/git"
            if access(candidate, X_OK) == 0, !PosixFile.isDirectory(candidate) { return candidate }
        }
        throw LockgateError("git.missing", "there is no git in PATH", remedy: "install git")
    }

    private var environment: [String: String] {
        [
            "PATH": path, "HOME": "/nonexistent", "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
            "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
            // No protocol has this name: objects that a partial clone lacks are not fetched.
            "GIT_ALLOW_PROTOCOL": "none", "GIT_EDITOR": "false", "GIT_PAGER": "cat", "GIT_ASKPASS": "false",
            "GIT_AUTHOR_NAME": "Lockgate", "GIT_AUTHOR_EMAIL": "lockgate@localhost",
            "GIT_COMMITTER_NAME": "Lockgate", "GIT_COMMITTER_EMAIL": "lockgate@localhost",
        ]
    }

    /// Runs git whatever comes of it.
    func attempt(
        _ arguments: [String], input: [UInt8] = [], environment extra: [String: String] = [:]
    ) throws(LockgateError) -> HostProcess.Result {
        let settings = overrides.flatMap { ["-c", $0] }
        return try HostProcess.run(
            [program, "--no-pager"] + settings + arguments, in: folder,
            environment: environment.merging(extra) { $1 }, input: input, keeping: lock)
    }

    /// Runs git and returns what it printed.
    ///
    /// - Throws: `git.failed` with its own words.
    @discardableResult
    func run(
        _ arguments: [String], input: [UInt8] = [], environment extra: [String: String] = [:]
    ) throws(LockgateError) -> [UInt8] {
        let result = try attempt(arguments, input: input, environment: extra)
        guard result.status == 0 else {
            let words = String(decoding: result.errors.prefix(2000), as: UTF8.self)
                .split(whereSeparator: \.isNewline).joined(separator: "; ")
            throw LockgateError(
                "git.failed",
                "git \(arguments.first ?? "") in \(folder): \(words.isEmpty ? "exit \(result.status)" : words)"
            )
        }
        return result.output
    }

    /// The first line that git printed; nil when it failed.
    func line(_ arguments: [String]) throws(LockgateError) -> String? {
        let result = try attempt(arguments)
        guard result.status == 0 else { return nil }
        return String(decoding: result.output.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    // MARK: Trees

    /// A working tree as it is.
    struct Snapshot: Hashable {
        /// The tree object.
        var tree: String
        /// Untracked repositories in it, which a tree cannot hold.
        var nested: [[UInt8]]
    }

    /// The whole working tree as git would commit it, untracked files included and ignored ones not, as a tree object.
    /// Index, refs and working tree stay as they are.
    ///
    /// - Parameter scratch: a folder for the index that is used instead.
    func snapshot(scratch: String) throws(LockgateError) -> Snapshot {
        let index = "\(scratch)/index-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer {
            unlink(index)
            unlink(index + ".lock")
        }
        // With the stamps of the real one unchanged files need not be read. Its own time belongs to them: git reads a file
        // that may have been changed within the second in which its stamp was taken, and a copy that is younger would hide
        // an edit that leaves the file's size.
        var status = stat()
        if let real = try line(["rev-parse", "--path-format=absolute", "--git-path", "index"]),
            stat(real, &status) == 0, let bytes = try? PosixFile.read(real, limit: 1 << 30)
        {
            do throws(SystemError) {
                try PosixFile.replace(index, with: bytes)
            } catch {
                throw LockgateError("worktree.unwritable", "cannot write \(index): \(error)")
            }
            guard utimensat(AT_FDCWD, index, [status.st_mtim, status.st_mtim], 0) == 0 else {
                throw LockgateError(
                    "worktree.unwritable", "cannot set the time of \(index): \(String(cString: strerror(errno)))")
            }
        }
        let environment = ["GIT_INDEX_FILE": index]
        try lookEverywhere(environment)
        // git does not look into repositories, and lists them with a slash.
        let nested = try run(["ls-files", "-z", "--others", "--exclude-standard"], environment: environment)
            .split(separator: 0).filter { $0.last == UInt8(ascii: "/") }.map { Array($0.dropLast()) }
        let excluded = nested.map { ":(top,exclude,literal)" + String(decoding: $0, as: UTF8.self) }
        try run(["add", "-A", "--", "."] + excluded, environment: environment)
        let tree = try run(["write-tree"], environment: environment)
        return Snapshot(tree: String(decoding: tree.prefix { $0 != 0x0A }, as: UTF8.self), nested: nested)
    }

    /// Takes the marks off an index that keep git from looking at a file: `--assume-unchanged`, and `--skip-worktree`
    /// where the file is there all the same. Work must not be hidden by them.
    private func lookEverywhere(_ environment: [String: String]) throws(LockgateError) {
        var assumed: [UInt8] = []
        var skipped: [UInt8] = []
        for entry in try run(["ls-files", "-v", "-z"], environment: environment).split(separator: 0) {
            guard let mark = entry.first, mark != UInt8(ascii: "H"), entry.count > 2 else { continue }
            let path = Array(entry.dropFirst(2))
            if mark == UInt8(ascii: "S") || mark == UInt8(ascii: "s") {
                var status = stat()
                let place = Array("\(folder)/".utf8) + path
                if lstat(place.cString, &status) == 0 { skipped += path + [0] }
            }
            // Small letters.
            if mark >= UInt8(ascii: "a") { assumed += path + [0] }
        }
        for (option, paths) in [("--no-assume-unchanged", assumed), ("--no-skip-worktree", skipped)]
        where !paths.isEmpty {
            try run(["update-index", option, "-z", "--stdin"], input: paths, environment: environment)
        }
    }

    /// One path that differs between two trees.
    struct TreeDifference: Hashable {
        var path: [UInt8]
        /// As git keeps modes, 0 for nothing: 0o100644, 0o100755, 0o120000, 0o160000.
        var oldMode: UInt32
        var newMode: UInt32
        var oldBlob: String
        var newBlob: String
    }

    /// What differs between two trees, without renames.
    func differences(from old: String, to new: String) throws(LockgateError) -> [TreeDifference] {
        let fields = try run(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new])
            .split(separator: 0, omittingEmptySubsequences: false).dropLast()
        var found: [TreeDifference] = []
        var rest = fields[...]
        while let head = rest.popFirst(), let path = rest.popFirst() {
            let words = String(decoding: head, as: UTF8.self).split(separator: " ")
            guard words.count == 5, let oldMode = UInt32(words[0].dropFirst(), radix: 8),
                let newMode = UInt32(words[1], radix: 8)
            else { throw LockgateError("git.failed", "git diff-tree in \(folder) printed what cannot be read") }
            found.append(
                TreeDifference(
                    path: Array(path), oldMode: oldMode, newMode: newMode, oldBlob: String(words[2]),
                    newBlob: String(words[3])))
        }
        return found
    }

    /// A blob as a checkout at the path would write it, line ends converted.
    func content(of blob: String, at path: [UInt8]) throws(LockgateError) -> [UInt8] {
        try run(["cat-file", "--filters", "--path=\(String(decoding: path, as: UTF8.self))", blob])
    }
}
