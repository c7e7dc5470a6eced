import Import
import Testing

@Suite struct SecretShapeTests {
    static let secret = [
        "sk-abcdefghij0123456789", "token ghp_abcdefghijklmnopqrstuvwxyz", "AKIAIOSFODNN7EXAMPLE1",
        "Authorization: Bearer abcdefghijklmnop1234", "-----BEGIN PRIVATE KEY-----",
        "postgres://u:pw@h/d", "see http://x and https://u:p@h",
        "0123456789abcdef0123456789abcdef",
    ]
    static let plain = [
        "", "1", "true", "sk-short", "task-force-of-many-people-here", "https://example.org:8080/a@b",
        "/usr/local/share/some/very/long/path/that/goes/on", "a-very-long-name-of-letters-and-dashes-alone",
        "ssh://git@example.org/x", "://", "@", ":@",
    ]

    @Test(arguments: secret) func aKeyIsKnownByItsForm(_ text: String) { #expect(SecretShape.isSecret(value: text)) }

    @Test(arguments: plain) func otherTextIsNoKey(_ text: String) { #expect(!SecretShape.isSecret(value: text)) }

    @Test func namesSayThatAValueIsSecret() {
        for name in ["API_KEY", "github-token", "X-Api-Key", "DB_PASSWORD", "DATABASE_URL", "key", "NPM_PAT"] {
            #expect(SecretShape.isSecret(name: name), "\(name)")
        }
        for name in ["CI", "KEYBOARD", "PATH", "PATTERN", "MONKEY"] {
            #expect(!SecretShape.isSecret(name: name), "\(name)")
        }
    }

    /// Bytes that begin like keys again and again are looked at once each.
    @Test func aLongTextOfBeginningsIsNoKey() {
        #expect(SecretShape.firstKey(in: Array(String(repeating: "sk-/", count: 50_000).utf8)) == nil)
    }
}
