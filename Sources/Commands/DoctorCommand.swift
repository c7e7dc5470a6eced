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

    package init() {}

    package func run() async throws {
        let environment = ProcessEnvironment.variables
        let style = TerminalStyle(descriptor: STDOUT_FILENO, environment: environment)
        var healthy = true
        func line(_ isGood: Bool, _ name: String, _ text: String, remedy: String? = nil) {
            healthy = healthy && isGood
            print("\(isGood ? style.green("✓") : style.red("✗")) \(name): \(text)")
            if let remedy { print("    fix: \(remedy)") }
        }
        print("lockgate \(Version.text)")
        let report = await SandboxProbe.run()
        if let problem = report.problem {
            line(false, "sandbox", problem.message, remedy: problem.remedy)
        } else {
            line(
                report.isComplete, "sandbox",
                "namespaces, read-only root, seccomp, Landlock ABI \(report.landlockABI); kernel \(report.kernel)")
        }
        do throws(LockgateError) {
            let home = try ConfigurationLoader.home(environment: environment)
            let configuration = try ConfigurationLoader(
                home: home, environment: environment, workingDirectory: ProcessEnvironment.workingDirectory
            ).load()
            let files = configuration.files.map(\.description)
            line(true, "configuration", files.isEmpty ? "built-in values only" : files.joined(separator: ", "))
            let caches = ToolchainCaches(root: configuration.project.root, home: home, environment: environment)
            for found in caches.found {
                let text = "\(found.marker)" + (found.toolchain.limitation.map { "; \($0)" } ?? "")
                print("\(style.dim("·")) toolchain: \(found.toolchain.rawValue), by \(text)")
            }
            if let folder = caches.folder { print("    caches of this project: \(folder)") }
            for warning in configuration.warnings { print("    \(style.yellow("!")) \(warning.message)") }
            do throws(SystemError) {
                try PosixFile.makeDirectory(home)
                line(access(home, W_OK) == 0, "home", home)
            } catch {
                line(false, "home", "\(error)", remedy: "make it writable, or set LOCKGATE_HOME")
            }
            do throws(LockgateError) {
                let selection = try ModelSelection(
                    settings: configuration.settings, environment: environment, home: home)
                line(true, "model", "\(selection.model) via \(selection.provider.name)")
            } catch {
                line(false, "model", error.message, remedy: error.remedy)
            }
        } catch {
            line(false, "configuration", error.message, remedy: error.remedy)
        }
        if !healthy { throw ExitCode(1) }
    }
}
