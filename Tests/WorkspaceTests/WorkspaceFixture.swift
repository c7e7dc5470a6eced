import Basics
import Glibc
import TestSupport
import Wire

@testable import Workspace

/// A workspace with its store, and what it looks like as a value.
struct WorkspaceFixture {
    let folder: TemporaryFolder
    var path: String { folder.at("work") }
    var home: String { folder.at("home") }

    static func with(_ body: (WorkspaceFixture) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            try folder.makeFolder("work")
            try folder.makeFolder("home")
            try body(WorkspaceFixture(folder: folder))
        }
    }

    func store() throws -> CheckpointStore { try CheckpointStore(home: home, workspace: path) }

    func write(_ name: String, _ text: String) throws { try folder.write("work/\(name)", text) }
    func text(_ name: String) throws -> String? { try folder.text("work/\(name)") }

    /// Runs a script in the workspace; its exit status counts unless `mayFail`.
    func shell(_ script: String, mayFail: Bool = false) throws {
        let run = try OracleCommand.run(["sh", "-c", "cd work 2>/dev/null; \(script)"], in: folder)
        guard mayFail || run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
    }

    /// Makes the workspace a repository as `DestructionScripts` describes it.
    func makeRepository() throws { try shell(DestructionScripts.repository) }

    /// Every path with type, mode and content, as text.
    func picture() throws -> [String: String] { try picture(of: path) }

    func picture(of folder: String) throws -> [String: String] {
        var found: [String: String] = [:]
        try look(Array(folder.utf8), [], &found)
        return found
    }

    private func look(_ path: [UInt8], _ name: [UInt8], _ found: inout [String: String]) throws {
        var status = stat()
        guard lstat(path.cString, &status) == 0 else { return }
        let mode = String(status.st_mode & 0o7777, radix: 8)
        switch status.st_mode & S_IFMT {
        case S_IFLNK:
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink(path.cString, &target, target.count)
            found[name.shownPath] = "link \(target[..<count].map { UInt8(bitPattern: $0) }.shownPath)"
        case S_IFDIR:
            found[name.shownPath] = "folder \(mode)"
            for child in try FolderHandle.root(String(decoding: path, as: UTF8.self), bytes: path).names() {
                try look(path.child(child.nameBytes), name.child(child.nameBytes), &found)
            }
        case S_IFIFO: found[name.shownPath] = "fifo \(mode)"
        default:
            let file = open(path.cString, O_RDONLY | O_CLOEXEC)
            defer { close(file) }
            found[name.shownPath] =
                "file \(mode) \(ContentDigest(of: try PosixFile.readAll(file, limit: 1 << 30)).text)"
        }
    }
}

extension FolderHandle {
    /// By bytes: names need not be UTF-8.
    fileprivate static func root(_ shown: String, bytes: [UInt8]) throws -> FolderHandle {
        let descriptor = Glibc.open(bytes.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure("open \(shown): errno \(errno)") }
        return FolderHandle(descriptor)
    }
}

extension [String: String] {
    /// Without git's objects: undo brings back what was there and leaves what was added since.
    var withoutObjects: [String: String] { filter { !$0.key.contains(".git/objects") } }
}
