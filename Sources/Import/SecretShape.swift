import Text

/// Tells what looks like a key or password, so that it is not copied into another file.
///
/// A filter against copying by mistake: what it misses stands in the diff that the user is shown first.
package enum SecretShape {
    /// Whether a name says that its value is secret.
    package static func isSecret(name: String) -> Bool { SecretName.isSecret(name) }

    /// Whether a value is a key by its form, or too random for anything else; for short values such as variables.
    package static func isSecret(value: String) -> Bool {
        if firstKey(in: Array(value.utf8)) != nil { return true }
        if holdsPassword(value) { return true }
        let word = value.utf8
        guard word.count >= 32, word.allSatisfy(isTokenByte) else { return false }
        // Long words of letters alone, or paths, are names; keys mix in digits.
        let digits = word.count { 0x30...0x39 ~= $0 }
        return digits >= 4 && digits < word.count
    }

    /// Whether a text holds an address with a password in it.
    package static func holdsPassword(_ text: String) -> Bool {
        var rest = text[...]
        while let scheme = rest.firstRange(of: "://") {
            rest = rest[scheme.upperBound...]
            let host = rest.prefix { $0 != "/" && !$0.isWhitespace }
            if let at = host.lastIndex(of: "@"), host[..<at].contains(":") { return true }
        }
        return false
    }

    /// The offset of the first text in a file that is a key by its form.
    package static func firstKey(in bytes: [UInt8]) -> Int? {
        for (start, byte) in bytes.enumerated() where firsts.contains(byte) {
            for (prefix, length) in forms where bytes[start...].starts(with: prefix) {
                let isWordStart = start == 0 || !isTokenByte(bytes[start - 1])
                guard isWordStart else { continue }
                let rest = bytes[(start + prefix.count)...].prefix(length)
                if rest.count == length, rest.allSatisfy({ isTokenByte($0) || $0 == UInt8(ascii: ".") }) {
                    return start
                }
            }
        }
        return nil
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: "="):
            true
        default: false
        }
    }

    /// How keys of common services begin, and how many characters follow at least.
    private static let forms: [([UInt8], Int)] = [
        ("sk-", 16), ("ghp_", 20), ("gho_", 20), ("ghs_", 20), ("github_pat_", 20), ("glpat-", 16), ("xoxb-", 16),
        ("xoxp-", 16), ("AKIA", 16), ("ASIA", 16), ("AIza", 30), ("eyJ", 40), ("npm_", 30), ("pypi-", 30), ("hf_", 30),
        ("Bearer ", 16), ("bearer ", 16), ("-----BEGIN ", 3),
    ].map { (Array($0.0.utf8), $0.1) }
    private static let firsts = Set(forms.compactMap(\.0.first))
}
