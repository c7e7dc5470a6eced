import Basics
import Glibc
import Wire

/// Python with a virtual environment under LOCKGATE_HOME, for the model's server and for pip.
struct PythonEnvironment {
    let paths: LocalModelPaths
    /// The caller's variables; programs get those few that package installation needs.
    let environment: [String: String]
    /// Seconds before each further try of pip, since package servers and networks have moments.
    var retryPauses = [1, 3]

    /// llama.cpp's own HTTP server, compiled, as a wheel.
    static let server = "xllamacpp==2026.10.11549"

    /// Makes the environment unless it is there; never touches any other Python.
    ///
    /// - Throws: `local.python`, `local.venv`, or `CancellationError`.
    func ensure(progress: (LocalModelProgress) -> Void) async throws {
        guard !PosixFile.exists("\(paths.environment)/\(Self.complete)") else { return }
        try makeFolders()
        let lock = try await FileLock.acquire(paths.environmentLock) {
            progress(.step("waiting for another lockgate that sets up Python"))
        }
        defer { withExtendedLifetime(lock) {} }
        guard !PosixFile.exists("\(paths.environment)/\(Self.complete)") else { return }
        progress(.step("setting up a Python environment"))
        guard let python = Self.find("python3", path: environment["PATH"]) else {
            throw LockgateError(
                "local.python", "Python 3.10 or later is needed for the local model's server, and there is no python3",
                remedy: "install it; Debian and Ubuntu: apt-get install python3 python3-venv")
        }
        let isNew = try await run([python, "-I", "-c", "import sys; sys.exit(sys.version_info < (3, 10))"])
        guard isNew == .exited(0) else {
            throw LockgateError(
                "local.python", "the local model's server needs Python 3.10 or later; \(python) is older or broken",
                remedy: "put a newer python3 first in PATH")
        }
        guard try await run([python, "-I", "-m", "venv", "--clear", paths.environment]) == .exited(0) else {
            throw LockgateError(
                "local.venv", "cannot make a Python environment in \(paths.environment)\(logTail)",
                remedy: "install the venv module; Debian and Ubuntu: apt-get install python3-venv")
        }
        try await mark(Self.complete)
    }

    /// Installs the server into the environment unless it is there.
    ///
    /// - Throws: as `ensure`, and `local.pip`.
    func ensureServer(progress: (LocalModelProgress) -> Void) async throws {
        let marker = "installed-\(Self.server)"
        guard !PosixFile.exists("\(paths.environment)/\(marker)") else { return }
        try await ensure(progress: progress)
        let lock = try await FileLock.acquire(paths.environmentLock)
        defer { withExtendedLifetime(lock) {} }
        guard !PosixFile.exists("\(paths.environment)/\(marker)") else { return }
        progress(.step("installing the model's server (\(Self.server), 34 MB)"))
        try await pip(["install", "--only-binary", ":all:", Self.server])
        try await mark(marker)
    }

    /// Runs pip, and again after each of the pauses if it fails.
    ///
    /// - Throws: `local.pip` with the end of its output.
    func pip(_ arguments: [String]) async throws {
        let command = [paths.python, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input"] + arguments
        if try await run(command) == .exited(0) { return }
        for pause in retryPauses {
            try await Task.sleep(for: .seconds(pause))
            if try await run(command) == .exited(0) { return }
        }
        throw LockgateError(
            "local.pip", "pip \(arguments.first ?? "") \(arguments.last ?? "") failed\(logTail)",
            remedy: "check the network or pip's configuration, then run this again: what is done is kept")
    }

    /// Runs a program to its end; its output goes to the install log.
    func run(_ arguments: [String]) async throws -> ChildProcess.End {
        try makeFolders()
        let child = try ChildProcess(arguments, environment: Self.reduced(environment), log: paths.installLog)
        let end = await child.wait()
        try Task.checkCancellation()
        return end
    }

    private static let complete = "complete"

    private func mark(_ name: String) async throws {
        do {
            try PosixFile.replace("\(paths.environment)/\(name)", with: [])
        } catch {
            throw LockgateError("local.home", "\(error)", remedy: "make the folder writable, or set LOCKGATE_HOME")
        }
    }

    func makeFolders() throws(LockgateError) {
        do {
            try PosixFile.makeDirectory(paths.local)
        } catch {
            throw LockgateError("local.home", "\(error)", remedy: "make the folder writable, or set LOCKGATE_HOME")
        }
    }

    private var logTail: String { Self.tail(paths.installLog) }

    /// The last lines of a log for a message, on lines of their own; empty if there are none.
    static func tail(_ path: String, lines: Int = 6) -> String {
        guard let bytes = try? PosixFile.read(path, limit: 16 << 20) else { return "" }
        let text = String(decoding: bytes.suffix(4_096), as: UTF8.self)
        let last = text.split(whereSeparator: \.isNewline).suffix(lines)
        return last.isEmpty ? "" : ":\n" + last.map { "    \($0)" }.joined(separator: "\n")
    }

    /// A program by its name along PATH.
    static func find(_ name: String, path: String?) -> String? {
        (path ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":").map { "\($0)/\(name)" }
            .first { $0.hasPrefix("/") && access($0, X_OK) == 0 && !PosixFile.isDirectory($0) }
    }

    /// What Python and pip may see: nothing that could hold a provider's key.
    static func reduced(_ environment: [String: String]) -> [String: String] {
        let names: Set<String> = [
            "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR",
            "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "LD_LIBRARY_PATH", "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
        ]
        return environment.filter { name, _ in
            names.contains(name) || name.hasPrefix("PIP_") || name.lowercased().hasSuffix("_proxy")
        }
    }
}
