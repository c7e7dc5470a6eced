import Basics
import Glibc
import Wire

/// A model's server on this machine as its state file tells, and whether that is still true.
package struct LocalServer: Sendable, Hashable {
    package enum Status: String, Sendable, Hashable {
        case loading, ready
    }

    package let id: String
    package let pid: Int32
    package let status: Status
    /// `http://127.0.0.1:PORT`; nil while the model is loading.
    package let address: String?
    /// When it took this status, in milliseconds since 1970.
    package let since: Int64
    /// A bearer token without which it answers nobody, so that other users of the machine cannot use it.
    package let key: String
    let sha256: String
    /// The kernel's start time of the process, which tells it from a later one with the same id.
    let start: Int

    /// The value for a provider's `base_url`; nil while the model is loading.
    package var baseURL: String? { address.map { "\($0)/v1" } }

    /// Reads a state file; nil if there is none, if it is not ours alone, or if its process is gone.
    ///
    /// The file is trusted only as a regular file of this user's that nobody else may write.
    static func read(_ path: String) -> LocalServer? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
            status.st_mode & 0o077 == 0, let bytes = try? PosixFile.read(path, limit: 16_384),
            let json = try? JSONValue(parsing: bytes), let server = LocalServer(json), server.isAlive
        else { return nil }
        return server
    }

    private init?(_ json: JSONValue) {
        guard let id = json["id"]?.string, let pid = json["pid"]?.int.flatMap(Int32.init(exactly:)), pid > 1,
            let start = json["start"]?.int, let status = json["status"]?.string.flatMap(Status.init),
            let key = json["key"]?.string, let sha256 = json["sha256"]?.string, let since = json["since"]?.int
        else { return nil }
        let address = json["address"]?.string
        if let address { guard address.hasPrefix("http://127.0.0.1:") else { return nil } }
        guard address != nil || status == .loading else { return nil }
        self.id = id
        self.pid = pid
        self.start = start
        self.status = status
        self.key = key
        self.sha256 = sha256
        self.since = Int64(since)
        self.address = address
    }

    /// Whether the process of the state file runs.
    var isAlive: Bool { Self.startTime(of: pid) == start }

    /// Field 22 of `/proc/PID/stat`, in ticks since boot; nil if there is no such process or it is a zombie. The
    /// second field, a name in parentheses, may hold anything (proc(5)).
    static func startTime(of pid: Int32) -> Int? {
        guard let bytes = PosixFile.head("/proc/\(pid)/stat", limit: 4_096),
            let end = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, fields[0] != [UInt8(ascii: "Z")] else { return nil }
        return Int(String(decoding: fields[19], as: UTF8.self))
    }
}
