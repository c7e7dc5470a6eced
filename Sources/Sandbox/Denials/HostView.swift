import Glibc

/// What an explanation needs to know of the machine outside the sandbox; a value, so that tests need no machine.
package struct HostView: Sendable {
    /// Without symbolic links, as far as the path exists.
    package var resolve: @Sendable (String) -> String
    package var exists: @Sendable (String) -> Bool
    package var isFolder: @Sendable (String) -> Bool
    /// Whether this user could write there: the file, or the nearest folder above that exists.
    package var mayWrite: @Sendable (String) -> Bool
    /// Whether the file system is read-only outside too.
    package var isReadOnly: @Sendable (String) -> Bool
    /// Existing secrets that the sandbox hides.
    package var secrets: @Sendable (SandboxPolicy) -> Set<String>

    package init(
        resolve: @escaping @Sendable (String) -> String, exists: @escaping @Sendable (String) -> Bool,
        isFolder: @escaping @Sendable (String) -> Bool, mayWrite: @escaping @Sendable (String) -> Bool,
        isReadOnly: @escaping @Sendable (String) -> Bool,
        secrets: @escaping @Sendable (SandboxPolicy) -> Set<String>
    ) {
        self.resolve = resolve
        self.exists = exists
        self.isFolder = isFolder
        self.mayWrite = mayWrite
        self.isReadOnly = isReadOnly
        self.secrets = secrets
    }

    /// This machine; `environment` is the agent's own.
    package static func machine(environment: [String: String]) -> HostView {
        HostView(
            resolve: Paths.canonicalAllowingMissing, exists: Paths.exists, isFolder: { Paths.kind($0) == .folder },
            mayWrite: { access(nearest($0), W_OK) == 0 },
            isReadOnly: { path in
                var info = statvfs()
                return statvfs(nearest(path), &info) == 0 && info.f_flag & UInt(ST_RDONLY) != 0
            },
            secrets: { policy in
                var hidden = SecretPaths.existing(home: policy.home, environment: environment)
                for pattern in policy.unmaskedPaths {
                    hidden.subtract(Paths.expand(pattern, home: policy.home).compactMap(Paths.canonical))
                }
                for pattern in policy.maskedPaths {
                    hidden.formUnion(Paths.expand(pattern, home: policy.home).compactMap(Paths.canonical))
                }
                return hidden
            })
    }

    private static func nearest(_ path: String) -> String {
        var path = path
        while path != "/", !Paths.exists(path) { path = Paths.parent(path) }
        return path
    }
}
