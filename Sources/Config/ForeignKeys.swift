/// Keys that people bring from Codex or from habit, and what they write here instead.
enum ForeignKeys {
    /// The remedy for a key that has no option here, or nil for a key nobody knows.
    static func remedy(for path: [String]) -> String? {
        guard let first = path.first else { return nil }
        switch first {
        case "profile", "profiles":
            return
                "profiles are files: put the settings into $LOCKGATE_HOME/NAME.config.toml and run with --profile NAME"
        case "openai_base_url", "chatgpt_base_url":
            return "set model_providers.openai.base_url"
        case "experimental_bearer_token", "api_key":
            return "put the key into an environment variable and name it in model_providers.<id>.env_key"
        case "oss_provider":
            return "set model_provider"
        case "approval_mode":
            return "set approval_policy"
        case "sandbox":
            return "set sandbox_mode"
        default:
            return path.last == "experimental_bearer_token" || path.last == "api_key"
                ? "put the key into an environment variable and name it in model_providers.<id>.env_key" : nil
        }
    }
}
