import Glibc
package import Wire

/// What a command costs in a session of this machine, against the same program without a sandbox; and what a session
/// holds before and after, so that a leak shows.
package struct SandboxMeasurement: Sendable {
    /// Microseconds from start to end.
    package struct Times: Sendable {
        package var tenthPercentile: Double
        package var median: Double

        init(_ samples: [Double]) {
            let sorted = samples.sorted()
            tenthPercentile = sorted.isEmpty ? 0 : sorted[sorted.count / 10]
            median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        }
    }

    /// What is held at one time.
    package struct Holdings: Sendable, CustomStringConvertible {
        package var descriptors: Int
        package var residentKilobytes: Int
        package var helperProcesses: Int
        package var helperDescriptors: Int
        package var helperMounts: Int
        package var helperKilobytes: Int

        package var description: String {
            "\(descriptors) descriptors, \(residentKilobytes) KB; helper: \(helperProcesses) processes, "
                + "\(helperDescriptors) descriptors, \(helperMounts) mounts, \(helperKilobytes) KB"
        }
    }

    package var plain: Times
    package var sandboxed: Times
    package var before: Holdings
    package var after: Holdings

    /// Runs `count` commands one after the other in one session, and at most 2000 without a sandbox between them.
    package static func run(
        _ command: SandboxCommand, in session: SandboxSession, count: Int
    ) async throws(LockgateError) -> SandboxMeasurement {
        var command = command
        command.io = .descriptors(0, 1, 2)
        var plain: [Double] = []
        var sandboxed: [Double] = []
        let clock = ContinuousClock()
        var before: Holdings?
        for number in 0..<count + warmUp {
            let start = clock.now
            let process = try await session.start(command)
            _ = await process.wait()
            let duration = start.duration(to: clock.now)
            if number >= warmUp { sandboxed.append(duration / .microseconds(1)) }
            if number == warmUp - 1 { before = await holdings() }
            guard plain.count < min(count, 2000) else { continue }
            let again = clock.now
            try spawn(command.arguments)
            plain.append(again.duration(to: clock.now) / .microseconds(1))
        }
        let after = await holdings()
        return SandboxMeasurement(
            plain: Times(plain), sandboxed: Times(sandboxed), before: before ?? after, after: after)
    }

    private static let warmUp = 50

    private static func spawn(_ arguments: [String]) throws(LockgateError) {
        var pointers = arguments.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, arguments[0], nil, nil, &pointers, environ)
        guard error == 0 else {
            throw LockgateError("sandbox.command_not_run", "\(arguments[0]): \(String(cString: strerror(error)))")
        }
        while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }

    private static func holdings() async -> Holdings {
        // The last command's init is still being taken down, and the next is being made.
        try? await Task.sleep(for: .milliseconds(200))
        let helper = descendants(of: getpid())
        return Holdings(
            descriptors: Paths.names(in: "/proc/self/fd").count,
            residentKilobytes: resident(getpid()),
            helperProcesses: helper.count,
            helperDescriptors: helper.map { Paths.names(in: "/proc/\($0)/fd").count }.reduce(0, +),
            helperMounts: helper.map { read("/proc/\($0)/mounts").count { $0 == "\n" } }.max() ?? 0,
            helperKilobytes: helper.map(resident).reduce(0, +))
    }

    private static func descendants(of pid: pid_t) -> [pid_t] {
        var found: [pid_t] = []
        for thread in Paths.names(in: "/proc/\(pid)/task") {
            for child in read("/proc/\(pid)/task/\(thread.name)/children").split(separator: " ").compactMap({
                pid_t($0)
            }) {
                found += [child] + descendants(of: child)
            }
        }
        return found
    }

    private static func resident(_ pid: pid_t) -> Int {
        let line = read("/proc/\(pid)/status").split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return line.flatMap { Int($0.dropFirst(6).filter(\.isNumber)) } ?? 0
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
