import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Models

/// One server for a model, whoever asks, as long as it is wanted, and for nobody else.
@Suite struct LocalServerTests {
    @Test func aServerThatRunsIsFoundAgain() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let first = try await fixture.models().ensureRunning(LocalModelFixture.id)
            let second = try await fixture.models().ensureRunning(LocalModelFixture.id)
            #expect(first == second)
            #expect(try fixture.models().running(LocalModelFixture.id) == first)
        }
    }

    @Test func startersAtTheSameTimeGetOneServer() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let servers = try await withThrowingTaskGroup(of: LocalServer.self) { group in
                for _ in 0..<4 { group.addTask { try await fixture.models().ensureRunning(LocalModelFixture.id) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(servers.count == 4)
            #expect(Set(servers).count == 1)
        }
    }

    @Test func itListensOnLoopbackAndAnswersOnlyWithTheKey() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let server = try await fixture.models().ensureRunning(LocalModelFixture.id)
            #expect(server.address?.hasPrefix("http://127.0.0.1:") == true)
            #expect(server.key.utf8.count == 32)
            #expect(await LocalModelFixture.get(server, "/v1/models")?.status == 401)
            #expect(await LocalModelFixture.get(server, "/v1/models", key: "guess")?.status == 401)
            let answer = await LocalModelFixture.get(server, "/v1/models", key: server.key)
            #expect(answer?.status == 200)
            let path = try #require(PosixFile.canonical(fixture.paths.file(LocalModelFixture.model())))
            #expect(answer?.body == "\(path) 512 1")
        }
    }

    @Test func theRecordWithTheKeyIsReadableByNobodyElse() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            _ = try await fixture.models().ensureRunning(LocalModelFixture.id)
            let state = fixture.paths.state(LocalModelFixture.model())
            var status = stat()
            #expect(stat(state, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            // A record that others may write could send prompts anywhere.
            chmod(state, 0o666)
            #expect(try fixture.models().running(LocalModelFixture.id) == nil)
            chmod(state, 0o600)
        }
    }

    @Test func aServerThatWasKilledIsReplaced() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let first = try await fixture.models().ensureRunning(LocalModelFixture.id)
            kill(first.pid, SIGKILL)
            #expect(await LocalModelFixture.get(first, "/wait") == nil)
            let second = try await fixture.models().ensureRunning(LocalModelFixture.id)
            #expect(second.pid != first.pid)
            #expect(await LocalModelFixture.get(second, "/health")?.status == 200)
        }
    }

    @Test func aRecordOfAnotherProcessIsNotBelieved() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let model = LocalModelFixture.model()
            try PosixFile.makeDirectory(fixture.paths.local)
            // A live process that took the id of a server that is gone: this one, by another start time.
            let record: JSONValue = [
                "pid": .int(Int(getpid())), "start": 1, "id": "toy", "sha256": .string(model.sha256), "key": "k",
                "status": "ready", "address": "http://127.0.0.1:9", "since": 0,
            ]
            try PosixFile.replace(fixture.paths.state(model), with: record.bytes)
            #expect(try fixture.models().running(LocalModelFixture.id) == nil)
            let server = try await fixture.models().ensureRunning(LocalModelFixture.id)
            #expect(server.pid != getpid())
        }
    }

    @Test func aPortThatIsTakenByNowIsNotUsedAgain() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let first = try await fixture.models().ensureRunning(LocalModelFixture.id)
            let port = try #require(first.address?.split(separator: ":").last.flatMap { UInt16($0) })
            kill(first.pid, SIGKILL)
            #expect(await LocalModelFixture.get(first, "/wait") == nil)
            // Somebody else listens where the killed server did.
            let stranger = try LoopbackListener(port: port)
            let second = try await fixture.models().ensureRunning(LocalModelFixture.id)
            #expect(second.address != first.address)
            #expect(await LocalModelFixture.get(second, "/health")?.status == 200)
            withExtendedLifetime(stranger) {}
        }
    }

    @Test func itEndsWhenNobodyWantsIt() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let models = fixture.models(idleSeconds: 1)
            let server = try await models.ensureRunning(LocalModelFixture.id)
            // Answered by nothing but the end of the connection.
            #expect(await LocalModelFixture.get(server, "/wait") == nil)
            #expect(try models.running(LocalModelFixture.id) == nil)
            #expect(!PosixFile.exists(fixture.paths.state(LocalModelFixture.model())))
            let next = try await models.ensureRunning(LocalModelFixture.id)
            #expect(next.pid != server.pid)
        }
    }

    @Test func stopEndsItOnce() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            let models = fixture.models()
            #expect(try await !models.stop(LocalModelFixture.id))
            let server = try await models.ensureRunning(LocalModelFixture.id)
            #expect(try await models.stop(LocalModelFixture.id))
            #expect(!server.isAlive)
            #expect(try await !models.stop(LocalModelFixture.id))
        }
    }

    @Test func aServerThatCannotLoadSaysWhy() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.folder.write(
                "home/models/toy/toy.gguf", Array("broken".utf8) + LocalModelFixture.bytes.dropFirst(6))
            let error = await #expect(throws: LockgateError.self) {
                try await fixture.models().ensureRunning(LocalModelFixture.id)
            }
            #expect(error?.code == "local.server")
            #expect(error?.message.contains("this is no model") == true)
        }
    }

    @Test func aModelThatIsNotThereIsNotServed() async throws {
        try await LocalModelFixture.with { fixture in
            let models = fixture.models()
            for (id, code) in [(LocalModelFixture.id, "local.not_installed"), ("other", "local.unknown_model")] {
                let error = await #expect(throws: LockgateError.self) { try await models.ensureRunning(id) }
                #expect(error?.code.name == code)
            }
        }
    }
}

/// A socket that listens on a port of loopback and accepts nobody.
private final class LoopbackListener {
    private let descriptor: Int32

    init(port: UInt16) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var on: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard isBound == 0, listen(descriptor, 1) == 0 else { throw TestFailure("port \(port): errno \(errno)") }
    }

    deinit { close(descriptor) }
}
