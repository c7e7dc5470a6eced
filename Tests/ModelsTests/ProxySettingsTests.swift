import Testing
import Wire

@testable import Models

@Suite struct ProxySettingsTests {
    private static let proxy = "http://proxy.test:3128"

    @Test(arguments: [
        ("https://api.test/v1", ["HTTPS_PROXY": proxy], true),
        ("https://api.test/v1", ["https_proxy": proxy], true),
        ("https://api.test/v1", ["HTTPS_PROXY": "proxy.test:3128"], true),
        ("https://api.test/v1", [:], false),
        ("https://api.test/v1", ["HTTPS_PROXY": ""], false),
        ("https://api.test/v1", ["HTTP_PROXY": proxy, "ALL_PROXY": proxy], false),
        ("http://api.test/v1", ["HTTPS_PROXY": proxy], false),
        ("https://127.0.0.1/v1", ["HTTPS_PROXY": proxy], false),
        ("https://localhost:1/v1", ["HTTPS_PROXY": proxy], false),
        ("https://[::1]:1/v1", ["HTTPS_PROXY": proxy], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "*"], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "other.test, API.test"], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "no_proxy": ".test"], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "*.test"], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "pi.test,est"], true),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "api.test:443"], false),
        ("https://api.test/v1", ["HTTPS_PROXY": proxy, "NO_PROXY": "api.test:444"], true),
    ])
    func `is used for https to other machines unless excepted`(
        _ url: String, _ environment: [String: String], _ isUsed: Bool
    ) throws {
        let settings = try ProxySettings.proxy(for: url, environment: environment)
        #expect(settings == (isUsed ? ProxySettings(host: "proxy.test", port: 3_128) : nil))
    }

    @Test func `carries credentials, decoded`() throws {
        let settings = try ProxySettings.proxy(
            for: "https://api.test", environment: ["HTTPS_PROXY": "http://me:p%40ss@[fe80::1]:8080/"])
        #expect(settings == ProxySettings(host: "fe80::1", port: 8_080, user: "me", password: "p@ss"))
    }

    @Test(arguments: ["socks5://proxy.test:1", "http://", "http://proxy.test:99999", "https://proxy.test"])
    func `a proxy that cannot be used is an error, not a way round it`(_ value: String) {
        let error = #expect(throws: LockgateError.self) {
            try ProxySettings.proxy(for: "https://api.test", environment: ["HTTPS_PROXY": value])
        }
        #expect(error?.code == "network.bad_proxy")
    }
}
