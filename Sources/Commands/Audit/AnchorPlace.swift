import Basics
import Glibc
import Models
import Wire
import Workspace

/// Where an anchor is kept: a file, an address that takes it by POST, or a note of a git repository.
enum AnchorPlace: Sendable, Hashable, CustomStringConvertible {
    case file(String)
    case url(String)
    /// The repository's folder.
    case gitNote(String)

    private static let notePrefix = "git-note:"
    /// For connecting, sending and the answer. Milliseconds.
    static let timeout = 15_000

    /// `https://…`, `git-note:FOLDER`, or the path of a file.
    ///
    /// - Parameter folder: what a relative path begins at.
    /// - Throws: `audit.anchor` for an empty place.
    init(_ text: String, from folder: String, home: String?) throws(LockgateError) {
        func absolute(_ path: some StringProtocol) -> String {
            let path = String(path)
            if let home, path.hasPrefix("~/") { return "\(home)/\(path.dropFirst(2))" }
            return PathText.absolute(path, from: folder)
        }
        if text.hasPrefix("https://") || text.hasPrefix("http://") {
            self = .url(text)
        } else if text.hasPrefix(Self.notePrefix), text != Self.notePrefix {
            self = .gitNote(absolute(text.dropFirst(Self.notePrefix.count)))
        } else if !text.isEmpty, text != Self.notePrefix {
            self = .file(absolute(text))
        } else {
            throw LockgateError(
                "audit.anchor", "`\(text)` is no place for an anchor",
                remedy: "give a file, an address with https://, or git-note: and a repository's folder", exitCode: 2)
        }
    }

    var description: String {
        switch self {
        case .file(let path): path
        case .url(let url): url
        case .gitNote(let folder): "the notes of \(folder)"
        }
    }

    /// Keeps a line there.
    ///
    /// - Parameter timeout: of an address, in milliseconds. Files and repositories may hang for as long as their disk does.
    /// - Throws: `audit.unwritable`.
    func keep(_ line: String, timeout: Int = timeout, environment: [String: String]) async throws(LockgateError) {
        switch self {
        case .url(let url): try await Self.send(line, to: url, timeout, environment)
        case .file, .gitNote:
            // What blocks must not block the threads that everything else runs on.
            let failure = await withCheckedContinuation { continuation in
                DetachedThread {
                    do throws(LockgateError) {
                        try keepOnDisk(line, environment)
                        continuation.resume(returning: LockgateError?.none)
                    } catch {
                        continuation.resume(returning: error)
                    }
                }.start()
            }
            if let failure { throw failure }
        }
    }

    private func keepOnDisk(_ line: String, _ environment: [String: String]) throws(LockgateError) {
        switch self {
        case .file(let path): try Self.append(line, to: path)
        case .gitNote(let folder):
            do throws(LockgateError) {
                try RepositoryNotes(in: folder, search: environment["PATH"] ?? "").append(line)
            } catch {
                throw Self.unkept(error.message)
            }
        case .url: return
        }
    }

    private static func append(_ line: String, to path: String) throws(LockgateError) {
        // A pipe that nobody reads would be waited for without end.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
        guard descriptor >= 0 else { throw unkept("\(SystemError("open", path, errno: errno))") }
        defer { close(descriptor) }
        do throws(SystemError) {
            try PosixFile.writeAll(descriptor, Array((line + "\n").utf8))
            // A device or a pipe has nothing to wait for.
            guard fsync(descriptor) == 0 || errno == EINVAL else { throw SystemError("fsync", path, errno: errno) }
        } catch {
            throw unkept("\(error)")
        }
    }

    private static func send(
        _ line: String, to url: String, _ timeout: Int, _ environment: [String: String]
    ) async throws(LockgateError) {
        let post = try JSONPost(url: url, headers: [:], timeoutMilliseconds: timeout, environment: environment)
        let failure: LockgateError?
        do {
            let status = try await post.send(Array((line + "\n").utf8), to: "").status
            failure = (200..<300).contains(status) ? nil : unkept("\(url) answered with \(status)")
        } catch {
            failure = unkept("\(url): \(error)")
        }
        await post.shutdown()
        if let failure { throw failure }
    }

    private static func unkept(_ reason: String) -> LockgateError {
        LockgateError("audit.unwritable", "the anchor was not kept: \(reason)")
    }
}
