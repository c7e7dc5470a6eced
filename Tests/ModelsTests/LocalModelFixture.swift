import AsyncHTTPClient
import Basics
import Glibc
import NIOCore
import NIOHTTP1
import TestSupport
import Wire

@testable import Models

/// A home for local models with a small file as the model, and a Python that makes environments in no time, loads
/// wheels from a folder, and has a model server that keeps the real one's manners: loopback, a key, `/health`.
struct LocalModelFixture {
    let folder: TemporaryFolder
    let environment: [String: String]

    static let id = "toy"
    static let bytes: [UInt8] = (0..<8192).map { UInt8(truncatingIfNeeded: ($0 * 7) ^ ($0 >> 8)) }
    /// Of `bytes`, worked out by another program.
    static let sha256 = "814b77f6acf009927d989eec1948832148197b3294ae83a69ec5bd1b94c6ba1f"

    static func model(url: String = "http://127.0.0.1:9/model.gguf", wheels: Int = 0) -> LocalModel {
        LocalModel(
            id: id, summary: "a toy", license: "none", file: "toy.gguf", size: Int64(bytes.count), sha256: sha256,
            publisherURL: url,
            wheels: wheels == 0 ? nil : LocalModel.Wheels(name: "toy-part", count: wheels, version: "1.0"),
            contextSize: 512)
    }

    static func with<T>(_ body: (LocalModelFixture) async throws -> T) async throws -> T {
        try await TemporaryFolder.with { folder in
            let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            guard let python = PythonEnvironment.find("python3", path: path) else { throw TestFailure("no python3") }
            try folder.makeFolder("home")
            try folder.makeFolder("wheels")
            try folder.write("bin/python3", Self.python(real: python, folder: folder.path))
            chmod(folder.at("bin/python3"), 0o755)
            try folder.write("modules/xllamacpp.py", Self.server)
            try folder.write("start.py", Self.start)
            let fixture = LocalModelFixture(folder: folder, environment: ["PATH": "\(folder.at("bin")):\(path)"])
            let result: Result<T, any Error>
            do {
                result = .success(try await body(fixture))
            } catch {
                result = .failure(error)
            }
            _ = try await fixture.models().stop(Self.id)
            return try result.get()
        }
    }

    var paths: LocalModelPaths { LocalModelPaths(home: folder.at("home")) }

    func models(_ model: LocalModel = model(), idleSeconds: Int = 60) -> LocalModels {
        LocalModels(
            home: paths.home, environment: environment, idleSeconds: idleSeconds, threads: 1, catalogue: [model])
    }

    /// Puts the model's file where an installation would.
    func install() throws {
        try folder.write("home/models/\(Self.id)/toy.gguf", Self.bytes)
    }

    /// The installed file; nil if there is none.
    func installed() throws -> [UInt8]? { try folder.read("home/models/\(Self.id)/toy.gguf") }

    /// What lies beside it but for the lock.
    func leftovers() throws -> [String] {
        try folder.names("home/models/\(Self.id)").filter { !["toy.gguf", "install.lock"].contains($0) }
    }

    // MARK: Wheels

    /// Offers the bytes as wheels of equal size, the last one with what is left.
    func offerWheels(_ bytes: [UInt8] = LocalModelFixture.bytes, count: Int, missing: Set<Int> = []) throws {
        let size = (bytes.count + count - 1) / count
        for number in 1...count where !missing.contains(number) {
            let part = bytes[min(bytes.count, (number - 1) * size)..<min(bytes.count, number * size)]
            try folder.write("part", part)
            let archive = try OracleCommand.run(
                [
                    "python3", "-c", Self.makeWheel, folder.at("part"),
                    folder.at("wheels/toy-part\(number)==1.0.whl"),
                ], in: folder)
            guard archive.status == 0 else { throw TestFailure(archive.errorText) }
        }
    }

    /// What pip was asked for, in order.
    func requirements() throws -> [String] {
        try folder.text("pip.log")?.split(separator: "\n").map(String.init) ?? []
    }

    private static let makeWheel = """
        import sys, zipfile
        with zipfile.ZipFile(sys.argv[2], "w") as archive:
            archive.writestr("toy/__init__.py", "raise SystemExit('this must never run')")
            archive.write(sys.argv[1], "toy/data/part.bin")
        """

    // MARK: The server

    /// Asks the server; nil if the connection ends without an answer.
    static func get(_ server: LocalServer, _ path: String, key: String? = nil) async -> (status: UInt, body: String)? {
        guard let address = server.address else { return nil }
        var request = HTTPClientRequest(url: "\(address)\(path)")
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key)") }
        // A refused connection is the answer here and not a reason to try on.
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let response = try? await client.execute(request, deadline: .distantFuture)
        let body = try? await response?.body.collect(upTo: 1 << 16)
        try? await client.shutdown()
        guard let response, let body else { return nil }
        return (response.status.code, String(buffer: body))
    }

    // MARK: Programs

    private static func python(real: String, folder: String) -> String {
        """
        #!/bin/sh
        root='\(folder)'
        [ "$2 $3 $4" != "-m venv --clear" ] || { mkdir -p "$5/bin" && exec cp "$0" "$5/bin/python3"; }
        if [ "$2 $3" = "-m pip" ]; then
            action=$6
            while [ $# -gt 1 ]; do
                [ "$1" != --dest ] || dest=$2
                shift
            done
            echo "$1" >>"$root/pip.log"
            [ "$action" = download ] || exit 0
            mkdir -p "$dest"
            exec cp "$root/wheels/$1.whl" "$dest/part.whl"
        fi
        if [ "$2" = -u ]; then
            shift 2
            exec '\(real)' -I -u "$root/start.py" "$@"
        fi
        exec '\(real)' "$@"

        """
    }

    /// Puts our module where the installed one would be found.
    private static let start = """
        import os, runpy, sys
        sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules"))
        del sys.argv[0]
        runpy.run_path(sys.argv[0], run_name="__main__")
        """

    private static let server = """
        import http.server, threading, types


        class CommonParams:
            def __init__(self):
                self.model = types.SimpleNamespace(path=None)
                self.cpuparams = types.SimpleNamespace(n_threads=0)
                self.cpuparams_batch = types.SimpleNamespace(n_threads=0)


        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                given = self.server.given
                if self.path == "/wait":
                    threading.Event().wait()
                allowed = self.path == "/health" or self.headers["authorization"] in [
                    "Bearer " + key for key in given.api_keys]
                body = f"{given.model.path} {given.n_ctx} {given.cpuparams.n_threads}".encode()
                self.send_response(200 if allowed else 401)
                self.send_header("content-length", str(len(body) if allowed else 0))
                self.end_headers()
                if allowed:
                    self.wfile.write(body)


        class Server:
            def __init__(self, given):
                with open(given.model.path, "rb") as model:
                    if model.read(6) == b"broken":
                        raise RuntimeError("this is no model")
                [host] = given.hostnames
                server = http.server.ThreadingHTTPServer((host, given.port), Handler)
                server.daemon_threads = True
                server.given = given
                self.listening_address = f"http://{host}:{server.server_address[1]}"
                threading.Thread(target=server.serve_forever, daemon=True).start()
        """
}
