import Wire

/// Package caches of one project: writable, and no other project's.
///
/// A cache that all projects share is a way from one to the next: what a hostile build leaves in it, another project's
/// build runs. So the tools' variables lead to a private folder of the project, and where a tool can read from a second
/// place, the user's own cache is that place, read-only.
///
/// What costs nothing but a variable is redirected in every project: a tool is often used where no file in the root tells
/// of it (in a part of the project, in a script, for a try in /tmp), and fails when it cannot write below ~/.cache.
package struct ToolchainCaches: Sendable, Hashable {
    /// What was found in the project.
    package let found: [Toolchain.Found]
    /// The private folder.
    package let folder: String
    /// Variables for commands.
    package let variables: [String: String]

    private let home: String
    private let environment: [String: String]

    /// - Parameters:
    ///   - project: the project's root, canonical.
    ///   - store: the product's `caches` folder.
    ///   - key: tells this project's folder from all others, such as a digest of its path.
    ///   - environment: the agent's own, for where the user's caches are.
    package init(project: String, store: String, key: String, home: String, environment: [String: String]) {
        found = Toolchain.detect(in: project)
        self.home = home
        self.environment = environment
        let folder = Paths.join(store, key)
        self.folder = folder
        var variables = ["XDG_CACHE_HOME": Paths.join(folder, "xdg"), "npm_config_cache": Paths.join(folder, "npm")]
        for toolchain in Self.common + found.map(\.toolchain) {
            variables.merge(Self.variables(of: toolchain, in: folder, home: home, environment: environment)) { $1 }
        }
        self.variables = variables
    }

    /// Redirected whether the project shows that it uses them or not.
    private static let common: [Toolchain] = [.python, .go, .make]

    /// Makes the private folder writable and returns the variables that lead to it. Only where commands may write at all,
    /// and where the folder can be made; else nothing is redirected.
    package func prepare(_ policy: inout SandboxPolicy) -> [String: String] {
        guard policy.mode == .workspaceWrite, LinkFarm.makeFolder(folder) else { return [:] }
        policy.writableRoots.append(folder)
        var variables = variables
        // Which proxies Go asks when nobody says so is Go's to know; with a network it needs no second place.
        if policy.network != .off, environment["GOPROXY"] == nil { variables["GOPROXY"] = nil }
        // Without a network the first try is as good as the last, which package managers make minutes later.
        return policy.network == .off ? variables.merging(Self.noRetries) { $1 } : variables
    }

    /// A command that tells whether the project builds or its tests pass, by what was found; nil where nothing was.
    package var guessedCommand: String? { found.lazy.compactMap(\.toolchain.checkCommand).first }

    /// Shows the user's caches in the private ones, for tools that have no way of their own to read a second place.
    package func showUserCaches() {
        var farm = LinkFarm(root: folder)
        // Caches that the project's own tools write are made anew; the rest of what lies there is shown.
        let common = environment["XDG_CACHE_HOME"] ?? Paths.join(home, ".cache")
        farm.mirror(common, at: "xdg", depth: 0, skip: Self.ownXDG)
        for toolchain in found.map(\.toolchain) {
            switch toolchain {
            case .cargo:
                let user = environment["CARGO_HOME"] ?? Paths.join(home, ".cargo")
                farm.link(["config.toml", "config", "bin", "env"], of: user, at: "cargo")
                // Index, then one folder a registry with crates, or with a folder a crate or repository.
                farm.mirror(Paths.join(user, "registry/index"), at: "cargo/registry/index", depth: 8)
                for part in ["registry/cache", "registry/src", "git/checkouts"] {
                    farm.mirror(Paths.join(user, part), at: "cargo/\(part)", depth: 1)
                }
                farm.mirror(Paths.join(user, "git/db"), at: "cargo/git/db", depth: 0)
            case .maven:
                farm.mirror(Self.mavenRepository(home), at: "m2", depth: 16)
            case .gradle:
                let user = environment["GRADLE_USER_HOME"] ?? Paths.join(home, ".gradle")
                farm.mirror(Paths.join(user, "wrapper/dists"), at: "gradle/wrapper/dists", depth: 1)
            case .npm, .pnpm, .yarn, .python, .go, .swift, .cmake, .make, .bazel, .docker: continue
            }
        }
    }

    private static let noRetries = [
        "npm_config_fetch_retries": "0", "PIP_RETRIES": "0", "CARGO_NET_RETRY": "0", "UV_HTTP_RETRIES": "0",
    ]

    private static let ownXDG: Set<String> = [
        "org.swift.swiftpm", "clang", "go-build", "pip", "uv", "ccache", "bazel", "yarn", "pnpm", "black", "mypy",
        "ruff",
        "matplotlib", "fontconfig", "mesa_shader_cache", "node-gyp", "deno", "typescript", "golangci-lint", "gopls",
        "staticcheck", "zig", "composer", "jedi", "pylint", "parso", "pypoetry", "pre-commit", "node",
    ]

    private static func mavenRepository(_ home: String) -> String {
        Paths.join(home, ".m2/repository")
    }

    private static func variables(
        of toolchain: Toolchain, in folder: String, home: String, environment: [String: String]
    ) -> [String: String] {
        func own(_ name: String) -> String { Paths.join(folder, name) }
        func user(_ variable: String, _ fallback: String) -> String {
            environment[variable] ?? Paths.join(home, fallback)
        }
        func appended(_ variable: String, _ text: String) -> String {
            environment[variable].map { "\($0) \(text)" } ?? text
        }
        switch toolchain {
        case .cargo:
            // rustup finds itself by its own variable once the folder is another.
            return [
                "CARGO_HOME": own("cargo"), "RUSTUP_HOME": user("RUSTUP_HOME", ".rustup"),
                "SCCACHE_DIR": own("sccache"),
            ]
        case .npm, .pnpm, .yarn:
            return [
                "npm_config_cache": own("npm"), "npm_config_store_dir": own("pnpm"), "YARN_CACHE_FOLDER": own("yarn"),
                "YARN_GLOBAL_FOLDER": own("yarn-global"), "npm_config_update_notifier": "false",
                "BUN_INSTALL_CACHE_DIR": own("bun"),
            ]
        case .python:
            return [
                "PIP_CACHE_DIR": own("pip"), "UV_CACHE_DIR": own("uv"), "POETRY_CACHE_DIR": own("poetry"),
                "PRE_COMMIT_HOME": own("pre-commit"), "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            ]
        case .go:
            let modules = environment["GOMODCACHE"] ?? Paths.join(user("GOPATH", "go"), "pkg/mod")
            let proxies = environment["GOPROXY"] ?? "off"
            return [
                "GOCACHE": own("go-build"), "GOMODCACHE": own("go-mod"), "GOFLAGS": appended("GOFLAGS", "-modcacherw"),
                "GOPROXY": "file://\(modules)/cache/download,\(proxies)", "GOTELEMETRY": "off",
            ]
        case .gradle:
            return [
                "GRADLE_USER_HOME": own("gradle"),
                "GRADLE_RO_DEP_CACHE": Paths.join(user("GRADLE_USER_HOME", ".gradle"), "caches"),
            ]
        case .maven:
            // Maven 3.9 reads a second repository by itself; older versions take the first from the JVM's options.
            let repository = "-Dmaven.repo.local=\(own("m2"))"
            return [
                "MAVEN_OPTS": appended("MAVEN_OPTS", repository),
                "MAVEN_ARGS": appended(
                    "MAVEN_ARGS", "\(repository) -Dmaven.repo.local.tail=\(mavenRepository(home))"),
            ]
        case .cmake, .make, .swift: return ["CCACHE_DIR": own("ccache"), "SCCACHE_DIR": own("sccache")]
        case .bazel, .docker: return [:]
        }
    }
}
