package import Basics
import Glibc
import Synchronization

/// A built program under test, run as a user would run it.
package final class ProgramRun: Sendable {
    /// How it ended and what it printed.
    package struct Result: Sendable {
        /// The exit code, or 128 plus the signal.
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }

        /// Standard output as JSON lines; a line that is none becomes null.
        package var events: [JSONValue] {
            output.split(separator: UInt8(ascii: "\n")).map { (try? JSONValue(parsing: $0)) ?? .null }
        }
    }

    private let process: Int32
    private let out: String
    private let errors: String
    private let end = Mutex<(status: Int32?, waiters: [CheckedContinuation<Int32, Never>])>((nil, []))

    /// Starts a program of this package, found where the tests were built.
    ///
    /// - Parameters:
    ///   - scratch: holds the captured output; must outlive the run.
    ///   - input: standard input; empty is /dev/null.
    ///   - wrapper: a command that runs the program given to it as its last arguments.
    package init(
        _ program: String, _ arguments: [String], in directory: String, environment: [String: String],
        scratch: TemporaryFolder, input: [UInt8]? = nil, wrapper: [String] = []
    ) throws {
        let mark = UInt32.random(in: 0 ... .max)
        out = scratch.at("out-\(mark)")
        errors = scratch.at("err-\(mark)")
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input {
            try scratch.write("in-\(mark)", input)
            posix_spawn_file_actions_addopen(&actions, 0, scratch.at("in-\(mark)"), O_RDONLY, 0)
        } else {
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        }
        posix_spawn_file_actions_addopen(&actions, 1, out, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
        let path = try Self.location(of: program)
        var child: pid_t = 0
        // Glibc's module does not show the file action that changes folders; env(1) does it instead.
        let failure = Self.withCStrings(["env", "-C", directory] + wrapper + [path] + arguments) { argv in
            Self.withCStrings(environment.map { "\($0.key)=\($0.value)" }) {
                posix_spawnp(&child, "env", &actions, nil, argv, $0)
            }
        }
        guard failure == 0 else { throw TestFailure("\(program): errno \(failure)") }
        process = child
        DetachedThread { [self] in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
            let waiters = end.withLock { state in
                state.status = code
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume(returning: code) }
        }.start()
    }

    /// Runs to the end.
    package static func run(
        _ program: String, _ arguments: [String], in directory: String, environment: [String: String],
        scratch: TemporaryFolder, input: [UInt8]? = nil, wrapper: [String] = []
    ) async throws -> Result {
        try await ProgramRun(
            program, arguments, in: directory, environment: environment, scratch: scratch, input: input,
            wrapper: wrapper
        ).result()
    }

    package func signal(_ signal: Int32) { kill(process, signal) }

    /// What it has printed so far.
    package var outputSoFar: String {
        String(decoding: (try? PosixFile.read(out, limit: 1 << 30)) ?? [], as: UTF8.self)
    }

    /// Returns once what was printed satisfies the condition, or when the program has ended.
    package func waitForOutput(_ condition: (String) -> Bool) async throws {
        // The program writes to a file, which tells nobody; looking every few milliseconds leaves the cores to it.
        while end.withLock({ $0.status }) == nil, !condition(outputSoFar) {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    package func result() async throws -> Result {
        let status = await withCheckedContinuation { continuation in
            let known = end.withLock { state in
                if state.status == nil { state.waiters.append(continuation) }
                return state.status
            }
            if let known { continuation.resume(returning: known) }
        }
        return Result(
            status: status, output: try PosixFile.read(out, limit: 1 << 30),
            errors: try PosixFile.read(errors, limit: 1 << 30))
    }

    /// The build folder, known from the test bundle that is mapped into this process.
    package static func location(of program: String) throws -> String {
        // The kernel's list of mappings has no size, so it is read as a stream.
        let descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        let maps = String(decoding: try PosixFile.readAll(descriptor, limit: 16 << 20), as: UTF8.self)
        for line in maps.split(separator: "\n") where line.hasSuffix("PackageTests.xctest") {
            guard let slash = line.firstIndex(of: "/") else { continue }
            let path = PathText.parent(String(line[slash...])) + "/\(program)"
            if PosixFile.exists(path) { return path }
        }
        throw TestFailure("\(program) was not built beside the tests")
    }

    private static func withCStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
