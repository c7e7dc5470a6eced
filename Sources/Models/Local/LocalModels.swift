package import Wire

/// The models that run on this machine, behind `lockgate model list|install|serve|stop|status`.
///
/// ```
/// let models = LocalModels(home: home, environment: environment)
/// try await models.ensureInstalled("qwen2.5-coder-1.5b") { print($0) }
/// let server = try await models.ensureRunning("qwen2.5-coder-1.5b") { print($0) }
/// ```
/// All of it may be done by several processes at once: they wait for each other, and one server serves all.
package struct LocalModels: Sendable {
    package let paths: LocalModelPaths
    package let catalogue: [LocalModel]
    private let environment: [String: String]
    private let idleSeconds: Int
    private let threads: Int?

    /// - Parameters:
    ///   - home: LOCKGATE_HOME.
    ///   - environment: For PATH, proxies and pip's own settings; keys in it are not passed on.
    ///   - idleSeconds: After how long without use a server ends itself.
    ///   - threads: nil for all cores but one, at least one.
    package init(
        home: String, environment: [String: String], idleSeconds: Int = 600, threads: Int? = nil,
        catalogue: [LocalModel] = LocalModel.catalogue
    ) {
        paths = LocalModelPaths(home: home)
        self.catalogue = catalogue
        self.environment = environment
        self.idleSeconds = idleSeconds
        self.threads = threads
    }

    /// - Throws: `local.unknown_model`.
    package func model(_ id: String) throws(LockgateError) -> LocalModel {
        guard let model = catalogue.first(where: { $0.id == id }) else {
            throw LockgateError(
                "local.unknown_model", "there is no local model \"\(id)\"",
                remedy: "use one of: \(catalogue.map(\.id).joined(separator: ", "))")
        }
        return model
    }

    /// Whether the model's file is here, checked and complete.
    package func isInstalled(_ id: String) throws(LockgateError) -> Bool {
        installer(try model(id)).isInstalled
    }

    /// Brings the model's file and its server here unless they are.
    ///
    /// - Throws: an error that names the step and its remedy; what has arrived is kept. `CancellationError` too.
    package func ensureInstalled(
        _ id: String, progress: @escaping @Sendable (LocalModelProgress) -> Void
    ) async throws {
        let model = try model(id)
        try await installer(model).run(progress: progress)
        try await PythonEnvironment(paths: paths, environment: environment).ensureServer(progress: progress)
    }

    /// The model's server, started unless it runs; it stays at least for the idle time.
    ///
    /// - Throws: `local.not_installed`, `local.server` and others; `CancellationError`.
    package func ensureRunning(
        _ id: String, progress: @escaping @Sendable (LocalModelProgress) -> Void = { _ in }
    ) async throws -> LocalServer {
        let model = try model(id)
        guard installer(model).isInstalled else {
            throw LockgateError(
                "local.not_installed", "the local model \(id) is not installed",
                remedy: "run: lockgate model install \(id)")
        }
        return try await starter(model).ensure(progress: progress)
    }

    /// Says that the server is still wanted. Call it before each request.
    package func touchLease(_ id: String) throws(LockgateError) {
        try starter(try model(id)).touchLease()
    }

    /// The running server of the model; nil if there is none.
    package func running(_ id: String) throws(LockgateError) -> LocalServer? {
        LocalServer.read(paths.state(try model(id)))
    }

    /// Ends the model's server.
    ///
    /// - Returns: whether there was one.
    package func stop(_ id: String) async throws -> Bool {
        try await starter(try model(id)).stop()
    }

    private func installer(_ model: LocalModel) -> LocalModelInstaller {
        LocalModelInstaller(
            model: model, paths: paths, environment: environment,
            python: PythonEnvironment(paths: paths, environment: environment))
    }

    private func starter(_ model: LocalModel) -> LocalServerStarter {
        LocalServerStarter(
            model: model, paths: paths, environment: environment, idleSeconds: idleSeconds, threads: threads)
    }
}
