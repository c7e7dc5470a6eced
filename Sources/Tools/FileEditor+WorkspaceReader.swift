import Basics
import Files
import Text
package import Wire

extension FileEditor: WorkspaceReader {
    /// Folders that hold what programs made, or what belongs to tools.
    private static let skippedFolders: Set<String> = [
        "__pycache__", "build", "dist", "node_modules", "target", "venv",
    ]
    /// Folders below the workspace that are looked into.
    private static let folderLimit = 200

    /// Passes over what is hidden, which is nobody's source and now and then somebody's secret. Binary files are named,
    /// but have no text.
    package func snapshot(files limit: Int, bytes: Int) throws(LockgateError) -> WorkspaceSnapshot {
        var snapshot = WorkspaceSnapshot()
        var folders = [""]
        var looked = 0
        var room = bytes
        while let folder = folders.popLast() {
            guard looked < Self.folderLimit else {
                snapshot.isComplete = false
                break
            }
            looked += 1
            let entries: [FolderEntry]
            do throws(LockgateError) {
                entries = try files.entries(PathText.absolute(folder, from: cwd))
            } catch {
                // What is masked or closed to the user is as if it were not there; but not the workspace itself.
                guard folder.isEmpty else { continue }
                throw error
            }
            var below: [String] = []
            for entry in entries where entry.name.first != UInt8(ascii: ".") {
                let path = folder + entry.text
                switch entry.kind {
                case .folder:
                    guard !Self.skippedFolders.contains(entry.text) else { continue }
                    below.append(path + "/")
                case .file:
                    guard snapshot.paths.count < limit else {
                        snapshot.isComplete = false
                        continue
                    }
                    try add(path, to: &snapshot, room: &room)
                case .link, .other: continue
                }
            }
            // The stack's top comes next.
            folders.append(contentsOf: below.reversed())
        }
        if !snapshot.isComplete { snapshot.texts = nil }
        return snapshot
    }

    private func add(_ path: String, to snapshot: inout WorkspaceSnapshot, room: inout Int) throws(LockgateError) {
        let absolute = PathText.absolute(path, from: cwd)
        do throws(LockgateError) {
            guard let status = try files.status(absolute) else { return }
            snapshot.paths.append(path)
            guard snapshot.texts != nil else { return }
            // A binary file counts for nothing, so a large one is told by its beginning.
            guard !BinaryDetection.isBinary(try files.readPart(absolute, offset: 0, count: BinaryDetection.window))
            else {
                return
            }
            guard status.size <= room else {
                snapshot.texts = nil
                return
            }
            let bytes = try files.read(absolute, limit: room).bytes
            room -= bytes.count
            snapshot.texts?[path] = bytes
        } catch {
            // Masked, or gone since: it is not shown.
            return
        }
    }

    package func contents(_ path: String, limit: Int) throws(LockgateError) -> [UInt8]? {
        do throws(LockgateError) {
            return try files.readIfPresent(PathText.absolute(path, from: cwd), limit: limit)?.bytes
        } catch {
            return nil
        }
    }
}

extension FileEditor: FileRestorer {
    package func restore(_ written: [WrittenFile], host: any ToolHost) async throws -> Bool {
        var changes: [FileChange] = []
        var isComplete = true
        for file in written {
            let now = try contents(file.path, limit: WorkspaceFiles.defaultReadLimit)
            if now == file.original { continue }
            guard now == file.written else {
                isComplete = false
                continue
            }
            changes.append(
                file.original.map { .update(file.path, from: file.written, to: $0) } ?? .delete(file.path, file.written)
            )
        }
        guard !changes.isEmpty else { return isComplete }
        let call = ToolCall(id: "restore", name: "write_file", input: .function(arguments: "{}"))
        let result = try await apply(
            Revision(changes: changes, reply: ""), folder: nil, use: Self.restoreUse(changes, folder: cwd), call: call,
            host: host
        ) { _ in throw LockgateError("internal", "what is put back cannot be replaced") }
        return isComplete && !result.isError
    }
}
