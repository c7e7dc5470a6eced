import Basics
import Glibc
import TestSupport
import Testing

@Suite("An agent that is killed")
struct KilledAgentTests {
    @Test("leaves no process and no placeholder behind", arguments: ["workspace-write", "danger-full-access"])
    func leavesNothing(_ mode: String) async throws {
        try await GitRepository.with(["README.md": "# Test\n"]) { repository in
            try await TemporaryFolder.with { home in
                let marker = "lockgate-orphan-\(getpid())-\(mode)"
                let script =
                    "(setsid bash -c 'exec -a \(marker) sleep 80' &); (exec -a \(marker) sleep 80) & echo; exec -a \(marker) sleep 80"
                let run = try ProgramRun(
                    "lockgate", ["sandbox", "-s", mode, "--", "bash", "-c", script], in: repository.path,
                    environment: [
                        "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home.path, "LOCKGATE_HOME": home.path,
                    ],
                    scratch: home)
                try until { Self.count(marker) == 3 }
                run.signal(SIGKILL)
                #expect(try await run.result().status == 128 + SIGKILL)
                try until { Self.count(marker) == 0 }
                try until {
                    [".lockgate", ".agents", ".agent", ".git/commondir"]
                        .allSatisfy { access("\(repository.path)/\($0)", F_OK) != 0 }
                }
            }
        }
    }

    /// How many processes have this name.
    private static func count(_ name: String) -> Int {
        let pipe = popen("pgrep -cf '^\(name)'", "r")
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 32)
        guard let pipe, fgets(&line, 32, pipe) != nil else { return 0 }
        return Int(String(decoding: line.prefix { $0 >= 48 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)) ?? 0
    }

    /// Waits for what other processes do.
    private func until(_ condition: () -> Bool) throws {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while !condition() { try #require(clock.now < end, "did not happen") }
    }
}
