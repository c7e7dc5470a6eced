import ArgumentParser
import Audit
import Basics
import Glibc
import Journal
import Models
import Wire

extension AuditCommand {
    /// `lockgate audit anchor`: proof of how far a journal goes, to be kept elsewhere.
    struct Anchor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a signed line that says how far a session's journal goes, and keep it elsewhere.",
            discussion: """
                Kept elsewhere (another machine, a ticket, a git note), the line proves later that nothing before it was \
                changed or cut off: lockgate audit verify --anchors FILE. Prints the line where no place is given. Fails \
                where it could not be kept in each of the places.
                """)

        @Argument(help: "The session: its id, the beginning of it, or its name.") var session: String
        @Option(name: [.customLong("to"), .customLong("append")], help: "Add the line to this file.")
        var file: String?
        @Option(help: "Send the line to this address, by POST as application/json; an answer from 200 to 299 is yes.")
        var toUrl: String?

        /// For connecting, sending and the answer. Milliseconds.
        private static let timeout = 15_000

        func run() async throws {
            try await CommandOutput.printing {
                let store = try SessionStore.ofUser()
                let line = try Self.line(store.resolve(session), key: store.keyFile.load())
                if let file {
                    try Self.append(line, to: PathText.absolute(file, from: ProcessEnvironment.workingDirectory))
                }
                if let toUrl { try await Self.send(line, to: toUrl) }
                return file == nil && toUrl == nil ? line : ""
            }
        }

        private static func line(_ session: SessionLocation, key: SealPrivateKey) throws -> String {
            let report = VerificationRun.report(onFile: session.path, expecting: Expectation())
            guard report.isWhole, let head = report.head, let last = report.lastRecord else {
                let reason = report.findings.first?.description ?? "it is empty"
                throw LockgateError("journal.broken", "session \(session.id) does not verify: \(reason)")
            }
            return try Seal(
                session: session.id.text, sequence: last, head: head, time: WallTime.now.rfc3339, by: key
            ).json.text
        }

        private static func append(_ line: String, to path: String) throws(LockgateError) {
            let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o644)
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

        private static func send(_ line: String, to url: String) async throws {
            let post = try JSONPost(
                url: url, headers: [:], timeoutMilliseconds: timeout, environment: ProcessEnvironment.variables)
            let status: Int
            do {
                status = try await post.send(Array((line + "\n").utf8), to: "")
            } catch {
                await post.shutdown()
                throw unkept("\(url): \(error)")
            }
            await post.shutdown()
            guard (200..<300).contains(status) else { throw unkept("\(url) answered with \(status)") }
        }

        private static func unkept(_ reason: String) -> LockgateError {
            LockgateError("audit.unwritable", "the anchor was not kept: \(reason)")
        }
    }
}
