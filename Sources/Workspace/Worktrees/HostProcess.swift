import Basics
import CLinux
import Glibc
import Wire

/// One run of a program of our own choosing, to its end: git, for worktrees. Commands that a model names never come here.
///
/// Blocks its thread. The program has no terminal and no descriptor of ours but those given to it.
struct HostProcess {
    struct Result {
        /// The exit code, or 128 plus the signal.
        let status: Int32
        let output: [UInt8]
        let errors: [UInt8]
    }

    /// What one run may print, in bytes: 1 GiB of diff is no diff any more.
    static let outputLimit = 1 << 30

    /// - Parameters:
    ///   - arguments: the program's absolute path, then its arguments.
    ///   - environment: the whole of it.
    ///   - kept: stays open in the program, and with it any lock on it: should this process be killed, nobody takes the
    ///     lock before the program has ended, too.
    ///   - keepsTerminal: whether the program may ask the user for a passphrase on our terminal.
    static func run(
        _ arguments: [String], in folder: String, environment: [String: String], input: [UInt8] = [],
        keeping kept: Int32? = nil, keepsTerminal: Bool = false
    ) throws(LockgateError) -> Result {
        do throws(SystemError) {
            let source = try memoryFile(input)
            defer { close(source) }
            let (out, errors) = (try scratchFile(), try scratchFile())
            defer {
                close(out)
                close(errors)
            }
            let status = try wait(
                for: try start(
                    arguments, folder, environment, descriptors: [source, out, errors], kept: kept,
                    keepsTerminal: keepsTerminal),
                arguments[0])
            return Result(status: status, output: try content(of: out), errors: try content(of: errors))
        } catch {
            throw LockgateError("process.failed", "\(arguments.first ?? "") cannot be run: \(error)")
        }
    }

    private static func start(
        _ arguments: [String], _ folder: String, _ environment: [String: String], descriptors: [Int32], kept: Int32?,
        keepsTerminal: Bool
    ) throws(SystemError) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (number, descriptor) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
        }
        // A number that nothing else has here; the program never looks at it.
        if let kept { posix_spawn_file_actions_adddup2(&actions, kept, 200) }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // POSIX_SPAWN_SETSID, which Glibc's module does not show (spawn.h, since glibc 2.26): a Ctrl-C for us does not
        // leave half a worktree behind.
        let newSession: Int32 = keepsTerminal ? 0 : 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        var child: pid_t = 0
        var error = clinux_spawn_in(&actions, folder)
        if error == 0 {
            error = withCStrings(arguments) { argv in
                withCStrings(environment.map { "\($0)=\($1)" }.sorted()) {
                    posix_spawn(&child, arguments[0], &actions, &attributes, argv, $0)
                }
            }
        }
        guard error == 0 else { throw SystemError("start", arguments[0], errno: error) }
        return child
    }

    private static func wait(for child: pid_t, _ name: String) throws(SystemError) -> Int32 {
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0 {
            guard errno == EINTR else { throw SystemError("wait", name, errno: errno) }
        }
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    }

    private static func memoryFile(_ bytes: [UInt8]) throws(SystemError) -> Int32 {
        let file = bytes.withUnsafeBytes { clinux_sealed_file($0.baseAddress, $0.count) }
        guard file >= 0 else { throw SystemError("memory file", "", errno: -file) }
        lseek(file, 0, SEEK_SET)
        return file
    }

    /// A file without a name: pipes would need two more threads to be emptied.
    private static func scratchFile() throws(SystemError) -> Int32 {
        let path = "/tmp/lockgate-\(getpid())-\(UInt64.random(in: 0 ... .max))"
        let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemError("open", path, errno: errno) }
        unlink(path)
        return file
    }

    private static func content(of file: Int32) throws(SystemError) -> [UInt8] {
        lseek(file, 0, SEEK_SET)
        return try PosixFile.readAll(file, limit: outputLimit)
    }

    private static func withCStrings<T>(_ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> T) -> T {
        let copies: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        return body(copies)
    }
}
