/// What a git command line starts besides git itself: options before the command configure programs, and a name that is
/// no command of git's is an alias, which can be any command.
struct GitInvocation {
    /// From git's own command on.
    private(set) var arguments: [ShellWord] = []
    private(set) var extras: [String] = []
    private(set) var doubts: [String] = []
    /// Texts that git gives to a shell.
    private(set) var scripts: [String] = []
    /// A command that git starts directly.
    private(set) var command: [ShellWord] = []

    init(_ words: [ShellWord]) {
        var words = words[...]
        while let word = words.first {
            guard let text = word.text else {
                doubts.append("an option of git is not known")
                return
            }
            guard text.hasPrefix("-") else { break }
            words = words.dropFirst()
            switch text {
            case "-c", "--config-env": configure(words.popFirst())
            case "-C":
                extras.append("git works in another folder")
                words = words.dropFirst()
            case "--git-dir", "--work-tree", "--namespace", "--super-prefix":
                extras.append("git works in another folder")
                words = words.dropFirst()
            case "-p", "--paginate": extras.append("git starts a pager")
            case "-P", "--no-pager", "--bare", "--no-optional-locks", "--literal-pathspecs", "--version", "--help",
                "-h":
                break
            case _ where text.hasPrefix("--config-env="): configure(.known(String(text.dropFirst(13))))
            case _ where text.hasPrefix("--exec-path="): doubts.append("git takes its commands from another folder")
            case _
            where text.hasPrefix("--git-dir=") || text.hasPrefix("--work-tree=") || text.hasPrefix("--namespace="):
                extras.append("git works in another folder")
            default: doubts.append("the option \(text) of git is not known")
            }
        }
        arguments = Array(words)
        guard let name = words.popFirst()?.text else { return }
        guard Self.commands.contains(name) else {
            doubts.append("git \(name) may be an alias")
            return
        }
        readCommand(name, words)
    }

    private mutating func configure(_ setting: ShellWord?) {
        guard let text = setting?.text else {
            doubts.append("a setting of git is not known")
            return
        }
        extras.append("configures git with \(text)")
        guard let equals = text.firstIndex(of: "="), text.lowercased().hasPrefix("alias.") else { return }
        let value = text[text.index(after: equals)...]
        if value.hasPrefix("!") {
            scripts.append(String(value.dropFirst()))
        } else {
            doubts.append("an alias of git is set")
        }
    }

    private mutating func readCommand(_ name: String, _ words: ArraySlice<ShellWord>) {
        var words = words
        switch (name, words.first?.text) {
        case ("bisect", "run"): command = Array(words.dropFirst())
        case ("submodule", _):
            guard let start = words.firstIndex(where: { $0.text == "foreach" }) else { return }
            let rest = words[words.index(after: start)...].drop { $0.text?.hasPrefix("-") == true }
            let texts = rest.compactMap(\.text)
            if texts.count == rest.count {
                scripts.append(texts.joined(separator: " "))
            } else {
                doubts.append("git submodule foreach runs text that is not known")
            }
        case ("rebase", _), ("difftool", _), ("filter-branch", _), ("clone", _), ("fetch", _), ("pull", _), ("push", _),
            ("ls-remote", _), ("grep", _), ("archive", _):
            while let word = words.popFirst() {
                guard let text = word.text else { continue }
                switch text {
                case "-x" where name == "rebase" || name == "difftool", "--exec" where name == "rebase",
                    "--extcmd" where name == "difftool":
                    if let script = words.popFirst()?.text {
                        scripts.append(script)
                    } else {
                        doubts.append("git \(name) runs text that is not known")
                    }
                case _ where text.hasPrefix("--exec=") || text.hasPrefix("--extcmd="):
                    let value = String(text.drop { $0 != "=" }.dropFirst())
                    scripts.append(value)
                case _
                where text.hasPrefix("--upload-pack") || text.hasPrefix("--receive-pack")
                    || text.hasPrefix("-u") && (name == "clone" || name == "ls-remote")
                    || text.hasPrefix("ext::") || text.hasPrefix("--open-files-in-pager") || text.hasPrefix("-O"),
                    _ where name == "filter-branch" && text.hasPrefix("--"):
                    doubts.append("git \(name) \(text) starts a program")
                default: break
                }
            }
        default: break
        }
    }

    /// git's own commands; an alias cannot take their names.
    static let commands: Set<String> = [
        "add", "am", "annotate", "apply", "archive", "bisect", "blame", "branch", "bundle", "cat-file", "check-attr",
        "check-ignore", "check-ref-format", "checkout", "checkout-index", "cherry", "cherry-pick", "clean", "clone",
        "commit", "commit-graph", "commit-tree", "config", "count-objects", "describe", "diff", "diff-files",
        "diff-index", "diff-tree", "difftool", "fast-export", "fast-import", "fetch", "filter-branch", "for-each-ref",
        "format-patch", "fsck", "gc", "grep", "hash-object", "help", "init", "log", "ls-files", "ls-remote", "ls-tree",
        "maintenance", "merge", "merge-base", "merge-file", "merge-tree", "mergetool", "mv", "name-rev", "notes",
        "pack-objects", "pack-refs", "prune", "pull", "push", "range-diff", "read-tree", "rebase", "reflog", "remote",
        "repack", "replace", "request-pull", "rerere", "reset", "restore", "rev-list", "rev-parse", "revert", "rm",
        "send-email", "shortlog", "show", "show-branch", "show-ref", "sparse-checkout", "stash", "status", "submodule",
        "switch", "symbolic-ref", "tag", "update-index", "update-ref", "var", "verify-commit", "verify-tag", "version",
        "whatchanged", "worktree", "write-tree",
    ]
}
