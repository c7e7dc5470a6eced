/// What a failed command's output says went wrong: a reading of other programs' messages, before any policy is asked.
struct FailureMention: Hashable, Sendable {
    enum Cause: Hashable, Sendable {
        /// EROFS, EBUSY, EACCES, EPERM, ENOENT, each by number, name or words.
        case readOnly, busy, denied, notPermitted, missing
        /// A name has no address.
        case unresolved
        /// An address has no route.
        case unreachable
        /// Nobody listens there.
        case refused
    }

    enum Subject: Hashable, Sendable {
        /// As written: absolute, relative, or below `~`; empty where none is named.
        case path(String)
        /// `host` or `host:port`; empty where none is named.
        case network(String)
        case socket(String)
        case systemCall(String)
    }

    var cause: Cause
    var subject: Subject
}
