import Basics
import TestSupport
import Testing

/// Twenty kinds of secrets, each in a prompt, a file, a variable and a command's output that comes in two pieces: nowhere
/// in requests, in anything under LOCKGATE_HOME but the checkpoints of the workspace itself, or in what is printed.
@Suite(.timeLimit(.minutes(3))) struct SecretKindsRunTests {
    /// By kind: what stands before the secret, and the secret.
    private static let secrets: [(kind: String, before: String, value: String)] = [
        ("anthropic-key", "", "sk-ant-api03-abcdefGHIJ0123456789"), ("openai-key", "", "sk-proj-abcdefghij0123456789"),
        ("api-key", "", "sk-zbcdefghij0123456789"), ("github-token", "", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("gitlab-token", "", "glpat-abcdef0123456789ABCD"), ("slack-token", "", "xoxb-123456789012-abcdefABCDEF"),
        ("aws-key-id", "", "AKIAIOSFODNN7EXAMPLE"), ("google-key", "", "AIzaSyA0123456789abcdefghijklmnopqrstuv"),
        ("google-token", "", "ya29.a0AbVbY6abcdefghijklmnop123456"), ("stripe-key", "", "sk_live_abcdefghij0123456789"),
        ("npm-token", "", "npm_abcdefghijklmnopqrstuvwxyz0123456789"),
        ("pypi-token", "", "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw"),
        ("hugging-face-token", "", "hf_abcdefghijklmnopqrstuvwxyz012345"),
        ("sendgrid-key", "", "SG.abcdefghijklmnop.qrstuvwxyz0123456789ABCDEF"),
        ("digitalocean-token", "", "dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef"),
        ("vault-token", "", "hvs.CAESIabcdefghijklmnop0123456789"), ("shopify-token", "", "shpat_abcdefghij0123456789"),
        ("linear-key", "", "lin_api_abcdefghij0123456789"),
        ("json-web-token", "", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"),
        ("bearer-token", "Authorization: Bearer ", "qwertyuiop0123456789"),
        ("basic-credentials", "Authorization: Basic ", "dXNlcjpwYXNzd29yZDE="),
        ("password", "postgres://app:", "s3cr3t-pw-0815"), ("value", "DB_PASSWORD=", "hunter2hunter4"),
    ]

    /// What stands behind a secret so that it is one.
    private static func line(_ secret: (kind: String, before: String, value: String)) -> String {
        "\(secret.before)\(secret.value)\(secret.kind == "password" ? "@db:5432/x" : "")"
    }

    private static func files(in folder: String) -> [String] {
        PosixFile.list(folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            return PosixFile.isDirectory(path) ? files(in: path) : [path]
        }
    }

    /// In the environment as well, all of them are known by their values as well.
    @Test(arguments: [false, true]) func noneOfTwentyKindsIsWrittenOrSent(inEnvironment: Bool) async throws {
        #expect(Set(Self.secrets.map(\.kind)).count >= 20)
        let whole = Self.secrets.map(Self.line).joined(separator: "\n") + "\n"
        // Each in two pieces of output with a pause, so that they are read apart.
        let pieces = Self.secrets.map { secret in
            let text = Self.line(secret)
            let middle = text.index(text.startIndex, offsetBy: text.count - secret.value.count / 2)
            return "printf %s '\(text[..<middle])'; sleep 0.03; printf '%s\\n' '\(text[middle...])'"
        }.joined(separator: "\n")
        let steps: [ScriptedStep] = [
            ExecFixture.shell("cat secrets"), .call("read_file", ["path": "secrets"]),
            .call("exec_command", ["cmd": "sh pieces", "yield_time_ms": 300]),
            .call("write_stdin", ["session_id": 1, "yield_time_ms": 5000]), .text("Done."),
        ]
        var environment: [String: String?] = [:]
        for (number, secret) in Self.secrets.enumerated() where inEnvironment {
            environment["PLANTED_\(number)_TOKEN"] = secret.value
        }
        try await ExecFixture.with(steps) { fixture in
            try fixture.repository.folder.write("secrets", whole)
            try fixture.repository.folder.write("pieces", pieces)
            let run = try await fixture.exec(
                ["--json", "-s", "read-only", "use these:\n\(whole)"], environment: environment)
            #expect(run.status == 0, "\(run.errorText)")
            #expect(fixture.server.requests.count == steps.count)
            var places = [("printed", run.text), ("printed as errors", run.errorText)]
            for request in fixture.server.requests {
                places.append(("requests", String(decoding: request.bytes, as: UTF8.self)))
            }
            for path in Self.files(in: fixture.home.path) {
                let bytes = (try? PosixFile.read(path, limit: 1 << 26)) ?? []
                places.append((path, String(decoding: bytes, as: UTF8.self)))
            }
            let sent = places.filter { $0.0 == "requests" }.map(\.1).joined()
            for kind in Set(Self.secrets.map(\.kind)) where !inEnvironment {
                #expect(sent.contains("[redacted \(kind) "), "\(kind)")
            }
            for secret in Self.secrets {
                for (place, text) in places { #expect(!text.contains(secret.value), "\(secret.kind) in \(place)") }
            }
        }
    }
}
