import Basics

/// Whether the user wants commits signed. Commands reach no key, so theirs are made unsigned, and that is said.
package enum GitSigning {
    /// How deep files include each other.
    private static let depth = 5
    /// Bytes of one file.
    private static let largest = 256 << 10

    /// What is said at the start, where commits would be signed.
    package static let notice =
        "git is set up to sign commits, and commands do not reach your key: their commits are unsigned until you run lockgate sign"

    /// Whether the user's or the machine's configuration asks for it. A repository that does is not looked at: git then says
    /// itself that it cannot sign, and why is explained with the command.
    package static func isWanted(environment: [String: String]) -> Bool {
        var value: Bool?
        for path in files(environment) { read(path, environment["HOME"] ?? "/", depth, &value) }
        return value ?? false
    }

    private static func files(_ environment: [String: String]) -> [String] {
        let system =
            environment["GIT_CONFIG_NOSYSTEM"] == nil ? [environment["GIT_CONFIG_SYSTEM"] ?? "/etc/gitconfig"] : []
        if let global = environment["GIT_CONFIG_GLOBAL"] { return system + [global] }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return system }
        return system + ["\(environment["XDG_CONFIG_HOME"] ?? home + "/.config")/git/config", "\(home)/.gitconfig"]
    }

    private static func read(_ path: String, _ home: String, _ depth: Int, _ value: inout Bool?) {
        guard depth > 0, let bytes = PosixFile.head(path, limit: largest) else { return }
        let file = GitConfigFile(bytes)
        for include in file.includes {
            let target = include.hasPrefix("~/") ? home + include.dropFirst() : include
            read(PathText.absolute(target, from: PathText.parent(path)), home, depth - 1, &value)
        }
        if file.last("commit", "gpgsign") != nil || file.last("tag", "gpgsign") != nil {
            value = file.isOn("commit", "gpgsign") || file.isOn("tag", "gpgsign")
        }
    }
}
