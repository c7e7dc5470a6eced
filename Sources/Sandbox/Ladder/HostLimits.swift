import Glibc

/// Settings of the machine that take user namespaces away, and signs of a container: for saying how to mend it.
package struct HostLimits: Sendable, Hashable {
    /// Values of /proc/sys by name; a missing one does not exist on this machine.
    package var settings: [String: String]
    package var isContainer: Bool

    static let names = [
        "kernel.unprivileged_userns_clone", "user.max_user_namespaces", "kernel.apparmor_restrict_unprivileged_userns",
    ]

    package init(settings: [String: String], isContainer: Bool) {
        self.settings = settings
        self.isContainer = isContainer
    }

    package static func current() -> HostLimits {
        HostLimits(
            settings: readSettings(),
            isContainer: ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"].contains(where: Paths.exists))
    }

    static func readSettings() -> [String: String] {
        var settings: [String: String] = [:]
        for name in names {
            let path = "/proc/sys/" + String(name.map { $0 == "." ? "/" : $0 })
            if let value = ProcText.read(path) { settings[name] = value }
        }
        return settings
    }

    /// What to change, most likely first.
    func remedy(_ survey: LayerSurvey) -> String {
        var steps: [String] = []
        if settings["kernel.unprivileged_userns_clone"] == "0" {
            steps.append("sysctl kernel.unprivileged_userns_clone=1")
        }
        if settings["user.max_user_namespaces"] == "0" { steps.append("sysctl user.max_user_namespaces=15000") }
        if let restricted = settings["kernel.apparmor_restrict_unprivileged_userns"], restricted != "0" {
            steps.append(
                "give the helper an AppArmor profile with `userns,` (or sysctl kernel.apparmor_restrict_unprivileged_userns=0)"
            )
        }
        if isContainer || (steps.isEmpty && !survey.grants(.userNamespaces)) {
            steps.append(
                "in a container: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined, or set outer_sandbox = \"container\" if the container is your sandbox"
            )
        } else if !survey.grants(.freshProc), survey.grants(.userNamespaces) {
            steps.append("start the container with --security-opt systempaths=unconfined")
        }
        if survey.landlockABI < SandboxLadder.signalScope {
            steps.append("Linux 6.12 or later with `landlock` in lsm= makes less than namespaces do")
        }
        return steps.joined(separator: "; ") + ". `lockgate doctor` shows each layer."
    }
}

/// Small files of /proc, whose size is not known before they are read.
enum ProcText {
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer -> String? in
            let count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            guard count >= 0 else { return nil }
            var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            while let last = bytes.last, last == 0x0A { bytes = UnsafeRawBufferPointer(rebasing: bytes.dropLast()) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
