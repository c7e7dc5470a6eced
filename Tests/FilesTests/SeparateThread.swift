import Glibc
import TestSupport

/// Runs a part of a test on a thread of its own, where it may change what Linux keeps per thread: the mounts it sees
/// and the user it acts as on files. Both go with the thread.
enum SeparateThread {
    /// Runs `body` on a new thread and waits for its end.
    static func run(_ body: () throws -> Void) throws {
        try withoutActuallyEscaping(body) { body in
            let job = Job(body)
            var thread = pthread_t()
            let result = pthread_create(
                &thread, nil,
                { argument in
                    argument.map { Unmanaged<Job>.fromOpaque($0).takeUnretainedValue().run() }
                    return nil
                }, Unmanaged.passUnretained(job).toOpaque())
            guard result == 0 else { throw TestFailure("pthread_create: \(result)") }
            pthread_join(thread, nil)
            try withExtendedLifetime(job) { try job.result.get() }
        }
    }

    /// Mounts a file system of 64 KiB on a folder, for this thread alone. Needs root.
    static func mountSmallDisk(on path: String) throws {
        let newMounts: Int32 = 0x20200  // CLONE_FS | CLONE_NEWNS
        let recursivelyPrivate: UInt = 0x44000  // MS_REC | MS_PRIVATE
        try must(call("unshare", newMounts), "unshare")
        try must(mount("none", "/", nil, recursivelyPrivate, nil), "make mounts private")
        try must(mount("none", path, "tmpfs", 0, "size=64k"), "mount tmpfs")
    }

    /// Acts on files as a user without privileges, for this thread alone. Needs root.
    static func becomeUser(_ id: Int32) throws {
        _ = try call("setfsuid", id)
        // The call returns the former id; asking for an impossible one shows whether it worked.
        try must(call("setfsuid", -1) == id ? 0 : -1, "setfsuid")
    }

    /// Calls a function of the C library that the Glibc module does not show.
    private static func call(_ name: String, _ argument: Int32) throws -> Int32 {
        let function = unsafeBitCast(dlsym(nil, name), to: (@convention(c) (Int32) -> Int32)?.self)
        guard let function else { throw TestFailure("no \(name)") }
        return function(argument)
    }

    private static func must(_ result: Int32, _ what: String) throws {
        if result != 0 { throw TestFailure("\(what): errno \(errno)") }
    }

    private final class Job {
        private let body: () throws -> Void
        var result: Result<Void, any Error> = .failure(TestFailure("did not run"))

        init(_ body: @escaping () throws -> Void) { self.body = body }

        func run() { result = Result { try body() } }
    }
}
