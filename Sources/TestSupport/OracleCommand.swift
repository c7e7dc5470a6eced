import Glibc

/// Runs a program that a test compares with, such as git or patch.
package enum OracleCommand {
    /// How a program ended and what it printed.
    package struct Result: Sendable, Hashable {
        package let status: Int32
        package let output: [UInt8]
        package let errors: [UInt8]

        package var text: String { String(decoding: output, as: UTF8.self) }
        package var errorText: String { String(decoding: errors, as: UTF8.self) }
    }

    /// Runs `arguments[0]`, found in PATH, in a folder and waits for its end.
    ///
    /// The environment holds PATH alone plus what keeps git from reading the user's configuration.
    /// - Returns: the exit status, or 128 plus the signal that ended the program.
    package static func run(_ arguments: [String], in folder: TemporaryFolder, input: [UInt8] = []) throws -> Result {
        try TemporaryFolder.with { scratch in
            try scratch.write("in", input)
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, scratch.at("in"), O_RDONLY, 0)
            posix_spawn_file_actions_addopen(&actions, 1, scratch.at("out"), O_WRONLY | O_CREAT, 0o600)
            posix_spawn_file_actions_addopen(&actions, 2, scratch.at("err"), O_WRONLY | O_CREAT, 0o600)
            let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
            let environment = [
                "PATH=\(path)", "HOME=\(scratch.path)", "LC_ALL=C.UTF-8", "GIT_CONFIG_NOSYSTEM=1",
                "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CEILING_DIRECTORIES=\(folder.path)",
            ]
            var child: pid_t = 0
            // Glibc's module does not show the file action that changes folders; env(1) does it instead.
            let error = withCStrings(["env", "-C", folder.path] + arguments) { argv in
                withCStrings(environment) { posix_spawnp(&child, "env", &actions, nil, argv, $0) }
            }
            guard error == 0 else { throw TestFailure("\(arguments[0]): errno \(error)") }
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0 {
                guard errno == EINTR else { throw TestFailure("waitpid: errno \(errno)") }
            }
            let code = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
            return Result(status: code, output: try scratch.read("out") ?? [], errors: try scratch.read("err") ?? [])
        }
    }

    private static func withCStrings<T>(
        _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T
    ) -> T {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
