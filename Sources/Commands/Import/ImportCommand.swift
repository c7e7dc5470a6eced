package import ArgumentParser
import Basics
import Config
import Glibc
import Import
import Wire

/// `lockgate import codex|claude`: another agent's setup, as far as it means something here.
package struct ImportCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Bring over the setup of Codex or Claude Code.",
        discussion: """
            Shows first what would change, as a diff, and what cannot be brought over, with the reason; then asks. \
            Nothing that you set here is overwritten, no key is copied, and no trust is given. Without a terminal \
            nothing is written unless --yes is given: exit code 1.
            """)

    @Argument(help: "codex or claude.") var agent: ImportedAgent
    @Option(help: "The folder that holds the setup, such as a copy of ~/.codex.") var from: String?
    @Flag(help: "The project's setup instead of yours, into its .lockgate folder.") var project = false
    @Option(name: [.customShort("C"), .customLong("cd")], help: "The project, or a directory in it.")
    var directory: String?
    @Flag(help: "Write what is shown without asking.") var yes = false
    @Flag(help: "Print JSON; asks nothing.") var json = false

    package init() {}

    package func validate() throws {
        if project, from != nil {
            throw ValidationError("--project reads the project itself, so --from cannot go with it")
        }
        if directory != nil, !project { throw ValidationError("-C names a project, so it needs --project") }
    }

    package func run() async throws {
        try await CommandOutput.printing {
            let loader = try ConfigurationArguments.loader(directory: directory)
            let environment = ProcessEnvironment.variables
            let root = project ? try loader.load(trust: .untrusted).project.root : nil
            let named = from.map { PathText.absolute($0, from: ProcessEnvironment.workingDirectory) }
            let folder = try root ?? named ?? agent.folder(environment)
            let source = try SourceReader.read(
                agent, isProject: project, root: folder,
                beside: project || named != nil ? [:] : agent.beside(environment))
            let writer = ImportWriter(loader: loader, project: root)
            let target = try writer.target(source, userHome: environment["HOME"])
            let plan = try ImportPlan(source, into: target)
            let report = ImportReport(plan: plan, agent: agent, source: folder, target: target.folder)
            return try finish(report, writer)
        }
    }

    private func finish(_ report: ImportReport, _ writer: ImportWriter) throws -> String {
        let plan = report.plan
        if plan.changes.isEmpty { return json ? report.json(applied: false).text : report.text }
        if !json { try PosixFile.writeAll(STDOUT_FILENO, Array((report.text + "\n\n").utf8)) }
        guard yes || (!json && confirms(plan)) else {
            if json { try PosixFile.writeAll(STDOUT_FILENO, Array((report.json(applied: false).text + "\n").utf8)) }
            throw LockgateError(
                "import.unconfirmed", "nothing was written: nobody confirmed the changes",
                remedy: "run it on a terminal and answer, or add --yes")
        }
        try writer.apply(plan)
        if json { return report.json(applied: true).text }
        let count = plan.changes.count
        let next = project ? "; nothing of it counts before `lockgate trust`" : ""
        return "Wrote \(count) \(count == 1 ? "file" : "files")\(next)."
    }

    /// Asks on a terminal; no terminal is a no.
    private func confirms(_ plan: ImportPlan) -> Bool {
        guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else { return false }
        let count = plan.changes.count
        let question = "Write \(count == 1 ? "this file" : "these \(count) files")? [y/N] "
        try? PosixFile.writeAll(STDERR_FILENO, Array(question.utf8))
        return readLine()?.lowercased().hasPrefix("y") == true
    }
}

extension ImportedAgent {
    /// Where its setup lies.
    func folder(_ environment: [String: String]) throws(LockgateError) -> String {
        let (variable, name) =
            switch self {
            case .codex: ("CODEX_HOME", ".codex")
            case .claude: ("CLAUDE_CONFIG_DIR", ".claude")
            }
        if let set = environment[variable], set.hasPrefix("/") { return set }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw LockgateError(
                "config.no_home", "HOME is not set to an absolute path", remedy: "set HOME, or use --from")
        }
        return PathText.absolute(name, from: home)
    }

    /// Claude Code keeps a file beside its folder, unless the folder is named.
    func beside(_ environment: [String: String]) -> [String: String] {
        guard self == .claude, environment["CLAUDE_CONFIG_DIR"] == nil, let home = environment["HOME"],
            home.hasPrefix("/")
        else { return [:] }
        return [".claude.json": "\(home)/.claude.json"]
    }
}

extension ImportedAgent: ExpressibleByArgument {}
