/// How a program that starts another one takes it: which of its own options come before.
struct CommandWrapper: Sendable {
    /// Options without a value, by letter or long name.
    var flags: Set<String> = []
    /// Options with a value: the rest of a cluster, what follows `=`, or the next word.
    var valued: Set<String> = []
    /// Words of its own before the command: `timeout 5 CMD`.
    var operands = 0
    var takesAssignments = false
    /// Whether the command may touch more, or as another user, so that an allow has to cover the wrapper as well.
    var changesRights = false
    /// Whether it adds words that are not on the command line.
    var addsWords = false
    /// Whether the words are joined and read by a shell again.
    var joinsForShell = false
    /// What an option does beyond starting the command.
    var extras: [String: String] = [:]

    static let table: [String: CommandWrapper] = [
        "builtin": CommandWrapper(),
        "busybox": CommandWrapper(),
        "chrt": CommandWrapper(flags: ["b", "f", "i", "o", "r", "R"], operands: 1),
        "command": CommandWrapper(flags: ["p"]),
        "doas": CommandWrapper(flags: ["n"], valued: ["u", "C"], takesAssignments: true, changesRights: true),
        "env": CommandWrapper(
            flags: ["i", "ignore-environment", "v", "debug"], valued: ["u", "unset", "C", "chdir"],
            takesAssignments: true, extras: ["C": "changes the directory", "chdir": "changes the directory"]),
        "exec": CommandWrapper(flags: ["c", "l"], valued: ["a"]),
        "ionice": CommandWrapper(flags: ["t", "ignore"], valued: ["c", "class", "n", "classdata"]),
        "nice": CommandWrapper(valued: ["n", "adjustment"]),
        "nohup": CommandWrapper(),
        "parallel": CommandWrapper(
            flags: ["k", "keep-order", "0", "null"], valued: ["j", "jobs", "n", "N"], addsWords: true),
        "setsid": CommandWrapper(flags: ["c", "ctty", "f", "fork", "w", "wait"]),
        "stdbuf": CommandWrapper(valued: ["i", "input", "o", "output", "e", "error"]),
        "sudo": CommandWrapper(
            flags: [
                "A", "b", "E", "H", "k", "K", "n", "P", "S", "non-interactive", "preserve-env", "set-home", "stdin",
            ],
            valued: ["u", "user", "g", "group", "p", "prompt", "D", "chdir", "C", "T", "h", "r", "t"],
            takesAssignments: true, changesRights: true),
        "taskset": CommandWrapper(flags: ["a", "c", "cpu-list"], operands: 1),
        "time": CommandWrapper(
            flags: ["p", "v", "q", "portability", "verbose", "quiet"], valued: ["f", "format", "o", "output"],
            extras: ["o": "writes a file", "output": "writes a file"]),
        "timeout": CommandWrapper(
            flags: ["f", "foreground", "p", "preserve-status", "v", "verbose"],
            valued: ["s", "signal", "k", "kill-after"], operands: 1),
        "toybox": CommandWrapper(),
        "watch": CommandWrapper(
            flags: [
                "b", "beep", "c", "color", "C", "no-color", "d", "e", "errexit", "g", "chgexit", "p", "precise", "t",
                "no-title", "w", "no-wrap",
            ], valued: ["n", "interval", "q", "equexit"], joinsForShell: true),
        "xargs": CommandWrapper(
            flags: ["0", "null", "p", "interactive", "r", "no-run-if-empty", "t", "verbose", "x", "exit", "o"],
            valued: [
                "a", "arg-file", "d", "delimiter", "E", "L", "max-lines", "n", "max-args", "P", "max-procs", "s",
                "max-chars",
            ], addsWords: true),
    ]

    /// Programs that start others in ways that are not read here.
    static let opaque: Set<String> = [
        ".", "at", "batch", "bwrap", "chroot", "crontab", "dbus-run-session", "docker", "entr", "expect", "fakeroot",
        "fish", "flock", "gdb", "ksh", "ltrace", "nsenter", "numactl", "pkexec", "podman", "proot", "prlimit",
        "runuser",
        "screen", "script", "setarch", "setpriv", "source", "ssh", "start-stop-daemon", "strace", "su", "systemd-run",
        "tcsh", "tmux", "unbuffer", "unshare", "valgrind", "xvfb-run", "zsh",
    ]

    /// Builtins that change what later text means, or evaluate words a second time.
    static let shellChanging: Set<String> = [
        "alias", "bind", "compgen", "complete", "declare", "enable", "export", "getopts", "hash", "let", "local",
        "mapfile", "read", "readarray", "readonly", "set", "shopt", "trap", "typeset", "unalias", "unset",
    ]
}
