import Basics
import TestSupport
import Testing
import Wire

@testable import Models

/// The publisher's file over a connection that breaks, and servers that answer wrongly.
@Suite struct PublisherDownloadTests {
    private static let bytes = LocalModelFixture.bytes

    /// Downloads and returns what is in the partial file, with the ranges that were asked for.
    private func load(
        partial: [UInt8]? = nil, _ script: @escaping ScriptedFileServer.Script
    ) async throws -> (error: LockgateError.Code?, partial: [UInt8]?, ranges: [String?]) {
        try await TemporaryFolder.with { folder in
            try await ScriptedFileServer.with(script) { server in
                if let partial { try folder.write("part", partial) }
                let model = LocalModelFixture.model(url: server.url)
                var code: LockgateError.Code?
                do {
                    try await PublisherDownload(model: model, partial: folder.at("part"), environment: [:])
                        .run { _ in }
                } catch let error as LockgateError {
                    code = error.code
                }
                return (code, try folder.read("part"), server.ranges)
            }
        }
    }

    @Test func aCutDownloadGoesOnWhereItWasCut() async throws {
        let loaded = try await load { range, number in
            .file(Self.bytes, range: range, upTo: number < 3 ? 1000 : nil)
        }
        #expect(loaded.error == nil)
        #expect(loaded.partial == Self.bytes)
        #expect(loaded.ranges == [nil, "bytes=1000-", "bytes=2000-", "bytes=3000-"])
    }

    @Test func whatAnEarlierRunLeftIsNotLoadedAgain() async throws {
        let loaded = try await load(partial: Array(Self.bytes.prefix(4000))) { range, _ in
            .file(Self.bytes, range: range)
        }
        #expect(loaded.partial == Self.bytes)
        #expect(loaded.ranges == ["bytes=4000-"])
    }

    @Test func aCompleteFileAsksForNothing() async throws {
        let loaded = try await load(partial: Self.bytes) { _, _ in FileAnswer(status: 500) }
        #expect(loaded.error == nil)
        #expect(loaded.ranges == [])
    }

    @Test func aServerWithoutRangesMakesItStartOver() async throws {
        let loaded = try await load(partial: [1, 2, 3]) { _, _ in .file(Self.bytes, range: nil) }
        #expect(loaded.error == nil)
        #expect(loaded.partial == Self.bytes)
    }

    @Test func aRangeThatStartsElsewhereIsRefused() async throws {
        let part = Array(Self.bytes.prefix(10))
        let loaded = try await load(partial: part) { _, _ in .file(Self.bytes, range: "bytes=20-") }
        #expect(loaded.error == "local.download")
        #expect(loaded.partial == part)
    }

    @Test func aFileThatIsLargerThanTheModelIsRefusedAndNotKept() async throws {
        let loaded = try await load { _, _ in .file(Self.bytes + [0], range: nil) }
        #expect(loaded.error == "local.download")
        #expect(loaded.partial?.count ?? 0 <= Self.bytes.count)
    }

    @Test func aConnectionThatBringsNothingEndsIt() async throws {
        let part = Array(Self.bytes.prefix(500))
        let loaded = try await load(partial: part) { range, _ in .file(Self.bytes, range: range, upTo: 0) }
        #expect(loaded.error == "local.download")
        #expect(loaded.partial == part)
        #expect(loaded.ranges.count == 1)
    }

    @Test(arguments: [403, 404, 416, 500]) func anErrorStatusEndsIt(status: Int) async throws {
        let loaded = try await load { _, _ in FileAnswer(status: status, body: Array("no".utf8)) }
        #expect(loaded.error == "local.download")
        #expect(loaded.partial == nil)
    }

    @Test func nobodyThereEndsIt() async throws {
        try await TemporaryFolder.with { folder in
            // Port 9 of loopback: nothing may listen below 1024 but the system's own services.
            let model = LocalModelFixture.model(url: "http://127.0.0.1:9/model.gguf")
            let download = PublisherDownload(model: model, partial: folder.at("part"), environment: [:])
            let error = await #expect(throws: LockgateError.self) { try await download.run { _ in } }
            #expect(error?.code == "local.download")
            #expect(error?.message == "cannot load toy.gguf from 127.0.0.1: Connection refused")
        }
    }
}
