import Basics
import Glibc
import Wire

/// The user's editor on the text of the composer. The terminal has to be given back before.
struct ExternalEditor {
    let home: String
    let environment: [String: String]

    /// - Throws: `editor.failed`; the text is then as it was.
    func edit(_ text: String) throws(LockgateError) -> String {
        let path = "\(home)/prompt-\(getpid())-\(UInt32.random(in: 0 ... .max)).md"
        do throws(SystemError) {
            try PosixFile.makeDirectory(home)
            try PosixFile.replace(path, with: Array(text.utf8))
            defer { unlink(path) }
            let status = try run(path)
            guard status == 0 else {
                throw SystemError("editor", "exit status \(status)", errno: ECANCELED)
            }
            var edited = String(decoding: try PosixFile.read(path, limit: 8 << 20), as: UTF8.self)
            // Editors end the last line.
            if edited.hasSuffix("\n"), !text.hasSuffix("\n") { edited.removeLast() }
            return edited
        } catch {
            throw LockgateError(
                "editor.failed", "the editor did not give the text back: \(error)",
                remedy: "set VISUAL or EDITOR to a program that waits until the file is closed")
        }
    }

    private var editor: String {
        for name in ["VISUAL", "EDITOR"] {
            if let value = environment[name], !value.isEmpty { return value }
        }
        return "vi"
    }

    /// By a shell, since the variable may hold arguments.
    private func run(_ path: String) throws(SystemError) -> Int32 {
        let words = ["sh", "-c", "\(editor) \"$1\"", "sh", path]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, "/bin/sh", nil, nil, &arguments, environ)
        guard failure == 0 else { throw SystemError("posix_spawn", "/bin/sh", errno: failure) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
    }
}
