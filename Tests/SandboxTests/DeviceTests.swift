import Glibc
import Testing
import Wire

@testable import Sandbox

@Suite("Devices")
struct DeviceTests {
    /// A character device that no sandbox shows by itself.
    static let other: String? = {
        let shown: Set = ["null", "zero", "full", "random", "urandom", "tty", "ptmx", "console"]
        return Paths.names(in: "/dev").map(\.name).sorted().filter { !shown.contains($0) && !$0.hasPrefix("tty") }
            .map { "/dev/\($0)" }.first(where: DeviceFamily.isDevice)
    }()

    @Test(
        "are seen and opened where they are granted, and nowhere else",
        .enabled(if: other != nil, "this machine has no other device"),
        arguments: [SandboxMode.readOnly, .workspaceWrite])
    func granted(_ mode: SandboxMode) async throws {
        let device = try #require(Self.other)
        let fixture = try SandboxFixture()
        // Opening may fail for want of hardware; never with "no such file" or because the mount forbids devices.
        let script =
            "test -c \(device) && python3 -c 'import os,sys\ntry: os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK)\nexcept OSError as e: print(e.errno in (2, 13, 1))\nelse: print(False)' \(device)"
        let hidden = try await fixture.run(script, mode)
        #expect(hidden.status == .exited(1))
        var policy = fixture.policy(mode)
        policy.devices = [device]
        let shown = try await fixture.run(script, policy)
        #expect(shown.status == .exited(0))
        #expect(shown.output == "False\n")
        // The grant is of the node: commands cannot make one, nor anything else in its folder that outlasts them.
        let made = try await fixture.run("mknod mine c 1 5; ls -A", policy)
        #expect(!made.output.contains("mine\n"))
    }

    @Test("that are links, folders or no devices are not granted by any name")
    func refused() throws {
        let fixture = try SandboxFixture()
        var policy = fixture.policy(.readOnly)
        policy.devices = [
            "/dev/stdin", "/dev/shm", "/dev/../etc/shadow", "/etc/passwd", fixture.workspace, "/dev/null/..",
        ]
        let plan = try PlanCompiler.compile(policy, environment: [:])
        #expect(plan.mounts.filter { $0.kind == .device } == [])
    }

    @Test("of a family are computing nodes that exist")
    func families() {
        for family in DeviceFamily.allCases {
            #expect(family.nodes.allSatisfy(DeviceFamily.isDevice))
            #expect(!family.nodes.contains { $0.contains("/card") || $0.contains("modeset") })
        }
    }
}
