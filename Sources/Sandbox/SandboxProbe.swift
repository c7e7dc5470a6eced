import Glibc
package import Wire

/// What this machine's kernel and settings allow, for `lockgate doctor` and the record of each session.
package struct SandboxReport: Sendable, Hashable {
    /// Whether a command in `workspace-write` with the network off runs with every layer.
    package var isComplete: Bool
    /// The kernel's Landlock ABI, 0 without. Below 2 the mounts hold alone; from 6 on abstract sockets and signals are
    /// scoped too.
    package var landlockABI: Int32
    /// Kernel release, such as `6.12.0`.
    package var kernel: String
    /// Why a command would be refused; nil when none would.
    package var problem: LockgateError?
}

/// Sets up the whole sandbox once, without running anything in it.
package enum SandboxProbe {
    package static func run(helper: String? = nil, level: SandboxLevel = .full) async -> SandboxReport {
        var report = SandboxReport(isComplete: false, landlockABI: 0, kernel: kernelRelease(), problem: nil)
        do throws(LockgateError) {
            let policy = SandboxPolicy(mode: .readOnly, workspace: "/", level: level)
            let session = try SandboxSession(policy: policy, helper: helper, environment: [:], isOneShot: true)
            let command = SandboxCommand(arguments: ["probe"], workingDirectory: "/", environment: [:])
            let process = try await session.start(command, isProbe: true)
            report.isComplete = await process.wait() == .exited(0)
            report.landlockABI = process.landlockABI
        } catch {
            report.problem = error
        }
        return report
    }

    private static func kernelRelease() -> String {
        var name = utsname()
        guard uname(&name) == 0 else { return "" }
        return withUnsafeBytes(of: &name.release) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
