import TestSupport
import Testing

@testable import Text

@Suite struct SecretScannerTests {
    /// A text with its secret between `«` and `»`, and what it is.
    static let secrets: [(String, String)] = [
        ("key «sk-ant-api03-abcdefGHIJ0123456789» end", "anthropic-key"),
        ("OPENAI «sk-proj-abcdefghij0123456789»", "openai-key"), ("«sk-abcdefghij0123456789»", "api-key"),
        ("url?x=«ghp_abcdefghijklmnopqrstuvwxyz0123456789»&y", "github-token"),
        ("«github_pat_11ABCDEFG0123456789_abcdefghijklmnop»", "github-token"),
        ("(«glpat-abcdef0123456789ABCD»)", "gitlab-token"),
        ("«xoxb-123456789012-abcdefABCDEF»", "slack-token"), ("id=«AKIAIOSFODNN7EXAMPLE»", "aws-key-id"),
        ("\"«AIzaSyA0123456789abcdefghijklmnopqrstuv»\"", "google-key"),
        ("«sk_live_abcdefghij0123456789»", "stripe-key"),
        ("//registry/:_authToken=«npm_abcdefghijklmnopqrstuvwxyz0123456789»", "npm-token"),
        ("password: «pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw»", "pypi-token"),
        ("«hf_abcdefghijklmnopqrstuvwxyz012345»", "hugging-face-token"),
        ("«SG.abcdefghijklmnop.qrstuvwxyz0123456789ABCDEF»", "sendgrid-key"),
        ("«dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef»", "digitalocean-token"),
        ("«hvs.CAESIabcdefghijklmnop0123456789»", "vault-token"),
        (
            "«eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U».",
            "json-web-token"
        ),
        ("Authorization: Bearer «abcdefghij0123456789»\n", "bearer-token"),
        ("Authorization: Basic «dXNlcjpwYXNzd29yZDE=»", "basic-credentials"),
        ("postgres://app:«s3cr3t!pw»@db:5432/x", "password"), ("https://user:«p%40ss»@host/a@b", "password"),
        ("DB_PASSWORD=«hunter2hunter»\n", "value"),
        ("export AWS_SECRET_ACCESS_KEY=\"«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»\"", "value"),
        ("aws_secret_access_key = «wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»", "value"),
        ("{\"password\": \"«x9Kd02mQpLw4»\"}", "value"), ("{\\\"api_key\\\": \\\"«x9Kd02mQpLw4»\\\"}", "value"),
        ("-----BEGIN RSA PRIVATE KEY-----«\nMIIEpAIBAAKCAQEA75\nabc\n»-----END RSA PRIVATE KEY-----\n", "private-key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----«\nb3BlbnNzaC1rZXktdjEAAAAA\n»", "private-key"),
        ("«QyNTUxOQAAACDq\nb3BlbnNzaC1rZXktdjEAAAAA\n»-----END OPENSSH PRIVATE KEY-----", "private-key"),
    ]

    static let plain = [
        "", "task-force-of-many-people-here", "let token = makeToken(for: user)", "API_KEY=$API_KEY",
        "API_KEY=${KEY:-none}",
        "password: String", "\"password\": \"change me please\"", "secret: <your-secret-here>", "TOKEN=changeme/please",
        "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
        "sha512-oqVuAfXRKap7fdgcCY5uykM6+R9GqQ8K/uxy9rx7HNQlGYl1kPzQho1wx4JwY8wC==",
        "123e4567-e89b-12d3-a456-426614174000", "https://example.org:8080/a@b", "ssh://git@example.org/x",
        "the Bearer of bad news", "sk-learn and sk-image",
        "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----",
        "eyJust a word", "token: authenticationTokenProvider,", "PATH=/usr/local/sbin:/usr/local/bin",
        "KEYBOARD=qwerty123456",
        "tokens: 12345678901234", "cookie_name = \"session\"", "AKIAlowercase012345", "MAX_TOKENS=128000",
        "SESSION_SECRET_NAME=my-secret-name", "TOKEN_FILE=/run/x/token9", "\"max_output_tokens\": \"a1b2c3d4e5f6g7\"",
        "PIN_TOKEN=81726354",
    ]

    private static func marked(_ text: String) -> (plain: [UInt8], range: Range<Int>) {
        let bytes = Array(text.utf8)
        let (open, close) = (Array("«".utf8), Array("»".utf8))
        let start = bytes.indices.first { bytes[$0...].starts(with: open) } ?? 0
        let end = bytes.indices.first { bytes[$0...].starts(with: close) } ?? 0
        var plain = Array(bytes[..<start])
        plain += bytes[(start + open.count)..<end]
        plain += bytes[(end + close.count)...]
        return (plain, start..<(end - open.count))
    }

    @Test(arguments: secrets.indices) func itIsFoundExactly(_ index: Int) {
        let (text, kind) = Self.secrets[index]
        let (plain, range) = Self.marked(text)
        #expect(SecretScanner().matches(in: plain) == [.init(range: range, kind: kind)], "\(text)")
    }

    @Test(arguments: plain) func otherTextIsNone(_ text: String) {
        #expect(SecretScanner().matches(in: Array(text.utf8)) == [])
    }

    @Test func knownValuesAreFoundWhereverTheyStandAndAllowedOnesAreNone() {
        let scanner = SecretScanner(
            known: ["correct horse", "short", "correct horse battery"], allowed: ["sk-abcdefghij0123456789"])
        let text = Array("xcorrect horse batteryx short sk-abcdefghij0123456789".utf8)
        #expect(scanner.matches(in: text) == [.init(range: 1..<22, kind: "environment-value")])
    }

    /// Whatever is cut off a secret may be the first part of one, and is held back until more is there.
    @Test func aBeginningIsHeldBackWhereverItIsCut() {
        let scanner = SecretScanner(known: ["correct-horse-battery"])
        for text in [
            "a ghp_abcdefghijklmnopqrstuvwxyz0123456789", "DB_PASSWORD=hunter2hunter", "x correct-horse-battery",
            "t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
        ] {
            let bytes = Array(text.utf8)
            let start = scanner.matches(in: bytes)[0].range.lowerBound
            for cut in (start + 4)..<bytes.count {
                let held = scanner.openEnd(of: Array(bytes[..<cut]))
                #expect(cut - held <= start, "\(text.prefix(cut))")
            }
        }
        let key = Array("x\n-----BEGIN PRIVATE KEY-----\nMIIE\nabc".utf8)
        #expect(scanner.openEnd(of: key) == key.count - 2)
        for text in ["$ ", "Continue? [y/N]", "done\n", "hello world", ">>> ", "/usr/bin/ls"] {
            #expect(scanner.openEnd(of: Array(text.utf8)) == 0, "\(text)")
        }
    }

    @Test func anyBytesAreReadWithinTheirBounds() {
        var generator = SeededGenerator(seed: 11)
        let pieces = Self.secrets.map { Array($0.0.utf8) } + Self.plain.map { Array($0.utf8) }
        for _ in 0..<400 {
            var bytes: [UInt8] = []
            for _ in 0..<6 {
                let piece = generator.pick(pieces)
                bytes += piece[Int.random(in: 0...(piece.count / 2), using: &generator)...]
            }
            if !bytes.isEmpty {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let matches = SecretScanner(known: ["hunter2hunter"]).matches(in: bytes)
            var last = 0
            for match in matches {
                #expect(match.range.lowerBound >= last && !match.range.isEmpty && match.range.upperBound <= bytes.count)
                last = match.range.upperBound
            }
            #expect(SecretScanner().openEnd(of: bytes) <= bytes.count)
        }
    }
}
