/// Tells by a name whether its value is secret: a variable's, a setting's, a header's.
package enum SecretName {
    package static func isSecret(_ name: some StringProtocol) -> Bool { isSecret(Array(name.utf8)[...]) }

    /// The same for bytes; case and `-` for `_` do not matter.
    static func isSecret(_ name: ArraySlice<UInt8>) -> Bool {
        let upper = name.map { byte -> UInt8 in
            0x61...0x7A ~= byte ? byte - 0x20 : byte == UInt8(ascii: "-") ? UInt8(ascii: "_") : byte
        }
        return parts.contains { contains(upper, $0) } || upper == key || endings.contains { upper.ends(with: $0) }
    }

    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return (0...bytes.count - part.count).contains { bytes[$0...].starts(with: part) }
    }

    private static let key = Array("KEY".utf8)
    private static let parts = [
        "_KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "COOKIE", "WEBHOOK",
        "CONNECTION_STRING", "AUTHORIZATION",
    ].map { Array($0.utf8) }
    private static let endings = ["_PAT", "_AUTH", "_DSN", "_PWD", "DATABASE_URL", "REDIS_URL", "MONGODB_URI"].map {
        Array($0.utf8)
    }
}

extension [UInt8] {
    fileprivate func ends(with other: [UInt8]) -> Bool { count >= other.count && suffix(other.count) == other[...] }
}
