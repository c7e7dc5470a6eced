/// Finds the host that a network error is about.
enum HostName {
    /// The first plausible `host` or `host:port`: one in an address with a scheme or after the error's words goes first.
    static func first(in line: String, after position: Int) -> String? {
        if let pool = fromConnectionPool(line) { return pool }
        let words = line.split { " \t,;'\"`()<>[]{}‘’“”".contains($0) }
        for word in words {
            guard let scheme = word.firstRange(of: "://") else { continue }
            if let host = endpoint(word[scheme.upperBound...].prefix { $0 != "/" }) { return host }
        }
        func offset(_ word: Substring) -> Int { line.utf8.distance(from: line.startIndex, to: word.startIndex) }
        for word in words.filter({ offset($0) >= position }) + words.filter({ offset($0) < position }) {
            guard let host = endpoint(word.hasPrefix("git@") ? word.dropFirst(4).prefix { $0 != ":" } : word) else {
                continue
            }
            // curl: `1.2.3.4 port 80`
            let next = words.drop { $0.startIndex <= word.startIndex }
            if next.first == "port", let port = next.dropFirst().first, Int(port) != nil { return "\(host):\(port)" }
            return host
        }
        return nil
    }

    /// urllib3: `HTTPSConnectionPool(host='packages.example', port=443)`.
    private static func fromConnectionPool(_ line: String) -> String? {
        guard let range = line.firstRange(of: "Pool(host='") else { return nil }
        let host = line[range.upperBound...].prefix { $0 != "'" }
        let rest = line[host.endIndex...]
        guard rest.hasPrefix("', port="), isHost(host) else { return isHost(host) ? String(host) : nil }
        return "\(host):\(rest.dropFirst(8).prefix(while: \.isNumber))"
    }

    private static func endpoint(_ text: Substring) -> String? {
        var text = text
        while let last = text.last, ":.".contains(last) { text = text.dropLast() }
        if let at = text.lastIndex(of: "@") { text = text[text.index(after: at)...] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        switch parts.count {
        case 1: return isHost(parts[0]) ? String(parts[0]) : nil
        case 2: return isHost(parts[0]) && Int(parts[1]) != nil ? String(text) : nil
        // An IPv6 address, or `lookup` noise.
        default: return parts.allSatisfy { $0.allSatisfy(\.isHexDigit) } && text.contains("::") ? String(text) : nil
        }
    }

    /// A name with a dot whose last label is letters, an IPv4 address, or localhost.
    static func isHost(_ text: some StringProtocol) -> Bool {
        if text == "localhost" { return true }
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count > 1, text.utf8.count < 254,
            labels.allSatisfy({
                !$0.isEmpty && $0.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            })
        else { return false }
        if labels.count == 4, labels.allSatisfy({ UInt8($0) != nil }) { return true }
        guard let top = labels.last, top.count >= 2, top.allSatisfy(\.isLetter) else { return false }
        return !fileEndings.contains(top.lowercased())
    }

    /// Last parts of file names and of classes, which no public host has, or far less often than a message has files.
    private static let fileEndings: Set<String> = [
        "py", "js", "ts", "mjs", "cjs", "java", "kt", "go", "rs", "c", "h", "cc", "cpp", "hpp", "swift", "rb", "php",
        "sh", "json", "toml", "yaml", "yml", "xml", "lock", "txt", "md", "log", "html", "css", "so", "jar", "exe",
        "gradle", "conf", "cfg", "ini", "tmp", "unknownhostexception", "connectexception", "ioexception", "zip", "gz",
        "urlerror", "socketexception", "gaierror", "connect", "exceptions", "connecterror", "newconnectionerror",
    ]

    /// Whether it names the machine itself, which inside has a network of its own.
    static func isLoopback(_ endpoint: String) -> Bool {
        endpoint == "localhost" || endpoint.hasPrefix("localhost:") || endpoint.hasPrefix("127.") || endpoint == "::1"
    }
}
