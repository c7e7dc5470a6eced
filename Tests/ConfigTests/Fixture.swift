import Basics
import TestSupport
import Testing
import Wire

@testable import Config

/// A user's home, a system folder and a repository in a temporary folder that goes away with the scope.
struct Fixture {
    let base: String
    var home: String { "\(base)/home/.lockgate" }
    var system: String { "\(base)/etc" }
    var project: String { "\(base)/project" }

    static func with<Result>(_ body: (Fixture) throws -> Result) throws -> Result {
        try TemporaryFolder.with { folder in
            // The temporary folder's own path may lead through links.
            let fixture = Fixture(base: try #require(PosixFile.canonical(folder.path)))
            for folder in [fixture.home, fixture.system, "\(fixture.project)/.git", "\(fixture.project)/.lockgate"] {
                try makeFolder(folder)
            }
            return try body(fixture)
        }
    }

    static func makeFolder(_ path: String) throws { try PosixFile.makeDirectory(path, mode: 0o755) }

    func write(_ path: String, _ text: String) throws { try write(path, bytes: Array(text.utf8)) }

    func write(_ path: String, bytes: [UInt8]) throws {
        try Self.makeFolder(PathText.parent(path))
        try PosixFile.replace(path, with: bytes, mode: 0o644)
    }

    func writeUser(_ text: String) throws { try write("\(home)/config.toml", text) }
    func writeSystem(_ text: String) throws { try write("\(system)/config.toml", text) }
    func writeProject(_ text: String) throws { try write("\(project)/.lockgate/config.toml", text) }

    func loader(in directory: String? = nil) -> ConfigurationLoader {
        ConfigurationLoader(
            home: home, systemDirectory: system, environment: ["HOME": "\(base)/home"],
            workingDirectory: directory ?? project)
    }

    func load(
        profile: String? = nil, _ overrides: String..., trust: TrustLevel? = nil, in directory: String? = nil
    ) throws -> Configuration {
        try loader(in: directory).load(
            profile: profile, overrides: overrides.map { try ConfigurationOverride(argument: $0) }, trust: trust)
    }

    /// The error of a load that must fail.
    func failure(
        profile: String? = nil, _ overrides: String..., trust: TrustLevel? = .trusted, in directory: String? = nil
    ) throws -> LockgateError {
        let overrides = try overrides.map { try ConfigurationOverride(argument: $0) }
        return try #require(throws: LockgateError.self) {
            _ = try loader(in: directory).load(profile: profile, overrides: overrides, trust: trust)
        }
    }
}
