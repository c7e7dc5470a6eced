import Wire

/// Works out what a patch makes of the files it names.
///
/// The whole result is known before anything is written, so a patch either applies in full or not at all. Sections
/// are carried out in order on a picture of the files, and a file that several sections name ends up in one change:
/// two updates add up, a deletion and an addition make an update, an addition and a deletion nothing.
package struct PatchPlan {
    /// What a file is to be; nil bytes for one that is not there.
    private struct State {
        var bytes: [UInt8]?
        /// The file whose content came here by a move.
        var movedFrom: String?
    }

    private let read: (String) throws -> [UInt8]?
    /// By key: how the author wrote the path, what the file was, what it is to be.
    private var names: [String: String] = [:]
    private var originals: [String: [UInt8]?] = [:]
    private var states: [String: State] = [:]
    /// Keys in the order in which the patch names them.
    private var order: [String] = []

    /// The changes of a patch, in the order in which it names the files.
    ///
    /// Unchanged files are left out.
    ///
    /// - Parameters:
    ///   - patch: what to apply.
    ///   - read: gives a file's bytes, nil if there is none. It sees paths as the patch has them, `..` and absolute
    ///     ones too, and refuses those it will not read by throwing.
    /// - Throws: what `read` throws, and `LockgateError` with codes `patch.lines_not_found`,
    ///   `patch.context_not_found`, `patch.file_missing` and `patch.target_exists`.
    package static func make(_ patch: Patch, read: (String) throws -> [UInt8]?) throws -> [FileChange] {
        try withoutActuallyEscaping(read) { read in
            var plan = PatchPlan(read: read)
            for section in patch.sections { try plan.carryOut(section) }
            return plan.changes()
        }
    }

    private init(read: @escaping (String) throws -> [UInt8]?) {
        self.read = read
    }

    private mutating func carryOut(_ section: PatchSection) throws {
        let key = try look(section.path)
        switch section.action {
        case .add(let bytes):
            // As in Codex, adding over a file replaces it; the change then says `update` and holds the old bytes.
            states[key] = State(bytes: bytes, movedFrom: nil)
        case .delete:
            guard states[key]?.bytes != nil else { throw Self.missing(section, "delete") }
            states[key] = State(bytes: nil, movedFrom: nil)
        case .update(let destination, let hunks):
            guard let state = states[key], let bytes = state.bytes else { throw Self.missing(section, "update") }
            let result = try PatchHunkApplication.apply(hunks, to: bytes, path: section.path)
            guard let destination else {
                states[key]?.bytes = result
                return
            }
            let target = try look(destination)
            guard target == key || states[target]?.bytes == nil else { throw Self.exists(section, destination) }
            states[key] = State(bytes: nil, movedFrom: nil)
            states[target] = State(bytes: result, movedFrom: state.movedFrom ?? key)
        }
    }

    /// Brings a file into the picture and returns its key.
    private mutating func look(_ path: String) throws -> String {
        let key = Self.key(path)
        if states[key] == nil {
            let bytes = try read(path)
            names[key] = path
            originals[key] = .some(bytes)
            states[key] = State(bytes: bytes, movedFrom: nil)
            order.append(key)
        }
        return key
    }

    /// The path without `.` and empty parts, so that `./a//b` and `a/b` are one file here.
    ///
    /// `..` stays: what it means depends on symbolic links, which only the file system knows.
    private static func key(_ path: String) -> String {
        let parts = path.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + parts : parts
    }

    private func changes() -> [FileChange] {
        var changes: [String: FileChange] = [:]
        var moved: Set<String> = []
        for key in order {
            guard let state = states[key], let new = state.bytes, let source = state.movedFrom, source != key,
                let old = original(source), states[source]?.bytes == nil, original(key) == nil
            else { continue }
            moved.insert(source)
            changes[key] = .move(name(source), to: name(key), from: old, to: new)
        }
        for key in order where changes[key] == nil && !moved.contains(key) {
            switch (original(key), states[key]?.bytes) {
            case (nil, let new?): changes[key] = .add(name(key), new)
            case (let old?, nil): changes[key] = .delete(name(key), old)
            case (let old?, let new?) where old != new: changes[key] = .update(name(key), from: old, to: new)
            default: break
            }
        }
        return order.compactMap { changes[$0] }
    }

    private func original(_ key: String) -> [UInt8]? { originals[key] ?? nil }

    private func name(_ key: String) -> String { names[key] ?? key }

    private static func missing(_ section: PatchSection, _ action: String) -> LockgateError {
        LockgateError(
            "patch.file_missing",
            "Cannot \(action) \(section.path) (line \(section.line) of the patch): there is no such file",
            remedy: "Check the path, or create the file with '*** Add File: \(section.path)'. Nothing was changed.")
    }

    private static func exists(_ section: PatchSection, _ destination: String) -> LockgateError {
        LockgateError(
            "patch.target_exists",
            "Cannot move \(section.path) to \(destination) (line \(section.line) of the patch): that file exists",
            remedy: "Delete \(destination) earlier in the same patch, or choose another name. Nothing was changed.")
    }
}

extension [FileChange] {
    /// The reply that tells a model what its patch did, in Codex's words.
    package var patchSummary: String {
        if isEmpty { return "No files were modified." }
        let lines = map { change in
            switch change.kind {
            case .add: "A \(change.path)"
            case .delete: "D \(change.path)"
            case .update: "M \(change.path)"
            case .move: "M \(change.destination ?? change.path)"
            }
        }
        return "Success. Updated the following files:\n" + lines.joined(separator: "\n") + "\n"
    }
}
