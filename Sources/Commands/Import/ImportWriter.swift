import Basics
import Config
import Glibc
import Import
import Wire

/// The files that an import may change: reads them before, replaces them after, and puts them back if what stands then
/// does not load.
struct ImportWriter {
    let loader: ConfigurationLoader
    /// The project's root; nil for the user's own setup.
    let project: String?

    private static let maximumSize = 10 << 20

    private var folder: String {
        project.map { "\($0)/\(ConfigurationLoader.projectFolder)" } ?? loader.home
    }

    /// What stands here now.
    ///
    /// - Parameter names: the files of the source, some of which get a file here.
    /// - Throws: `import.link` for a link in a project, which would lead writing out of it; `import.unreadable`.
    func target(_ source: ImportSource, userHome: String?) throws(LockgateError) -> ImportTarget {
        var names = ["config.toml", "hooks.json", "AGENTS.md", "AGENTS.override.md", "rules/claude.rules"]
        for file in source.files {
            let name = PathText.name(file.name)
            if name.hasSuffix(".rules") { names.append("rules/codex-\(name)") }
            if name.hasSuffix(".config.toml") { names.append(name) }
        }
        var target = ImportTarget(folder: folder, project: project, userHome: userHome)
        for name in names {
            let path = "\(folder)/\(name)"
            try refuseLinks(path)
            if let bytes = try read(path) { target.files[path] = bytes }
        }
        return target
    }

    /// Writes the files of a plan, each replaced whole, and loads the configuration once.
    ///
    /// - Throws: `import.changed` when a file is not what the plan was made from, `import.write`, or the error that the
    ///   configuration has afterwards; everything is as before then.
    func apply(_ plan: ImportPlan) throws(LockgateError) {
        for change in plan.changes where try read(change.path) != change.old {
            throw LockgateError(
                "import.changed", "\(change.path) changed while you were asked; nothing was written",
                remedy: "run the import again")
        }
        var written: [ImportPlan.FileChange] = []
        do throws(LockgateError) {
            for change in plan.changes {
                try refuseLinks(change.path)
                written.append(change)
                try write(change.path, change.new)
            }
            try load(plan)
        } catch {
            try putBack(written, after: error)
            throw LockgateError(
                error.code, "\(error.message)\neverything was put back as it was", remedy: error.remedy,
                exitCode: error.exitCode)
        }
    }

    private func load(_ plan: ImportPlan) throws(LockgateError) {
        // A project that is not trusted is not read; here it has to be, to see whether it would load. That trusts nothing.
        let configuration = try loader.load(trust: project == nil ? nil : .trusted)
        _ = try loader.hookSources(configuration)
        _ = try RuleFiles.load(configuration, loader)
        let suffix = ".\(ConfigurationLoader.fileName)"
        for change in plan.changes where project == nil && change.path.hasSuffix(suffix) {
            _ = try loader.load(profile: String(PathText.name(change.path).dropLast(suffix.count)))
        }
    }

    private func putBack(_ written: [ImportPlan.FileChange], after cause: LockgateError) throws(LockgateError) {
        var failed: [String] = []
        for change in written.reversed() {
            guard let old = change.old else {
                if unlink(change.path) != 0, errno != ENOENT { failed.append(change.path) }
                continue
            }
            do throws(LockgateError) { try write(change.path, old) } catch { failed.append(change.path) }
        }
        guard !failed.isEmpty else { return }
        throw LockgateError(
            "import.write",
            "\(cause.message)\nand these could not be put back: \(failed.joined(separator: ", "))",
            remedy: "look at them before the next run")
    }

    // MARK: Files

    private func read(_ path: String) throws(LockgateError) -> [UInt8]? {
        do throws(SystemError) {
            return try PosixFile.read(path, limit: Self.maximumSize)
        } catch {
            guard error.errno != ENOENT else { return nil }
            throw LockgateError(
                "import.unreadable", "cannot read \(path): \(error.reason)", remedy: "make it readable, or move it away"
            )
        }
    }

    /// The user's own file may be a link, as dotfile managers make them; what it names is replaced, and keeps its mode.
    private func write(_ path: String, _ bytes: [UInt8]) throws(LockgateError) {
        let real = PosixFile.canonical(path) ?? path
        var status = stat()
        let isThere = stat(real, &status) == 0
        let mode = isThere ? status.st_mode & 0o777 : project == nil ? 0o600 : 0o644
        do throws(SystemError) {
            try PosixFile.makeDirectory(PathText.parent(real), mode: project == nil ? 0o700 : 0o755)
            try PosixFile.replace(real, with: bytes, mode: mode)
        } catch {
            throw LockgateError(
                "import.write", "cannot write \(path): \(error.reason)",
                remedy: "check the permissions of \(PathText.parent(real)) and the disk")
        }
    }

    private func refuseLinks(_ path: String) throws(LockgateError) {
        guard let project else { return }
        var at = path
        while at != project, at != "/" {
            var status = stat()
            if lstat(at, &status) == 0, status.st_mode & S_IFMT == S_IFLNK {
                throw LockgateError(
                    "import.link", "\(at) is a symbolic link, which a project's configuration may not be",
                    remedy: "replace it by what it points to")
            }
            at = PathText.parent(at)
        }
    }
}
