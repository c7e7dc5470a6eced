package import ArgumentParser
import Basics
import Config
import Glibc
import Models
import Wire

/// `lockgate model`: the models that run on this machine.
package struct ModelCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Install and serve models on this machine.",
        subcommands: [List.self, Install.self, Serve.self, Stop.self])

    package init() {}

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the local models and their state.")

        func run() async throws {
            try await Self.reporting {
                let models = try ModelCommand.models()
                for model in models.catalogue {
                    let running = try models.running(model.id)
                    let state =
                        if let running { "running at \(running.address ?? "…") (process \(running.pid))" } else {
                            try models.isInstalled(model.id)
                                ? "installed" : "not installed, \(model.size / 1_000_000) MB"
                        }
                    print("\(model.id)\t\(state)\t\(model.summary) (\(model.license))")
                }
            }
        }
    }

    struct Install: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Download a model and its server; goes on where an earlier try stopped.")

        @Argument(help: "The model.") var id = ModelSelection.localModel

        func run() async throws {
            try await Self.reporting {
                let meter = ProgressMeter()
                try await ModelCommand.models().ensureInstalled(id) { meter.show($0) }
                meter.finish()
                print("\(id) is installed. Try: lockgate exec -m \(id) -s workspace-write \"…\"")
            }
        }
    }

    struct Serve: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Start a model's server unless it runs; it ends by itself when idle.")

        @Argument(help: "The model.") var id = ModelSelection.localModel

        func run() async throws {
            try await Self.reporting {
                let meter = ProgressMeter()
                let server = try await ModelCommand.models().ensureRunning(id) { meter.show($0) }
                meter.finish()
                print(server.baseURL ?? "")
            }
        }
    }

    struct Stop: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a model's server.")

        @Argument(help: "The model.") var id = ModelSelection.localModel

        func run() async throws {
            try await Self.reporting {
                print(try await ModelCommand.models().stop(id) ? "stopped" : "it was not running")
            }
        }
    }

    /// The local models by the user's configuration.
    static func models() throws(LockgateError) -> LocalModels {
        let environment = ProcessEnvironment.variables
        let home = try ConfigurationLoader.home(environment: environment)
        let settings = try ConfigurationLoader(
            home: home, environment: environment, workingDirectory: ProcessEnvironment.workingDirectory
        ).load().settings
        return LocalModels(
            home: home, environment: environment, idleSeconds: settings.local.idleMinutes * 60,
            threads: settings.local.threads)
    }
}

extension AsyncParsableCommand {
    /// Runs a verb's work and prints an error as every other verb does.
    fileprivate static func reporting(_ work: () async throws -> Void) async throws {
        do {
            try await work()
        } catch let error as LockgateError {
            CommandOutput.report(error)
            throw ExitCode(error.exitCode)
        }
    }
}
