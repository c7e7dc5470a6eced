package import Wire

/// `[shell_environment_policy]`: how much of the agent's environment a command sees. Names and meanings are Codex's,
/// except that secrets and code-loading variables never pass, whatever is inherited.
package struct ShellEnvironmentPolicy: Sendable, Hashable {
    package enum Inherit: String, Sendable, Hashable, CaseIterable {
        /// Everything that is not a secret.
        case all
        /// The allow-list: what shells and toolchains need. The default.
        case core
        /// Nothing.
        case none
    }

    package var inherit: Inherit
    /// Globs of names to leave out, case-insensitive.
    package var exclude: [String]
    /// Variables to set, after everything else. A name given here passes even if it looks like a secret.
    package var set: [String: String]
    /// If not empty, only names that match one of these globs remain.
    package var includeOnly: [String]

    package init(
        inherit: Inherit = .core, exclude: [String] = [], set: [String: String] = [:], includeOnly: [String] = []
    ) {
        self.inherit = inherit
        self.exclude = exclude
        self.set = set
        self.includeOnly = includeOnly
    }
}

/// Builds the environment of a command.
package struct CommandEnvironment: Sendable {
    private let inherited: [String: String]
    private let policy: ShellEnvironmentPolicy
    /// Names of variables that hold provider keys by configuration (`env_key`).
    private let keyNames: Set<String>
    /// Where toolchains find their caches; stronger than what is inherited, weaker than what the policy sets.
    private let tools: [String: String]
    /// Whether the user signs commits, asked once: each command gets an environment.
    private let signsCommits: Bool

    /// `inherited` is the agent's own environment.
    package init(
        inherited: [String: String], policy: ShellEnvironmentPolicy = .init(), keyNames: Set<String> = [],
        tools: [String: String] = [:]
    ) {
        self.tools = tools
        self.inherited = inherited
        self.policy = policy
        self.keyNames = keyNames
        signsCommits = GitSigning.isWanted(environment: inherited)
    }

    /// What a command gets in this mode.
    package func variables(mode: SandboxMode, network: NetworkMode, hasTerminal: Bool) -> [String: String] {
        var result = inherited.filter { isInherited($0.key) && !isSecret($0.key) && !Self.runsCode($0.key) }
        if policy.inherit != .none {
            if result["PATH"] == nil { result["PATH"] = "/usr/local/bin:/usr/bin:/bin" }
            // Paging waits for a key, and a colour is noise to a model.
            result.merge(["PAGER": "cat", "GIT_PAGER": "cat", "MANPAGER": "cat", "SYSTEMD_PAGER": "cat"]) { $1 }
            result["TERM"] = hasTerminal ? result["TERM"] ?? "xterm-256color" : "dumb"
            if !hasTerminal { result["NO_COLOR"] = "1" }
        }
        result.merge(tools) { $1 }
        result["LOCKGATE_SANDBOX"] = mode.rawValue
        result["LOCKGATE_NETWORK"] = mode == .dangerFullAccess ? "on" : network.rawValue
        if mode != .dangerFullAccess {
            if result["TMPDIR"] != nil { result["TMPDIR"] = "/tmp" }
            result["XDG_RUNTIME_DIR"] = nil
            // Creating a branch from a remote one would write to .git/config, which is read-only. No key can be reached.
            var settings = ["branch.autoSetupMerge"]
            if signsCommits { settings += ["commit.gpgSign", "tag.gpgSign"] }
            result["GIT_CONFIG_COUNT"] = "\(settings.count)"
            for (number, name) in settings.enumerated() {
                result["GIT_CONFIG_KEY_\(number)"] = name
                result["GIT_CONFIG_VALUE_\(number)"] = "false"
            }
        }
        result = result.filter { name, _ in !policy.exclude.contains { Self.matches(name, $0) } }
        if !policy.includeOnly.isEmpty {
            result = result.filter { name, _ in policy.includeOnly.contains { Self.matches(name, $0) } }
        }
        result.merge(policy.set) { $1 }
        return result
    }

    private func isInherited(_ name: String) -> Bool {
        switch policy.inherit {
        case .none: false
        case .all: true
        case .core: Self.allowed.contains(name) || Self.allowedPrefixes.contains { name.hasPrefix($0) }
        }
    }

    private static let allowed: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TERM", "COLORTERM", "TZ", "TMPDIR", "HOSTNAME",
        "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_DATA_DIRS", "XDG_CONFIG_DIRS",
        // languages and their package managers
        "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_BUILD_JOBS", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS",
        "RUST_BACKTRACE",
        "RUST_LOG", "GOPATH", "GOROOT", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "GOBIN", "GOOS",
        "GOARCH",
        "CGO_ENABLED", "JAVA_HOME", "JDK_HOME", "MAVEN_HOME", "M2_HOME", "MAVEN_OPTS", "GRADLE_HOME",
        "GRADLE_USER_HOME", "GRADLE_OPTS",
        "ANDROID_HOME", "ANDROID_SDK_ROOT", "KOTLIN_HOME", "SCALA_HOME", "SBT_OPTS",
        "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV", "CONDA_EXE", "PYENV_ROOT", "PYENV_VERSION", "PIP_INDEX_URL",
        "PIP_CACHE_DIR",
        "UV_CACHE_DIR", "UV_PYTHON", "POETRY_HOME", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONUTF8",
        "PYTHONIOENCODING", "PYTHONHASHSEED",
        "NODE_ENV", "NVM_DIR", "NVM_BIN", "NODE_EXTRA_CA_CERTS", "PNPM_HOME", "YARN_CACHE_FOLDER", "COREPACK_HOME",
        "BUN_INSTALL", "DENO_DIR", "VOLTA_HOME", "FNM_DIR", "ASDF_DIR", "ASDF_DATA_DIR", "MISE_DATA_DIR", "SDKMAN_DIR",
        "GEM_HOME", "GEM_PATH", "RBENV_ROOT", "BUNDLE_PATH", "RAILS_ENV", "COMPOSER_HOME", "DOTNET_ROOT",
        "DOTNET_CLI_HOME",
        "NUGET_PACKAGES", "SWIFT_EXEC", "SWIFTLY_HOME_DIR", "SWIFTLY_BIN_DIR", "STACK_ROOT",
        "GHCUP_INSTALL_BASE_PREFIX", "OPAMROOT", "ERL_AFLAGS",
        "MIX_ENV", "MIX_HOME", "JULIA_DEPOT_PATH", "R_HOME", "R_LIBS_USER",
        // builds
        "CC", "CXX", "LD", "AR", "AS", "NM", "RANLIB", "STRIP", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS",
        "MAKEFLAGS", "CMAKE_PREFIX_PATH",
        "CMAKE_GENERATOR", "CMAKE_BUILD_TYPE", "CMAKE_BUILD_PARALLEL_LEVEL", "CTEST_OUTPUT_ON_FAILURE",
        "PKG_CONFIG_PATH", "CCACHE_DIR", "SCCACHE_DIR",
        "CPATH", "C_INCLUDE_PATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH", "ACLOCAL_PATH", "CUDA_HOME",
        "CUDA_VISIBLE_DEVICES", "ROCM_PATH",
        "NIX_PATH", "NIX_PROFILES", "NIX_SSL_CERT_FILE", "SOURCE_DATE_EPOCH", "CI", "DEBIAN_FRONTEND", "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY",
        "NO_PROXY",
        // git, where it names no program
        "GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM",
        "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM", "EMAIL",
    ]
    private static let allowedPrefixes = ["LC_"]

    /// Whether a name says that its value is a secret, or leads to an agent that holds some.
    private func isSecret(_ name: String) -> Bool {
        if keyNames.contains(name) { return true }
        let upper = Self.upperCased(name)
        if Self.agents.contains(upper) || Self.agentPrefixes.contains(where: upper.hasPrefix) { return true }
        if Self.notSecret.contains(upper) { return false }
        let bytes = Array(upper.utf8)
        for part in Self.secretParts where Self.contains(bytes, part) { return true }
        for ending in Self.secretEndings where Self.matches(bytes, ending, at: bytes.count - ending.count) {
            return true
        }
        return false
    }

    /// Names are ASCII nearly always; the general way looks up each character's properties.
    private static func upperCased(_ name: String) -> String {
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { return name.uppercased() }
        return String(decoding: name.utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 - 0x20 : $0 }, as: UTF8.self)
    }

    /// `String.contains` looks for characters and takes a hundred times as long. This runs for every variable before
    /// every first command, some seven thousand comparisons, so it makes no slices either.
    private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        var start = 0
        while start + part.count <= bytes.count {
            if matches(bytes, part, at: start) { return true }
            start += 1
        }
        return false
    }

    private static func matches(_ bytes: [UInt8], _ part: [UInt8], at start: Int) -> Bool {
        guard start >= 0, start + part.count <= bytes.count else { return false }
        var offset = 0
        while offset < part.count {
            if bytes[start + offset] != part[offset] { return false }
            offset += 1
        }
        return true
    }

    private static let secretParts = [
        "_KEY", "APIKEY", "TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "COOKIE",
        "CONNECTION_STRING", "WEBHOOK",
    ].map { Array($0.utf8) }
    private static let secretEndings = ["_PAT", "_AUTH", "_DSN", "_PWD", "DATABASE_URL", "REDIS_URL", "MONGODB_URI"]
        .map { Array($0.utf8) }
    private static let notSecret: Set<String> = ["TOKENIZERS_PARALLELISM"]
    private static let agents: Set<String> = [
        "SSH_AUTH_SOCK", "SSH_AGENT_PID", "GPG_AGENT_INFO", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "ICEAUTHORITY",
        "DOCKER_HOST",
        "CONTAINER_HOST", "KUBECONFIG", "SSH_ASKPASS", "SUDO_ASKPASS", "GIT_ASKPASS", "NOTIFY_SOCKET", "LISTEN_FDS",
        "TMUX", "STY", "XDG_RUNTIME_DIR",
        "VSCODE_IPC_HOOK_CLI", "VSCODE_GIT_IPC_HANDLE", "BROWSER", "KRB5CCNAME", "GNOME_KEYRING_CONTROL",
        "AT_SPI_BUS_ADDRESS", "PULSE_SERVER",
    ]
    private static let agentPrefixes = [
        "DBUS_", "VSCODE_", "AWS_", "AZURE_", "GOOGLE_", "OPENAI_", "ANTHROPIC_", "SYSTEMD_", "SESSION_MANAGER",
        "CODEX_", "CLAUDE",
    ]

    /// Variables that make a shell, the loader, an interpreter or git run code by themselves.
    static func runsCode(_ name: String) -> Bool {
        if name.hasPrefix("LD_") || name.hasPrefix("DYLD_") || name.hasPrefix("BASH_FUNC_") { return true }
        if name.hasPrefix("GIT_"), !allowed.contains(name) { return true }
        return codeNames.contains(name)
    }

    private static let codeNames: Set<String> = [
        "BASH_ENV", "ENV", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS4", "SHELLOPTS", "BASHOPTS", "ZDOTDIR", "FPATH",
        "CDPATH", "IFS",
        "PYTHONSTARTUP", "PYTHONPATH", "PYTHONHOME", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PERL5LIB", "PERL5OPT",
        "PERLLIB", "PERL5DB", "RUBYOPT", "RUBYLIB",
        "NODE_OPTIONS", "NODE_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "CLASSPATH", "LUA_INIT",
        "GCONV_PATH", "HOSTALIASES", "NLSPATH",
        "LOCPATH", "MALLOC_TRACE", "RES_OPTIONS", "TERMINFO", "TERMCAP", "LESSOPEN", "LESSCLOSE", "EDITOR", "VISUAL",
        "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER",
        "R_PROFILE", "R_ENVIRON", "MAKEFILES", "VIMINIT", "EXINIT", "INPUTRC", "GLIBC_TUNABLES",
    ]

    /// A shell glob of `*` and `?` over a name, letters of either case alike.
    static func matches(_ name: String, _ pattern: String) -> Bool {
        let name = Array(name.uppercased().utf8)
        let pattern = Array(pattern.uppercased().utf8)
        var at = 0
        var position = 0
        var star: (pattern: Int, name: Int)?
        while at < name.count {
            if position < pattern.count, pattern[position] == UInt8(ascii: "*") {
                star = (position, at)
                position += 1
            } else if position < pattern.count, pattern[position] == UInt8(ascii: "?") || pattern[position] == name[at]
            {
                position += 1
                at += 1
            } else if let last = star {
                star = (last.pattern, last.name + 1)
                position = last.pattern + 1
                at = last.name + 1
            } else {
                return false
            }
        }
        return pattern[position...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
