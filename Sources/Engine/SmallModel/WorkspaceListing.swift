import Wire

/// The part of a first message that shows the workspace.
struct WorkspaceListing: Sendable, Hashable {
    /// What the message says.
    let text: String
    /// The files whose whole text it shows.
    let shown: Set<String>

    /// - Parameters:
    ///   - texts: files to show besides the snapshot's; of a workspace with too much text, the only ones.
    ///   - programs: what commands can count on.
    init(_ snapshot: WorkspaceSnapshot, texts: [String: [UInt8]] = [:], programs: [String]) {
        let available = programs.isEmpty ? "" : " Programs: \(programs.joined(separator: ", "))."
        guard !snapshot.paths.isEmpty else {
            text = "The directory is empty.\(available)\n"
            shown = []
            return
        }
        let texts = texts.merging(snapshot.texts ?? [:]) { _, new in new }
        let names = snapshot.paths.joined(separator: ", ") + (snapshot.isComplete ? "" : " and more")
        var text = "Files in the directory: \(names).\(available)\n"
        if snapshot.texts == nil {
            text +=
                texts.isEmpty
                ? "They are too long to be shown. Read one with cat before you change it.\n"
                : "Only some of them are shown. Read another one with cat before you change it.\n"
        }
        for path in snapshot.paths + texts.keys.filter({ !snapshot.paths.contains($0) }).sorted() {
            if let bytes = texts[path] { text += "\n" + Self.block(path, bytes) }
        }
        self.text = text
        shown = Set(texts.keys)
    }

    /// A file as the model is to write one itself.
    private static func block(_ path: String, _ bytes: [UInt8]) -> String {
        let body = String(decoding: bytes, as: UTF8.self)
        // A fence longer than any in the file, so that a Markdown file ends where it ends.
        var longest = 2
        var run = 0
        for byte in bytes {
            run = byte == UInt8(ascii: "`") ? run + 1 : 0
            longest = max(longest, run)
        }
        let fence = String(repeating: "`", count: longest + 1)
        let end = body.isEmpty || body.hasSuffix("\n") ? "" : "\n"
        return "\(path)\n\(fence)\(CodeLanguage.word(for: path))\n\(body)\(end)\(fence)\n"
    }

    /// The files that a task speaks of, by path or by name.
    static func named(in task: String, of snapshot: WorkspaceSnapshot) -> [String] {
        let words = Set(
            task.split { " \t\n`\"'(),:;!?".contains($0) }
                .map { $0.hasSuffix(".") ? $0.dropLast() : $0 }
                .map { $0.hasPrefix("./") ? $0.dropFirst(2) : $0 })
        return snapshot.paths.filter { path in
            words.contains(path[...])
                || path.lastIndex(of: "/").map { words.contains(path[path.index(after: $0)...]) } == true
        }
    }

    /// As many of the files, in their order, as fit.
    static func fitting(_ paths: [String], _ contents: [String: [UInt8]], limit: Int) -> [String: [UInt8]] {
        var room = limit
        var chosen: [String: [UInt8]] = [:]
        for path in paths {
            guard let bytes = contents[path], bytes.count <= room, !bytes.contains(0) else { continue }
            chosen[path] = bytes
            room -= bytes.count
        }
        return chosen
    }
}
