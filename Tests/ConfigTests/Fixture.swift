import Basics
import Glibc
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
        var template = Array("/tmp/lockgate-config-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { $0.baseAddress.map { mkdtemp($0) != nil } ?? false }
        try #require(made)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let base = try #require(
            realpath(path, nil).map { pointer in
                defer { free(pointer) }
                return String(cString: pointer)
            })
        defer { remove(tree: base) }
        let fixture = Fixture(base: base)
        for folder in [fixture.home, fixture.system, "\(fixture.project)/.git", "\(fixture.project)/.lockgate"] {
            try makeFolder(folder)
        }
        return try body(fixture)
    }

    static func makeFolder(_ path: String) throws {
        var at = ""
        for part in path.split(separator: "/") {
            at += "/\(part)"
            let made = mkdir(at, 0o755) == 0 || errno == EEXIST
            try #require(made, "mkdir \(at): errno \(errno)")
        }
    }

    func write(_ path: String, _ text: String) throws { try write(path, bytes: Array(text.utf8)) }

    func write(_ path: String, bytes: [UInt8]) throws {
        try Self.makeFolder(String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]))
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        try #require(descriptor >= 0, "open \(path): errno \(errno)")
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
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

    private static func remove(tree path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            chmod(path, 0o700)
            for name in entries(of: path) { remove(tree: "\(path)/\(name)") }
            rmdir(path)
        } else {
            unlink(path)
        }
    }

    static func entries(of path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}

extension Fixture {
    /// Runs a Python program with arguments and returns its standard output: the oracle for TOML.
    static func python(_ program: String, _ arguments: [String]) throws -> [UInt8] {
        var pipe: [Int32] = [0, 0]
        let piped = Glibc.pipe(&pipe)
        try #require(piped == 0)
        for end in pipe { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipe[1], 1)
        var words = (["/usr/bin/env", "python3", "-c", program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, "/usr/bin/env", &actions, nil, &words, environ)
        close(pipe[1])
        defer { close(pipe[0]) }
        try #require(failure == 0)
        var output: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(pipe[0], &chunk, chunk.count)
            if count <= 0 { break }
            output.append(contentsOf: chunk[..<count])
        }
        var status: Int32 = 0
        waitpid(child, &status, 0)
        try #require(status == 0)
        return output
    }
}
