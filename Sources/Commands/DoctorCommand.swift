package import ArgumentParser
import Basics
import Config
import Glibc
import Models
import Sandbox
import Wire

/// `lockgate doctor`: what holds on this machine, and what to mend.
package struct DoctorCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the sandbox, the configuration and the journal's folder.",
        discussion: "Exits with 1 when something has to be mended.")

    @Flag(help: "Print one JSON object.")
    var json = false

    package init() {}

    package func run() async throws {
        let environment = ProcessEnvironment.variables
        let report = await Self.report(environment)
        if json {
            print(report.json.text)
        } else {
            report.printText(style: TerminalStyle(descriptor: STDOUT_FILENO, environment: environment))
        }
        if !report.isHealthy { throw ExitCode(1) }
    }

    /// - Parameter directory: whose configuration counts; nil for the current one's.
    static func report(_ environment: [String: String], directory: String? = nil) async -> DoctorReport {
        var report = DoctorReport()
        var permissions = SandboxLadder.Permissions()
        var mode = SandboxMode.workspaceWrite
        var home: String?
        do throws(LockgateError) {
            let folder = try ConfigurationLoader.home(environment: environment)
            home = folder
            let configuration = try ConfigurationLoader(
                home: folder, environment: environment,
                workingDirectory: directory ?? ProcessEnvironment.workingDirectory
            ).load()
            permissions = .init(configuration.settings)
            mode = configuration.settings.sandboxMode
            check(configuration, home: folder, environment: environment, in: &report)
        } catch {
            report.add("configuration", error)
        }
        await checkSandbox(mode: mode, permissions: permissions, home: home, in: &report)
        return report
    }

    /// Asks the machine anew, whatever is known from before, and sets the sandbox up once at its level.
    private static func checkSandbox(
        mode: SandboxMode, permissions: SandboxLadder.Permissions, home: String?, in report: inout DoctorReport
    ) async {
        do throws(LockgateError) {
            let helper = try HelperLocation.find()
            let survey =
                if let home { try SurveyCache(home: home).renewed(helper: helper) } else {
                    try LayerSurvey.run(helper: helper)
                }
            report.layers = survey
            // With danger-full-access configured, what a sandboxed mode would find is still worth knowing.
            let level = try SandboxLadder.level(
                survey, mode: mode == .dangerFullAccess ? .workspaceWrite : mode, network: .off,
                permissions: permissions)
            report.level = level
            let probe = await SandboxProbe.run(level: level)
            if let problem = probe.problem { throw problem }
            let text = "level \(level.rawValue), Landlock ABI \(survey.landlockABI); kernel \(probe.kernel)"
            report.add("sandbox", text, isGood: probe.isComplete)
            let overlay = survey.lines.first { $0.name == LayerSurvey.Layer.overlay.rawValue }?.result ?? ""
            let staging =
                !level.hasNamespaces
                ? "staged sessions cannot be had without namespaces"
                : survey.grants(.overlay)
                    ? "staged sessions work in an overlay"
                    : "staged sessions work on a copy of the workspace (overlay: \(overlay))"
            report.checks[report.checks.count - 1].notes.append(staging)
            report.checks[report.checks.count - 1].notes.append(CgroupStanding().text)
            if let warning = level.warning { report.checks[report.checks.count - 1].notes.append(warning) }
        } catch {
            report.add("sandbox", error)
        }
    }

    private static func check(
        _ configuration: Configuration, home: String, environment: [String: String], in report: inout DoctorReport
    ) {
        let files = configuration.files.map(\.description)
        report.add("configuration", files.isEmpty ? "built-in values only" : files.joined(separator: ", "))
        let caches = ToolchainCaches(root: configuration.project.root, home: home, environment: environment)
        var notes = caches.found.map { found in
            "toolchain: \(found.toolchain.rawValue), by \(found.marker)"
                + (found.toolchain.limitation.map { "; \($0)" } ?? "")
        }
        notes.append("caches of this project: \(caches.folder)")
        notes += DeviceFamily.allCases.compactMap { family in
            let nodes = family.nodes
            guard !nodes.isEmpty else { return nil }
            let isShown = configuration.settings.allowDevices.contains(family.rawValue)
            return "\(family.rawValue): \(nodes.joined(separator: ", ")), "
                + (isShown
                    ? "shown to commands" : "hidden; filesystem.allow_devices = [\"\(family.rawValue)\"] shows them")
        }
        report.checks[report.checks.count - 1].notes = notes + configuration.warnings.map(\.message)
        do throws(SystemError) {
            try PosixFile.makeDirectory(home)
            report.add("home", home, isGood: access(home, W_OK) == 0)
        } catch {
            report.add("home", "\(error)", isGood: false, remedy: "make it writable, or set LOCKGATE_HOME")
        }
        do throws(LockgateError) {
            let selection = try ModelSelection(settings: configuration.settings, environment: environment, home: home)
            report.add("model", "\(selection.model) via \(selection.provider.name)")
        } catch {
            report.add("model", error)
        }
    }
}
