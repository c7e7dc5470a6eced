import Basics
import Glibc
import Wire

/// The user's own key and the program that signs with it, from the user's own git configuration alone.
///
/// Nothing that a repository says counts: it could name any program, and any key.
struct SigningKey: Sendable {
    enum Format: String, Sendable { case openpgp, x509, ssh }

    let format: Format
    /// Absolute, canonical.
    let program: String
    /// For gpg what `--local-user` takes; for ssh the path of a key, or a public key whose other half an agent holds.
    let key: String
    /// The user's address: only commits with it are signed.
    let email: String
    private let environment: [String: String]

    /// What the signing programs need to find keys and to ask for a passphrase.
    private static let inherited = [
        "HOME", "PATH", "USER", "LOGNAME", "LANG", "LC_ALL", "TERM", "GNUPGHOME", "GPG_TTY", "SSH_AUTH_SOCK", "DISPLAY",
        "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "SSH_ASKPASS",
        "SSH_ASKPASS_REQUIRE",
    ]
    /// Bytes; keys of post-quantum schemes included.
    private static let largestSignature = 256 << 10

    /// - Parameters:
    ///   - environment: the user's.
    ///   - reach: folders whose content the agent may have written; neither configuration nor program nor key may lie there.
    /// - Throws: `sign.*` for what is missing or cannot be trusted.
    init(environment: [String: String], outside reach: [String]) throws(LockgateError) {
        let values = try Self.globalConfiguration(environment, outside: reach)
        guard let email = values["user.email"], !email.isEmpty else {
            throw LockgateError(
                "sign.no_identity", "your own git configuration has no user.email",
                remedy: "git config --global user.email YOU@EXAMPLE.ORG")
        }
        let name = values["gpg.format"] ?? Format.openpgp.rawValue
        guard let format = Format(rawValue: name) else {
            throw LockgateError("sign.format", "gpg.format = \(name) in your git configuration is not known")
        }
        let key = values["user.signingkey"] ?? (format == .ssh ? nil : "<\(email)>")
        guard let key, !key.isEmpty else {
            throw LockgateError(
                "sign.no_key", "your own git configuration names no signing key",
                remedy: "git config --global user.signingkey KEY")
        }
        guard !key.hasPrefix("-"), !key.unicodeScalars.contains(where: { $0.value < 0x20 }) else {
            throw LockgateError("sign.key", "user.signingkey in your git configuration would be read as an option")
        }
        let named =
            switch format {
            case .openpgp: values["gpg.openpgp.program"] ?? values["gpg.program"] ?? "gpg"
            case .x509: values["gpg.x509.program"] ?? "gpgsm"
            case .ssh: values["gpg.ssh.program"] ?? "ssh-keygen"
            }
        let home = environment["HOME"] ?? "/"
        program = try Self.program(named, home: home, search: environment["PATH"] ?? "", outside: reach)
        self.format = format
        self.email = email
        self.environment = environment.filter { Self.inherited.contains($0.key) }
        guard format == .ssh, !Self.isPublicKey(key) else {
            self.key = key
            return
        }
        let path = key.hasPrefix("~/") ? home + key.dropFirst() : key
        guard path.hasPrefix("/"), let real = PosixFile.canonical(path) else {
            throw LockgateError("sign.key", "\(key), your git configuration's signing key, is not there")
        }
        try Self.check(real, "your signing key", outside: reach)
        self.key = real
    }

    /// Signs bytes; the user may be asked for a passphrase by the program itself.
    ///
    /// - Throws: `sign.failed` with the program's own words.
    func signature(of payload: [UInt8]) throws(LockgateError) -> [UInt8] {
        let result: HostProcess.Result
        switch format {
        case .openpgp, .x509:
            result = try run(["--status-fd=2", "-bsa", "--local-user=\(key)"], payload)
        case .ssh where Self.isPublicKey(key):
            let public_ = key.hasPrefix("key::") ? String(key.dropFirst(5)) : key
            let path = "/tmp/lockgate-key-\(getpid())-\(UInt64.random(in: 0 ... .max))"
            do throws(SystemError) {
                try PosixFile.replace(path, with: Array((public_ + "\n").utf8))
            } catch {
                throw LockgateError("sign.failed", "cannot write \(path): \(error.reason)")
            }
            defer { unlink(path) }
            result = try run(["-Y", "sign", "-n", "git", "-U", "-f", path], payload)
        case .ssh:
            result = try run(["-Y", "sign", "-n", "git", "-f", key], payload)
        }
        let words = String(decoding: result.errors.prefix(2000), as: UTF8.self)
        let isDone = result.status == 0 && (format == .ssh || words.contains("[GNUPG:] SIG_CREATED "))
        let begins = [
            "-----BEGIN PGP SIGNATURE-----\n", "-----BEGIN SIGNED MESSAGE-----\n", "-----BEGIN SSH SIGNATURE-----\n",
        ]
        guard isDone, result.output.count <= Self.largestSignature,
            begins.contains(where: { result.output.starts(with: $0.utf8) })
        else {
            let lines = words.split(whereSeparator: \.isNewline).filter { !$0.hasPrefix("[GNUPG:]") }
            throw LockgateError(
                "sign.failed",
                "\(program) did not sign: \(lines.isEmpty ? "exit \(result.status)" : lines.joined(separator: "; "))")
        }
        return result.output
    }

    private func run(_ arguments: [String], _ payload: [UInt8]) throws(LockgateError) -> HostProcess.Result {
        try HostProcess.run(
            [program] + arguments, in: "/", environment: environment, input: payload, keepsTerminal: true)
    }

    private static func isPublicKey(_ key: String) -> Bool { key.hasPrefix("ssh-") || key.hasPrefix("key::") }

    private static func check(_ path: String, _ what: String, outside reach: [String]) throws(LockgateError) {
        guard let folder = reach.first(where: { PathText.isWithin(path, $0) }) else { return }
        throw LockgateError(
            "sign.in_reach", "\(path), \(what), lies in \(folder), where an agent may have written it",
            remedy: "keep it outside of the project")
    }

    private static func program(
        _ name: String, home: String, search: String, outside reach: [String]
    ) throws(LockgateError) -> String {
        var candidates = search.split(separator: ":").filter { $0.hasPrefix("/") }.map { "\($0)/\(name)" }
        if name.hasPrefix("~/") { candidates = [home + name.dropFirst()] }
        if name.hasPrefix("/") {
            candidates = [name]
        } else if name.contains("/"), !name.hasPrefix("~/") {
            candidates = []
        }
        guard let found = candidates.first(where: { access($0, X_OK) == 0 && !PosixFile.isDirectory($0) }),
            let real = PosixFile.canonical(found)
        else { throw LockgateError("sign.no_program", "\(name), which signs, is not there", remedy: "install it") }
        try check(found, "which signs", outside: reach)
        try check(real, "which signs", outside: reach)
        // Some programs act by the name they are called with.
        return found
    }

    /// The user's own file and what it includes, read by git in a folder without a repository.
    private static func globalConfiguration(
        _ environment: [String: String], outside reach: [String]
    ) throws(LockgateError) -> [String: String] {
        let git = try program("git", home: "/", search: environment["PATH"] ?? "", outside: reach)
        var own = ["GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C", "PATH": environment["PATH"] ?? ""]
        for name in ["HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"] { own[name] = environment[name] }
        let result = try HostProcess.run(
            [git, "config", "--global", "--includes", "--list", "--show-origin", "-z"], in: "/", environment: own,
            input: [])
        // git ends with 1 where there is no such file.
        var values: [String: String] = [:]
        let parts = result.output.split(separator: 0, omittingEmptySubsequences: false)
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            let origin = String(decoding: parts[index], as: UTF8.self)
            let entry = String(decoding: parts[index + 1], as: UTF8.self)
            if origin.hasPrefix("file:") {
                let path = PathText.absolute(String(origin.dropFirst(5)), from: "/")
                try check(PosixFile.canonical(path) ?? path, "your git configuration", outside: reach)
            }
            let pair = entry.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
            values[String(pair[0])] = pair.count == 2 ? String(pair[1]) : "true"
        }
        return values
    }
}
