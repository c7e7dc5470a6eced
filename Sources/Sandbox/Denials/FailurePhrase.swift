/// The words that programs use for the errors a sandbox causes. All in lower case.
enum FailurePhrase {
    private static let files: [(FailureMention.Cause, [String])] = [
        (
            .readOnly,
            ["read-only file system", "readonlyfilesystem", "erofs", "os error 30", "errno 30", "error (code: 30)"]
        ),
        (.busy, ["device or resource busy", "ebusy", "os error 16", "errno 16"]),
        (
            .denied,
            [
                "permission denied", "eacces", "accessdeniedexception", "access denied", "os error 13", "errno 13",
                "unable to open database", "due to an error writing", "don’t have permission",
            ]
        ),
        (.denied, ["the docker daemon at unix://", "docker daemon socket at unix://", "podman socket: unix://"]),
        (
            .notPermitted,
            [
                "operation not permitted", "eperm", "os error 1)", "errno 1]", "no new privileges",
                "address family not supported",
            ]
        ),
        (.missing, ["no such file or directory", "enoent", "os error 2)", "errno 2]", "nosuchfileexception"]),
    ]

    private static let networks: [(FailureMention.Cause, [String])] = [
        (
            .unresolved,
            [
                "could not resolve host", "couldn't resolve host", "unable to resolve host", "could not resolve proxy",
                "temporary failure in name resolution", "temporary failure resolving", "name or service not known",
                "no address associated with hostname", "eai_again", "enotfound", "unknownhostexception",
                "unknown host ", "failed to lookup address", "nodename nor servname", "name resolution failed",
                "dial tcp: lookup", "dns error", "getaddrinfo failed", "cannot resolve hostname",
            ]
        ),
        (
            .unreachable,
            [
                "network is unreachable", "enetunreach", "no route to host", "ehostunreach",
                "couldn't connect to server",
                "host is unreachable", "network unreachable",
            ]
        ),
        (.refused, ["connection refused", "econnrefused"]),
    ]

    /// Programs whose purpose is a call that no sandboxed command may make.
    private static let calls: [String: String] = [
        "mount": "mount", "umount": "umount2", "unshare": "unshare", "bwrap": "unshare", "chroot": "chroot",
        "dmesg": "syslog", "su": "setgroups", "sudo": "setuid", "perf": "perf_event_open", "bpftool": "bpf",
        "bpftrace": "bpf", "keyctl": "keyctl", "nsenter": "setns", "ping": "socket", "sysctl": "sysctl",
        "insmod": "init_module", "modprobe": "finit_module", "swapon": "swapon", "date": "clock_settime",
        "hwclock": "clock_settime", "fusermount": "mount", "fusermount3": "mount", "podman": "unshare",
        "newuidmap": "setuid", "iptables": "socket", "nft": "socket", "tcpdump": "socket",
    ]

    /// Network first: a line about a host may also hold a word about files.
    static let all: [Entry] =
        networks.flatMap { cause, phrases in phrases.map { Entry(phrase: $0, cause: cause, isNetwork: true) } }
        + files.flatMap { cause, phrases in phrases.map { Entry(phrase: $0, cause: cause, isNetwork: false) } }

    struct Entry: Sendable {
        let phrase: String
        let cause: FailureMention.Cause
        let isNetwork: Bool

        /// Whether it is the name of an error number, which counts as a word of its own only.
        var isCode: Bool { phrase.first == "e" && !phrase.contains(" ") }
    }

    private static let writing = [
        "creat", "writ", "mkdir", "touch", "remov", "renam", "delet", "lock", "mov", "install", "sav", "unlink",
        "append", "database",
    ]

    /// Whether a line speaks of changing something. "Permission denied" alone is more often a file that is not
    /// executable, or not this user's to read.
    static func speaksOfWriting(_ line: String) -> Bool { writing.contains { line.contains($0) } }

    /// The call a program's own complaint is about: `mount: /mnt: permission denied`.
    static func systemCall(of line: String) -> String? {
        if line.contains("no new privileges") { return "setuid" }
        // Datagrams to local sockets, raw sockets, vsock, bluetooth: none of them is opened.
        if line.contains("address family not supported") { return "socket" }
        let program = line.drop { $0 == " " }.prefix { $0 != ":" && $0 != " " && $0 != "/" }
        guard line.contains("\(program):") else { return nil }
        return calls[String(program)]
    }
}
