/// Where keys and tokens lie on a developer's machine. All of it is hidden from every command unless the policy says
/// otherwise; `danger-full-access` hides nothing.
package enum SecretPaths {
    /// Below the home folder.
    static let inHome = [
        // keys and logins
        ".ssh", ".gnupg", ".aws", ".azure", ".kube", ".docker", ".oci", ".config/gcloud", ".config/doctl",
        ".config/flyctl", ".fly", ".netrc", "_netrc", ".git-credentials", ".config/git/credentials", ".config/gh",
        ".config/glab-cli", ".config/hub", ".config/containers/auth.json", ".vault-token", ".pgpass", ".my.cnf",
        ".terraform.d/credentials.tfrc.json", ".config/rclone", ".s3cfg", ".boto", ".databrickscfg", ".snowsql",
        ".config/op", ".config/age", ".config/sops", ".password-store", ".kaggle", ".cache/huggingface/token",
        ".huggingface", ".netlify", ".config/netlify", ".config/heroku", ".config/vercel",
        ".local/share/com.vercel.cli", ".terraformrc", ".pulumi/credentials.json", ".chef", ".mc", ".config/ngrok",
        ".ngrok2", ".cloudflared", ".config/stripe", ".config/hcloud", ".config/linode-cli", ".config/scw", ".railway",
        ".supabase", ".wrangler/config", ".config/.wrangler", ".config/helm/registry", ".config/argocd", ".azd",
        ".doppler", ".config/infracost", ".sentryclirc", ".config/tea", ".config/.jira", ".config/tailscale",
        ".dbt/profiles.yml", ".snowflake", ".mylogin.cnf", ".config/openai", ".config/io.datasette.llm/keys.json",
        ".authinfo", ".authinfo.gpg", ".msmtprc", ".mbsyncrc", ".fetchmailrc", ".subversion/auth", ".putty",
        ".config/filezilla", ".local/share/remmina", ".openvpn", ".weechat/sec.conf", ".config/weechat/sec.conf",
        ".Xauthority", ".ICEauthority",
        // wallets
        ".config/solana/id.json", ".ethereum/keystore", ".bitcoin", ".electrum/wallets",
        // package registries
        ".npmrc", ".yarnrc.yml", ".pypirc", ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials",
        ".composer/auth.json", ".config/composer/auth.json", ".m2/settings-security.xml", ".nuget/NuGet/NuGet.Config",
        ".hex", ".config/configstore", ".gradle/gradle.properties", ".bundle/config", ".local/share/gem/credentials",
        ".config/pypoetry/auth.toml", ".ivy2/.credentials", ".sbt/.credentials", ".lein/credentials.clj",
        ".continuum/anaconda-client", ".bunfig.toml",
        // other agents' logins
        ".codex/auth.json", ".codex/.credentials.json", ".claude/.credentials.json", ".claude.json", ".gemini",
        ".config/github-copilot", ".local/share/opencode/auth.json", ".config/crush", ".local/share/crush",
        ".config/goose", ".aider.conf.yml", ".continue", ".cursor/mcp.json", ".config/cursor/auth.json",
        ".copilot", ".qwen", ".factory/auth.json",
        // key rings, browsers, mail
        ".local/share/keyrings", ".local/share/kwalletd", ".local/share/python_keyring", ".mozilla", ".thunderbird",
        ".config/google-chrome",
        ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge", ".config/vivaldi", ".config/opera",
        ".librewolf", "snap/firefox", "snap/chromium", ".var/app/org.mozilla.firefox",
        ".var/app/com.google.Chrome", ".var/app/org.chromium.Chromium", ".var/app/com.brave.Browser",
        ".config/1Password", ".config/Bitwarden", ".config/Signal",
        ".config/Slack", ".config/discord",
        // what was typed before
        ".bash_history", ".zsh_history", ".histfile", ".local/share/fish/fish_history", ".psql_history",
        ".mysql_history", ".python_history", ".node_repl_history", ".sqlite_history", ".rediscli_history", ".dbshell",
        ".viminfo", ".local/share/atuin",
    ]

    /// Files and folders that variables of the agent's own environment point to.
    static let byVariable = [
        "LOCKGATE_HOME", "GNUPGHOME", "AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "KUBECONFIG", "DOCKER_CONFIG", "NETRC", "NPM_CONFIG_USERCONFIG", "GOOGLE_APPLICATION_CREDENTIALS",
        "CLOUDSDK_CONFIG", "AZURE_CONFIG_DIR", "GH_CONFIG_DIR", "PGPASSFILE", "PASSWORD_STORE_DIR", "VAULT_TOKEN_FILE",
    ]

    /// Files in folders that variables point to.
    static let byVariableAndName = [
        "CARGO_HOME": ["credentials", "credentials.toml"],
        "CODEX_HOME": ["auth.json", ".credentials.json"],
        "CLAUDE_CONFIG_DIR": [".credentials.json", ".claude.json"],
    ]

    /// Of the machine. They matter when the agent runs as root.
    static let ofMachine = [
        "/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh/ssh_host_*_key", "/etc/krb5.keytab",
        "/etc/sudoers", "/etc/sudoers.d", "/var/lib/sss/secrets", "/etc/NetworkManager/system-connections",
        "/etc/wireguard", "/etc/letsencrypt/archive", "/etc/ssl/private", "/var/run/secrets", "/root/.ssh",
        "/etc/openvpn", "/etc/ppp/chap-secrets", "/etc/ipsec.secrets", "/etc/mysql/debian.cnf",
        "/etc/kubernetes/admin.conf", "/etc/rancher/k3s/k3s.yaml", "/var/lib/kubelet/pki", "/etc/netplan",
    ]

    /// Every existing secret, canonical, for this home folder and environment.
    package static func existing(home: String, environment: [String: String]) -> Set<String> {
        existing(home: home, environment: environment, witness: nil)
    }

    /// The same; `witness` is told of every candidate beforehand.
    static func existing(home: String, environment: [String: String], witness: PlanWitness?) -> Set<String> {
        var candidates: [String] = []
        var homes: Set<String> = []
        for folder in [home, environment["HOME"]] {
            guard let folder, let real = Paths.canonical(folder), homes.insert(real).inserted else { continue }
            candidates += inHome.map { Paths.join(real, $0) }
            candidates.append(Paths.join(real, ".lockgate"))
        }
        for name in byVariable {
            guard let value = environment[name], !value.isEmpty else { continue }
            candidates += value.split(separator: ":").map(String.init)
        }
        for (name, files) in byVariableAndName {
            guard let value = environment[name], !value.isEmpty else { continue }
            candidates += files.map { Paths.join(value, $0) }
        }
        if let witness {
            for path in candidates where path.hasPrefix("/") { witness.asked(path) }
            for pattern in ofMachine {
                // The patterns there have their wildcards in the last part.
                if Paths.isPattern(pattern) { witness.listedAll(Paths.parent(pattern)) } else { witness.asked(pattern) }
            }
        }
        var found = Set(candidates.compactMap { Paths.exists($0) ? Paths.canonical($0) : nil })
        if let witness { for path in found { witness.asked(path) } }
        for pattern in ofMachine {
            found.formUnion(Paths.expand(pattern, home: home).compactMap(Paths.canonical))
        }
        found.remove("/")
        for folder in homes { found.remove(folder) }
        return found
    }
}
