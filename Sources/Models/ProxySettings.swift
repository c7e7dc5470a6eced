package import Wire

/// The proxy that the environment names for https addresses.
///
/// `HTTPS_PROXY` or `https_proxy` is an http address, with credentials if need be. `NO_PROXY` is a list of hosts: a
/// name stands for itself and all below it, `*` for everything, `host:port` for one port; address ranges are not read.
/// This machine and plain http are never sent to a proxy.
package struct ProxySettings: Sendable, Hashable {
    package var host: String
    package var port: Int
    package var user: String?
    package var password: String?

    /// The proxy for an address, or nil for a direct connection.
    ///
    /// - Throws: `network.bad_proxy` for a value that cannot be used, since going round it could be worse.
    package static func proxy(
        for url: String, environment: [String: String]
    ) throws(LockgateError) -> ProxySettings? {
        guard let address = HTTPAddress(url), address.isSecure, !address.isLoopback else { return nil }
        let name = environment["https_proxy"].map { _ in "https_proxy" } ?? "HTTPS_PROXY"
        guard let value = environment[name], !value.isEmpty else { return nil }
        let exceptions = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
        guard !excepts(exceptions, address) else { return nil }
        guard let proxy = AddressParts(value.contains("://") ? value : "http://" + value), proxy.scheme == "http" else {
            throw LockgateError(
                "network.bad_proxy", "\(name) is not the address of an http proxy",
                remedy: "set \(name) to http://HOST:PORT, or unset it")
        }
        return ProxySettings(host: proxy.host, port: proxy.port, user: proxy.user, password: proxy.password)
    }

    private static func excepts(_ list: String, _ address: HTTPAddress) -> Bool {
        list.split { $0 == "," || $0 == " " }.contains { entry in
            var name = entry.lowercased()
            if name == "*" { return true }
            let pieces = name.split(separator: ":")
            if pieces.count == 2 {
                guard Int(pieces[1]) == address.port else { return false }
                name = String(pieces[0])
            }
            if name.hasPrefix("*.") { name.removeFirst() }
            if name.hasPrefix(".") { name.removeFirst() }
            return address.host == name || address.host.hasSuffix("." + name)
        }
    }
}
