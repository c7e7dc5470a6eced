import Basics
import Config
import Glibc
import Testing
import Wire

@Suite("Bad configuration")
struct BadInputTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var code: LockgateError.Code
        /// `line:column: reason`, then the lines below.
        var message: String
        var remedy: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(
            name: "unknown key with a near one", text: "model = \"m\"\nsandbox_mod = \"read-only\"\n",
            code: "config.unknown_key",
            message:
                "2:1: unknown key sandbox_mod; did you mean sandbox_mode?\n  2 | sandbox_mod = \"read-only\"\n      ^",
            remedy: "write sandbox_mode"),
        Case(
            name: "unknown key in a table", text: "[network]\nmodus = \"off\"\n", code: "config.unknown_key",
            message: "2:1: unknown key network.modus; did you mean network.mode?\n  2 | modus = \"off\"\n      ^",
            remedy: "write network.mode"),
        Case(
            name: "key that stands elsewhere", text: "network_access = true\n", code: "config.unknown_key",
            message: """
                1:1: unknown key network_access; did you mean sandbox_workspace_write.network_access?
                  1 | network_access = true
                      ^
                """, remedy: "write sandbox_workspace_write.network_access"),
        Case(
            name: "unknown key in a named table", text: "[model_providers.acme]\nbaseurl = \"https://x\"\n",
            code: "config.unknown_key",
            message: """
                2:1: unknown key model_providers.acme.baseurl; did you mean model_providers.acme.base_url?
                  2 | baseurl = "https://x"
                      ^
                """, remedy: "write model_providers.acme.base_url"),
        Case(
            name: "nothing near", text: "zzzzzzzz = 1\n", code: "config.unknown_key",
            message: "1:1: unknown key zzzzzzzz\n  1 | zzzzzzzz = 1\n      ^",
            remedy: "remove it; `lockgate config list` shows all keys"),
        Case(
            name: "a name from another tool", text: "profile = \"x\"\n", code: "config.unknown_key",
            message: "1:1: unknown key profile\n  1 | profile = \"x\"\n      ^",
            remedy:
                "profiles are files: put the settings into $LOCKGATE_HOME/NAME.config.toml and run with --profile NAME"),
        Case(
            name: "wrong type", text: "\nmodel_context_window = \"big\"\n", code: "config.value",
            message: """
                2:1: model_context_window: expected a whole number from 1, found text "big"
                  2 | model_context_window = "big"
                      ^
                """, remedy: "see `lockgate explain model_context_window`"),
        Case(
            name: "wrong choice", text: "  sandbox_mode = \"workspace-writ\"", code: "config.value",
            message: """
                1:3: sandbox_mode: expected one of "read-only", "workspace-write", "danger-full-access", found \
                "workspace-writ"; did you mean "workspace-write"?
                  1 |   sandbox_mode = "workspace-writ"
                        ^
                """, remedy: "see `lockgate explain sandbox_mode`"),
        Case(
            name: "scalar in a table's place", text: "network = \"on\"\n", code: "config.value",
            message: "1:1: network: expected a table, found text\n  1 | network = \"on\"\n      ^",
            remedy: "write [network]"),
        Case(
            name: "list element of another type", text: "project_doc_fallback_filenames = [\"A.md\", 3]\n",
            code: "config.value",
            message: """
                1:1: project_doc_fallback_filenames: element 2: expected a file name without a folder, found the number 3
                  1 | project_doc_fallback_filenames = ["A.md", 3]
                      ^
                """, remedy: "see `lockgate explain project_doc_fallback_filenames`"),
        Case(
            name: "date", text: "model = 2026-01-02\n", code: "config.value",
            message: "1:1: model: expected text on one line, found a date\n  1 | model = 2026-01-02\n      ^",
            remedy: "see `lockgate explain model`"),
        Case(
            name: "infinity", text: "budget.usd = inf\n", code: "config.value",
            message: """
                1:1: budget.usd: expected a number from 0, found a number that is not finite
                  1 | budget.usd = inf
                      ^
                """, remedy: "see `lockgate explain budget.usd`"),
        Case(
            name: "relative project path", text: "[projects.here]\ntrust_level = \"trusted\"\n",
            code: "config.unknown_key",
            message: "1:2: projects.here: expected an absolute path as the key\n  1 | [projects.here]\n       ^",
            remedy: "correct the name"),
        Case(
            name: "header injection", text: "model_providers.a.http_headers.X = \"a\\r\\nB: c\"\n",
            code: "config.value",
            message: """
                1:1: model_providers.a.http_headers.X: control characters are not allowed here
                  1 | model_providers.a.http_headers.X = "a\\r\\nB: c"
                      ^
                """, remedy: "see `lockgate explain model_providers.a.http_headers.X`"),
        Case(
            name: "missing quotes", text: "model = gpt-5\n", code: "config.syntax", message: "1:9: not valid TOML: ",
            remedy: "put text in quotes: model = \"gpt-5\""),
        Case(
            name: "YAML habit", text: "model: gpt-5\n", code: "config.syntax", message: "1:6: not valid TOML: ",
            remedy: "write key = value, not key: value"),
        Case(
            name: "unterminated string", text: "a = 1\nmodel = \"gpt-5\n", code: "config.syntax",
            message: "2:15: not valid TOML: ", remedy: "correct line 2, or comment it out with #"),
        Case(
            name: "unclosed header", text: "[network\nmode = \"off\"\n", code: "config.syntax",
            message: "1:9: not valid TOML: ", remedy: "correct line 1, or comment it out with #"),
        Case(
            name: "key twice", text: "model = \"a\"\nmodel = \"b\"\n", code: "config.syntax",
            message: "2:1: not valid TOML: model is stated twice (first in line 1)\n",
            remedy: "correct line 2, or comment it out with #"),
        Case(
            name: "NUL", text: "model = \"a\0b\"\n", code: "config.nul",
            message: "1:11: holds a NUL byte\n  1 | model = \"a\u{FFFD}b\"\n                ^",
            remedy: "remove the byte"),
        Case(
            name: "escaped NUL", text: "model = \"a\\u0000b\"\n", code: "config.nul",
            message: "1:11: a NUL character in a string\n  1 | model = \"a\\u0000b\"\n                ^",
            remedy: "remove the escape; no option takes NUL"),
        Case(
            name: "escaped NUL in a key", text: "\"mo\\U00000000del\" = \"a\"\n", code: "config.nul",
            message: "1:4: a NUL character in a string\n", remedy: "remove the escape; no option takes NUL"),
        Case(
            name: "deep lists", text: "model = " + String(repeating: "[", count: 100_000), code: "config.too_deep",
            message: "1:41: nested deeper than 32 levels\n",
            remedy: "no option needs more than six levels; remove the nesting"),
        Case(
            name: "deep keys", text: String(repeating: "a.", count: 200_000) + "b = 1\n=", code: "config.too_deep",
            message: "1:1: nested deeper than 32 levels\n",
            remedy: "no option needs more than six levels; remove the nesting"),
        Case(
            name: "escape sequences for the terminal", text: "model = 1 # \u{1B}]0;x\u{7}\n", code: "config.syntax",
            message: "1:13: not valid TOML: ", remedy: "correct line 1, or comment it out with #"),
    ]

    @Test("Errors name file, line and column, show the line and the fix", arguments: cases)
    func messages(_ sample: Case) throws {
        try Fixture.with { fixture in
            try fixture.writeUser(sample.text)
            let error = try fixture.failure()
            #expect(error.code == sample.code)
            let prefix = "\(fixture.home)/config.toml:"
            #expect(error.message.hasPrefix(prefix))
            let message = String(error.message.dropFirst(prefix.count))
            // Syntax errors carry the parser's own words; place and line are ours.
            if sample.code == "config.syntax" || sample.message.hasSuffix("\n") {
                #expect(message.hasPrefix(sample.message), "\(message)")
            } else {
                #expect(message == sample.message)
            }
            #expect(error.remedy == sample.remedy)
            #expect(error.exitCode == 1)
            #expect(!error.message.unicodeScalars.contains("\u{1B}"))
        }
    }

    @Test("All problems of a file are told at once")
    func severalProblems() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("modell = \"a\"\n[budget]\nusd = -1\n")
            let error = try fixture.failure()
            #expect(
                error
                    == LockgateError(
                        "config.unknown_key",
                        """
                        \(fixture.home)/config.toml:1:1: unknown key modell; did you mean model?
                          1 | modell = "a"
                              ^
                        \(fixture.home)/config.toml:3:1: budget.usd: expected a number from 0, found -1
                          3 | usd = -1
                              ^
                        """, remedy: "correct these 2 places"))
        }
    }

    @Test("Invalid UTF-8 is found at its place")
    func invalidEncoding() throws {
        try Fixture.with { fixture in
            try fixture.write(
                "\(fixture.home)/config.toml", bytes: Array("model = \"caf".utf8) + [0xE9] + Array("\"\n".utf8))
            let error = try fixture.failure()
            #expect(
                error
                    == LockgateError(
                        "config.encoding",
                        "\(fixture.home)/config.toml:1:13: is not valid UTF-8\n  1 | model = \"caf\u{FFFD}\"\n                  ^",
                        remedy: "save the file as UTF-8 (for example: iconv -f latin1 -t utf-8)"))
        }
    }

    @Test("What is no readable file is an error, whatever it is", arguments: ["directory", "fifo", "device", "large"])
    func notAFile(kind: String) throws {
        try Fixture.with { fixture in
            let path = "\(fixture.home)/config.toml"
            let expected: LockgateError
            switch kind {
            case "directory":
                try Fixture.makeFolder(path)
                expected = LockgateError(
                    "config.not_a_file", "\(path) is a directory, but a configuration file is expected there",
                    remedy: "move it away, or put a file there")
            case "large":
                try fixture.write(path, "")
                #expect(truncate(path, 10 << 20 + 1) == 0)
                expected = LockgateError(
                    "config.too_large", "\(path) is larger than 10 MB", remedy: "make the file smaller")
            default:
                if kind == "fifo" {
                    #expect(mkfifo(path, 0o600) == 0)
                } else {
                    #expect(symlink("/dev/zero", path) == 0)
                }
                expected = LockgateError(
                    "config.not_a_file", "\(path) is not a regular file, but a configuration file is expected there",
                    remedy: "move it away, or put a file there")
            }
            #expect(try fixture.failure() == expected)
        }
    }

    @Test("An unreadable file is an error")
    func unreadable() throws {
        try Fixture.with { fixture in
            let path = "\(fixture.home)/config.toml"
            // A link to itself is unreadable for root, too.
            #expect(symlink("config.toml", path) == 0)
            let error = try fixture.failure()
            #expect(
                error
                    == LockgateError(
                        "config.unreadable", "cannot read \(path): Too many levels of symbolic links",
                        remedy: "check the path and the disk"))
        }
    }

    @Test("A file without permission is an error that names chmod", .enabled(if: geteuid() != 0))
    func forbidden() throws {
        try Fixture.with { fixture in
            let path = "\(fixture.home)/config.toml"
            try fixture.writeUser("model = \"m\"\n")
            chmod(path, 0)
            let error = try fixture.failure()
            #expect(
                error
                    == LockgateError(
                        "config.unreadable", "cannot read \(path): Permission denied",
                        remedy: "make it readable: chmod u+r \(path)"))
        }
    }

    @Test("A profile that does not exist is an error that names those that do")
    func missingProfile() throws {
        try Fixture.with { fixture in
            try fixture.write("\(fixture.home)/review.config.toml", "")
            let error = try fixture.failure(profile: "reveiw")
            #expect(
                error
                    == LockgateError(
                        "config.profile",
                        """
                        there is no profile reveiw: \(fixture.home)/reveiw.config.toml does not exist; did you mean review?
                        """, remedy: "create the file, or use one of: review"))
            #expect(try fixture.failure(profile: "../../etc/passwd").code == "config.profile")
            #expect(try fixture.failure(profile: "../../etc/passwd").exitCode == 2)
        }
    }

    @Test(
        "Overrides that do not fit are errors",
        arguments: [
            ("sandbox_mod=read-only", "-c: unknown key sandbox_mod; did you mean sandbox_mode?"),
            (
                "sandbox_mode=rw",
                """
                -c sandbox_mode: expected one of "read-only", "workspace-write", "danger-full-access", found "rw"
                """
            ),
            ("budget.tokens=many", "-c budget.tokens: expected a whole number from 0, found text \"many\""),
            ("network=on", "-c network: expected a table, found text"),
            ("a..b=1", "-c a..b: not a dotted key"),
            (
                "model_providers.\"a b\".name=x",
                "-c: model_providers.\"a b\".name: an id is made of letters, digits, '-', '_' and '.'"
            ),
        ])
    func overrides(argument: String, message: String) throws {
        try Fixture.with { fixture in
            let error = try fixture.failure(argument)
            #expect(error.message == message)
        }
    }

    @Test("An override without an equals sign is a usage error")
    func overrideWithoutValue() {
        #expect(
            throws: LockgateError(
                "config.override", "-c model: expected key=value",
                remedy: "write for example -c sandbox_mode=read-only",
                exitCode: 2)
        ) { try ConfigurationOverride(argument: "model") }
    }

    @Test("Without HOME and LOCKGATE_HOME there is a message, not a guess")
    func noHome() throws {
        #expect(try ConfigurationLoader.home(environment: ["HOME": "/home/u"]) == "/home/u/.lockgate")
        #expect(try ConfigurationLoader.home(environment: ["HOME": "/home/u", "LOCKGATE_HOME": "/x"]) == "/x")
        #expect(throws: LockgateError.self) { try ConfigurationLoader.home(environment: [:]) }
        #expect(throws: LockgateError.self) { try ConfigurationLoader.home(environment: ["LOCKGATE_HOME": "x"]) }
    }
}
