/// The parts of an http or https address that routing needs.
struct HTTPAddress: Sendable, Hashable {
    var isSecure: Bool
    /// Lower case; an IPv6 address without its brackets.
    var host: String
    var port: Int

    /// `http://user@[::1]:8080/path` and the like; nil for another scheme, an empty host or a bad port.
    init?(_ url: String) {
        guard let parts = AddressParts(url) else { return nil }
        self.init(isSecure: parts.scheme == "https", host: parts.host, port: parts.port)
    }

    init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    /// This machine, by name or number.
    var isLoopback: Bool {
        host == "localhost" || host.hasSuffix(".localhost") || host == "::1"
            || (host.hasPrefix("127.") && host.allSatisfy { $0.isNumber || $0 == "." })
    }
}

/// An address split, with the credentials that a proxy's may carry.
struct AddressParts {
    var scheme: String
    var user: String?
    var password: String?
    var host: String
    var port: Int

    init?(_ url: String) {
        guard let mark = url.firstRange(of: "://") else { return nil }
        scheme = url[..<mark.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return nil }
        var authority = url[mark.upperBound...].prefix { !"/?#".contains($0) }
        if let at = authority.lastIndex(of: "@") {
            let credentials = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = credentials.first.map { Self.decoded($0) }
            password = credentials.count > 1 ? Self.decoded(credentials[1]) : ""
            authority = authority[authority.index(after: at)...]
        }
        var portText: Substring?
        if authority.first == "[" {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<close].lowercased()
            let rest = authority[authority.index(after: close)...]
            if rest.first == ":" { portText = rest.dropFirst() } else if !rest.isEmpty { return nil }
        } else {
            let pieces = authority.split(separator: ":", omittingEmptySubsequences: false)
            guard pieces.count <= 2, let first = pieces.first else { return nil }
            host = first.lowercased()
            if pieces.count == 2 { portText = pieces[1] }
        }
        guard !host.isEmpty else { return nil }
        if let portText, !portText.isEmpty {
            guard let number = Int(portText), (1...65_535).contains(number) else { return nil }
            port = number
        } else {
            port = scheme == "https" ? 443 : 80
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var out: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                out.append(value)
                rest = rest.dropFirst(2)
            } else {
                out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
