import Basics
import Text
import Wire

/// What hooks are shown of file changes, and what other input of theirs means.
///
/// Every change has the patch in `command`, as Codex's do, and the paths in `file_paths`; a change to one file names it
/// in `file_path` too, as Claude Code does. A guard that knows one of these shapes then sees every change.
extension FileEditor {
    /// The changes that an input stands for, and what to answer the model.
    struct Revision {
        var changes: [FileChange]
        var reply: String
    }

    static func patchUse(_ patch: String, _ changes: [FileChange], folder: String, call: ToolCall) -> ToolUse {
        ToolUse(
            "apply_patch", aliases: ["Edit", "Write", "MultiEdit"],
            input: input(["command": .string(patch)], changes, folder: folder), callID: call.id, takesOtherInput: true)
    }

    /// `write_file`, under Claude Code's name for it.
    static func writeUse(_ change: FileChange, content: String, folder: String, call: ToolCall) -> ToolUse {
        ToolUse(
            "Write", aliases: ["apply_patch", "Edit", "MultiEdit", "write_file"],
            input: input(
                ["content": .string(content), "command": .string(change.wholePatch)], [change], folder: folder),
            callID: call.id, takesOtherInput: true)
    }

    /// What the engine puts back on its own, which takes no other input.
    static func restoreUse(_ changes: [FileChange], folder: String) -> ToolUse {
        let patch = changes.map(\.wholePatch).joined()
        return ToolUse(
            "apply_patch", aliases: ["Edit", "Write", "MultiEdit"],
            input: input(["command": .string(patch)], changes, folder: folder))
    }

    private static func input(_ own: JSONObject, _ changes: [FileChange], folder: String) -> JSONObject {
        var input = own
        let paths = changes.flatMap { [$0.path] + [$0.destination].compactMap(\.self) }
            .map { JSONValue.string(PathText.absolute($0, from: folder)) }
        if paths.count == 1 { input["file_path"] = paths[0] }
        input["file_paths"] = .array(paths)
        return input
    }

    /// A patch that a hook wants instead.
    func revisedPatch(_ input: JSONObject, folder: String?) throws -> Revision {
        guard let text = input["command"]?.string else {
            throw LockgateError("hook.input", "a hook gave other input without a \"command\" text")
        }
        let changes = try plan(text, folder: folder)
        return Revision(changes: changes, reply: changes.patchSummary)
    }

    /// A content that a hook wants instead, in the same or another file.
    func revisedWrite(_ input: JSONObject) throws(LockgateError) -> Revision {
        guard let path = input["file_path"]?.string, let content = input["content"]?.string else {
            throw LockgateError("hook.input", "a hook gave other input without \"file_path\" and \"content\" texts")
        }
        let new = Array(content.utf8)
        let change: FileChange = try read(path).map { .update(path, from: $0, to: new) } ?? .add(path, new)
        return Revision(changes: [change], reply: "Wrote \(path) (\(new.count) bytes), as a hook changed it.")
    }
}

extension FileChange {
    /// The change in the form of `apply_patch`, whole lines out and in.
    fileprivate var wholePatch: String {
        func lines(_ bytes: [UInt8]?, _ sign: String) -> String {
            guard let bytes, !bytes.isEmpty else { return "" }
            let text = String(decoding: bytes, as: UTF8.self)
            return text.split(separator: "\n", omittingEmptySubsequences: false)
                .dropLast(text.hasSuffix("\n") ? 1 : 0).map { "\(sign)\($0)\n" }.joined()
        }
        if new == nil { return "*** Begin Patch\n*** Delete File: \(path)\n*** End Patch\n" }
        let head = old == nil ? "*** Add File: \(path)\n" : "*** Update File: \(path)\n@@\n"
        return "*** Begin Patch\n\(head)\(lines(old, "-"))\(lines(new, "+"))*** End Patch\n"
    }
}
