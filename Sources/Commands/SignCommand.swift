package import ArgumentParser
import Basics
import Glibc
import Wire
import Workspace

/// `lockgate sign`: the user's signature on commits and tags that commands made.
package struct SignCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sign", abstract: "Sign the commits and tags that an agent made, with your own key.",
        discussion: """
            Commands never reach a key, so their commits are unsigned. This signs what follows BASE on the current branch, or \
            what no remote has: each commit is made anew with the same content. Your annotated tags of these commits go along, as far \
            as no remote branch has the commit; a signed tag stays as it is. Program and key are those of your own git \
            configuration; what the repository says about signing does not count, and no hook runs.
            """)

    @Argument(help: "The last commit that stays as it is.") var base: String?
    @Flag(help: "Do not ask.") var yes = false
    @Flag(help: "Print one JSON object.") var json = false
    @Option(name: [.customShort("C"), .customLong("cd")], help: "A folder in the repository.") var directory: String?

    package init() {}

    package func run() async throws {
        try await CommandOutput.printing {
            let start = ProcessEnvironment.workingDirectory
            let folder = directory.map { PathText.absolute($0, from: start) } ?? start
            var environment = ProcessEnvironment.variables
            if environment["GPG_TTY"] == nil, let terminal = ttyname(STDIN_FILENO) {
                environment["GPG_TTY"] = String(cString: terminal)
            }
            let signing = try CommitSigning(in: folder, since: base, environment: environment)
            guard !signing.items.isEmpty || !signing.tags.isEmpty else {
                return json ? report(signing, [:]).text : "Nothing is unsigned."
            }
            if !json { print(preview(signing)) }
            guard yes || (!json && Self.asks()) else {
                throw LockgateError(
                    "sign.not_confirmed", "nothing was signed", remedy: "add --yes to sign what is listed above")
            }
            fflush(nil)
            let signed = try signing.carryOut()
            return json ? report(signing, signed).text : Self.summary(signing)
        }
    }

    private func preview(_ signing: CommitSigning) -> String {
        let lines = signing.items.map { "  \($0.hash.prefix(12)) \($0.subject)" }
        let tags = signing.tags.map { "  \($0.hash.prefix(12)) tag \($0.reference.dropFirst(10)): \($0.subject)" }
        return TerminalStyle.harmless(
            (["sign on \(signing.reference), with \(signing.keyName):"] + lines + tags).joined(separator: "\n"))
    }

    private static func summary(_ signing: CommitSigning) -> String {
        let tags = signing.tags.isEmpty ? "" : " and \(signing.tags.count) tags"
        return "\(signing.items.count) commits\(tags) are signed."
    }

    private func report(_ signing: CommitSigning, _ signed: [String: String]) -> JSONValue {
        [
            "reference": .string(signing.reference), "key": .string(signing.keyName),
            "commits": .array(
                signing.items.map {
                    ["commit": .string($0.hash), "signed": .optional(signed[$0.hash]), "subject": .string($0.subject)]
                }),
            "tags": .array(
                signing.tags.map {
                    ["tag": .string($0.reference), "object": .string($0.hash), "signed": .optional(signed[$0.hash])]
                }),
        ]
    }

    /// Asks on a terminal; anything but yes is no.
    private static func asks() -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        print("Sign them? [y/N] ", terminator: "")
        fflush(nil)
        return ["y", "yes"].contains(readLine()?.lowercased())
    }
}
