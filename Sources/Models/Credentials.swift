import Wire

/// The secrets of a provider, read once from the environment. Never printed: they have no description of their own.
struct Credentials: Sendable {
    /// Headers that go with each request, secret ones included.
    let headers: [EncodedRequest.Header]
    private let secrets: [String]

    /// - Throws: `provider.no_key` or `provider.bad_header`.
    init(provider: Provider, environment: [String: String]) throws(LockgateError) {
        var headers: [EncodedRequest.Header] = []
        var secrets: [String] = []
        func add(_ name: String, _ value: String) throws(LockgateError) {
            guard Self.isHeaderName(name), Self.isHeaderValue(value) else {
                throw LockgateError(
                    "provider.bad_header", "the header `\(name)` of the model provider `\(provider.id)` cannot be sent",
                    remedy: "take line breaks and control characters out of it")
            }
            headers.append(.init(name, value))
        }
        for (name, value) in provider.httpHeaders.sorted(by: { $0.key < $1.key }) { try add(name, value) }
        for (name, variable) in provider.envHTTPHeaders.sorted(by: { $0.key < $1.key }) {
            guard let value = environment[variable], !value.isEmpty else { continue }
            try add(name, value)
            secrets.append(value)
        }
        if let variable = provider.envKey {
            // Keys are pasted and piped; a line break at the end is not part of one.
            let key = (environment[variable] ?? "").trimmingWhiteSpace
            guard !key.isEmpty else {
                throw LockgateError(
                    "provider.no_key",
                    "\(provider.name) needs a key, and the environment variable \(variable) is not set",
                    remedy: "export \(variable)=...")
            }
            secrets.append(key)
            switch provider.authentication {
            case .bearer: try add("authorization", "Bearer " + key)
            case .xAPIKey: try add("x-api-key", key)
            case .apiKey: try add("api-key", key)
            }
        }
        self.headers = headers
        // A value of a few characters would black out ordinary words.
        self.secrets = secrets.filter { $0.utf8.count >= 6 }
    }

    /// The text without any of the secrets, as a provider may echo them in an error.
    func redacted(_ text: String) -> String {
        secrets.reduce(text) { $0.replacing($1, with: "[redacted]") }
    }

    /// RFC 9110 section 5.6.2: a token.
    static func isHeaderName(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default:
                    "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    static func isHeaderValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7F) }
    }
}

extension String {
    /// Without spaces, tabs and line breaks at either end.
    var trimmingWhiteSpace: String {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        let bytes = utf8.drop(while: isSpace)
        guard let last = bytes.lastIndex(where: { !isSpace($0) }) else { return "" }
        return String(decoding: bytes[...last], as: UTF8.self)
    }
}
