import Glibc

/// Devices that commands see only where the user grants them, by what they are for: `filesystem.allow_devices`.
///
/// A family, and not a path: of a graphics card its computing nodes and not the ones that set the screen; and no disk,
/// terminal, keyboard or memory of the machine can be named at all.
package enum DeviceFamily: String, Sendable, Hashable, CaseIterable {
    /// Graphics cards and accelerators, for computing. Their drivers become reachable, which is a large piece of kernel.
    case gpu
    /// Hardware virtualisation.
    case kvm

    private var patterns: [String] {
        switch self {
        case .gpu:
            [
                "/dev/dri/renderD*", "/dev/nvidia[0-9]*", "/dev/nvidiactl", "/dev/nvidia-uvm*", "/dev/kfd", "/dev/dxg",
                "/dev/accel/accel*",
            ]
        case .kvm: ["/dev/kvm"]
        }
    }

    /// The family's device nodes on this machine, sorted.
    package var nodes: [String] {
        patterns.flatMap { Paths.expand($0, home: "/") }.filter(Self.isDevice).sorted()
    }

    /// Whether a path is itself a character device, and no link to one.
    static func isDevice(_ path: String) -> Bool {
        var info = stat()
        return lstat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFCHR
    }
}
