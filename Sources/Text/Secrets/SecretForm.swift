/// Keys that are known by how they begin.
///
/// The beginnings are those that the services document for their keys (GitHub, GitLab, Slack, Stripe, AWS, Google and
/// others); RFC 7519 for tokens in three parts, RFC 7468 for keys in text.
struct SecretForm: Sendable {
    /// What it is, for people: `github-token`.
    let kind: String
    let prefix: [UInt8]
    /// How many bytes of a key follow at least.
    let least: Int
    /// Whether the key begins after the prefix, which is only what stands before it (`Bearer `).
    let isLabel: Bool

    private init(_ kind: String, _ prefix: String, _ least: Int, isLabel: Bool = false) {
        self.kind = kind
        self.prefix = Array(prefix.utf8)
        self.least = least
        self.isLabel = isLabel
    }

    /// The first of several that fit counts.
    static let all: [SecretForm] = [
        SecretForm("anthropic-key", "sk-ant-", 16), SecretForm("openai-key", "sk-proj-", 16),
        SecretForm("api-key", "sk-", 16), SecretForm("github-token", "ghp_", 20),
        SecretForm("github-token", "gho_", 20), SecretForm("github-token", "ghu_", 20),
        SecretForm("github-token", "ghs_", 20), SecretForm("github-token", "ghr_", 20),
        SecretForm("github-token", "github_pat_", 20), SecretForm("gitlab-token", "glpat-", 16),
        SecretForm("gitlab-token", "gldt-", 16), SecretForm("slack-token", "xoxb-", 16),
        SecretForm("slack-token", "xoxp-", 16), SecretForm("slack-token", "xoxa-", 16),
        SecretForm("slack-token", "xoxs-", 16), SecretForm("slack-token", "xapp-", 16),
        SecretForm("aws-key-id", "AKIA", 16), SecretForm("aws-key-id", "ASIA", 16),
        SecretForm("google-key", "AIza", 30), SecretForm("google-token", "ya29.", 20),
        SecretForm("stripe-key", "sk_live_", 16), SecretForm("stripe-key", "sk_test_", 16),
        SecretForm("stripe-key", "rk_live_", 16), SecretForm("stripe-key", "whsec_", 16),
        SecretForm("npm-token", "npm_", 30), SecretForm("pypi-token", "pypi-", 24),
        SecretForm("hugging-face-token", "hf_", 30), SecretForm("sendgrid-key", "SG.", 30),
        SecretForm("digitalocean-token", "dop_v1_", 32), SecretForm("shopify-token", "shpat_", 20),
        SecretForm("vault-token", "hvs.", 20), SecretForm("linear-key", "lin_api_", 20),
        SecretForm("age-key", "AGE-SECRET-KEY-1", 30), SecretForm("json-web-token", "eyJ", 40),
        SecretForm("bearer-token", "Bearer ", 16, isLabel: true),
        SecretForm("bearer-token", "bearer ", 16, isLabel: true),
        SecretForm("basic-credentials", "Basic ", 12, isLabel: true),
    ]

    /// Which of them begin with a byte, so that most bytes of a text are passed over at once.
    static let byFirst: [[SecretForm]] = (0...255).map { byte in all.filter { Int($0.prefix[0]) == byte } }

    /// How a private key in text begins and ends.
    static let keyBegin = Array("-----BEGIN ".utf8)
    static let keyEnd = Array("-----END ".utf8)
    static let keyLabel = Array("PRIVATE KEY".utf8)
}

extension UInt8 {
    /// What keys are made of.
    var isKeyByte: Bool {
        isKeyWordByte || self == 0x2E || self == 0x2B || self == 0x2F || self == 0x3D || self == 0x7E
    }

    /// What a word is made of that a key could be the middle of.
    var isKeyWordByte: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self)
            || self == UInt8(ascii: "_") || self == UInt8(ascii: "-")
    }

    var isDigitByte: Bool { (0x30...0x39).contains(self) }
}
