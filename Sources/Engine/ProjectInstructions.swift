import Basics

/// The AGENTS.md chain: what the user and the repository tell every agent.
///
/// One file for the home, then one for each folder from the project's root to the working directory; nearer ones come
/// later and so weigh more. `AGENTS.override.md` replaces `AGENTS.md` beside it.
package struct ProjectInstructions: Sendable, Hashable {
    package struct Source: Sendable, Hashable {
        package var path: String
        package var text: String
    }

    package private(set) var sources: [Source] = []
    /// What a person should know: a file that was cut or could not be read.
    package private(set) var notices: [String] = []

    package static let defaultLimit = 32_768

    /// Reads the chain.
    ///
    /// - Parameters:
    ///   - limit: bytes of all files together; what exceeds it is cut, with a notice.
    ///   - fallbacks: names to take where a folder has neither file.
    package init(
        home: String, projectRoot: String?, cwd: String, limit: Int = defaultLimit, fallbacks: [String] = []
    ) {
        var room = limit
        var folders: [(path: String, boundary: String)] = [(home, home)]
        let root = projectRoot ?? cwd
        var folder = cwd
        var chain: [String] = []
        while PathText.isWithin(folder, root) {
            chain.append(folder)
            guard folder != root, folder != "/" else { break }
            folder = PathText.parent(folder)
        }
        folders.append(contentsOf: chain.reversed().map { ($0, root) })
        for (folder, boundary) in folders {
            for name in ["AGENTS.override.md", "AGENTS.md"] + fallbacks {
                let path = "\(folder)/\(name)"
                guard PosixFile.exists(path) else { continue }
                take(path, boundary: boundary, room: &room)
                break
            }
        }
    }

    private mutating func take(_ path: String, boundary: String, room: inout Int) {
        // A link may serve as an alias within the project, but not carry a file from elsewhere to the model.
        guard let real = PosixFile.canonical(path),
            PathText.isWithin(real, PosixFile.canonical(boundary) ?? boundary)
        else {
            notices.append("\(path) was left out: it links to a file outside its project")
            return
        }
        let bytes: [UInt8]
        do {
            bytes = try PosixFile.read(real, limit: 8 << 20)
        } catch {
            notices.append("\(path) was left out: \(error.reason)")
            return
        }
        guard room > 0 else {
            notices.append(
                "\(path) was left out: the limit for project instructions is used up (project_doc_max_bytes)")
            return
        }
        var kept = bytes[...]
        if bytes.count > room {
            kept = bytes[..<room]
            // Not in the middle of a character.
            while let last = kept.last, last & 0xC0 == 0x80 { kept = kept.dropLast() }
            if let last = kept.last, last >= 0xC0 { kept = kept.dropLast() }
            notices.append("\(path) was cut to \(kept.count) of \(bytes.count) bytes (project_doc_max_bytes)")
        }
        room -= kept.count
        sources.append(Source(path: path, text: String(decoding: kept, as: UTF8.self)))
    }

    /// The chain as one message; nil when there is nothing to say.
    package var message: String? {
        guard !sources.isEmpty else { return nil }
        return sources.map { "# Instructions from \($0.path)\n\n\($0.text)" }.joined(separator: "\n\n")
    }
}
