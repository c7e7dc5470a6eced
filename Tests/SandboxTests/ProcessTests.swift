import CLinux
import Glibc
import Sandbox
import Testing
import Wire

@Suite("A sandboxed process")
struct ProcessTests {
    static let modes: [SandboxMode] = [.workspaceWrite, .dangerFullAccess]

    @Test("passes its exit code through", arguments: modes, [0, 1, 42, 126, 127, 255])
    func exitCode(_ mode: SandboxMode, _ code: Int32) async throws {
        let result = try await SandboxFixture().run("exit \(code)", mode)
        #expect(result.status == .exited(code))
    }

    @Test("passes its signal through", arguments: modes, [SIGKILL, SIGTERM, SIGSEGV, SIGABRT])
    func signal(_ mode: SandboxMode, _ signal: Int32) async throws {
        let result = try await SandboxFixture().run("kill -\(signal) $$; while :; do :; done", mode)
        #expect(result.status == .signaled(signal))
        #expect(result.status.shellCode == 128 + signal)
    }

    /// A signal that arrives when nobody reads it any more must not hide how the command ended.
    @Test("ends as it did, whatever signals come too late")
    func lateSignals() async throws {
        let fixture = try SandboxFixture()
        let policy = fixture.policy(.readOnly)
        for _ in 0..<60 {
            let process = try await fixture.start("exit 3", policy, io: .merged(input: false))
            while process.endStatus == nil {
                process.signal(SIGCONT)
                await Task.yield()
            }
            #expect(process.endStatus == .exited(3))
            #expect(process.lostSandbox == nil)
            _ = await process.wait()
        }
    }

    @Test("has output and errors in order in one pipe, and gets input")
    func mergedStreams() async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start(
            "echo a; echo b >&2; read x; echo $x", fixture.policy(.workspaceWrite), io: .merged(input: true))
        let input = try #require(process.input)
        #expect(write(input, "hello\n", 6) == 6)
        #expect(await process.wait() == .exited(0))
        #expect(SandboxFixture.readAll(process) == "a\nb\nhello\n")
    }

    @Test("reads an end of file when its input is closed, and none when it has none")
    func endOfInput() async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start(
            "cat; echo end", fixture.policy(.workspaceWrite), io: .merged(input: true))
        process.closeInput()
        #expect(await process.wait() == .exited(0))
        #expect(try await fixture.run("cat; echo end", .readOnly).output == "end\n")
    }

    @Test("is named by its number on this side", arguments: modes)
    func processNumber(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start("read x", fixture.policy(mode), io: .merged(input: true))
        // The kernel shows a program's command line a moment after it has taken the old program's memory away.
        let look = "tr '\\0' ' ' < /proc/\(process.pid)/cmdline | grep -q 'bash -c read x' && exit 0"
        #expect(fixture.holds("for try in $(seq 200); do \(look); done; exit 1"))
        process.closeInput()
        #expect(await process.wait() == .exited(1))
    }

    @Test("holds no descriptor but its three", arguments: modes)
    func descriptors(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let leaked = open("/dev/null", O_RDONLY)  // deliberately without O_CLOEXEC
        defer { close(leaked) }
        let result = try await fixture.run(
            "n=$(seq 3 100); for i in $n; do test -e /proc/$$/fd/$i && echo $i; done", mode)
        #expect(result.output.isEmpty)
    }

    @Test("has no capability, no way to gain one, and a filter")
    func privileges() async throws {
        let result = try await SandboxFixture().run(
            "grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs|Seccomp):' /proc/self/status | tr -d ' \\t\\n'", .readOnly)
        let zero = "0000000000000000"
        #expect(
            result.output
                == "CapInh:\(zero)CapPrm:\(zero)CapEff:\(zero)CapBnd:\(zero)CapAmb:\(zero)NoNewPrivs:1Seccomp:2")
    }

    @Test("takes what it started with it", arguments: modes)
    func stragglers(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let marker = "lockgate-straggler-\(getpid())-\(mode.rawValue)"
        let script =
            "(exec -a \(marker) sleep 60) & (setsid bash -c '(exec -a \(marker) sleep 60) & disown' &); while [ $(pgrep -cf '[l]ockgate-straggler.*\(mode.rawValue)') -lt 2 ]; do :; done"
        let result = try await fixture.run(script, mode)
        #expect(result.status == .exited(0), "\(result.output)")
        #expect(fixture.holds("! pgrep -f '^\(marker)'"))
    }

    @Test("ends at once when it is let go, with all it started", arguments: modes)
    func letGo(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let pid: Int32
        do {
            let process = try await fixture.start("sleep 61 & sleep 61", fixture.policy(mode))
            pid = process.pid
        }
        try await untilGone(pid)
    }

    @Test("ends when any process of the sandbox is killed", arguments: ["monitor", "init"])
    func killedSandbox(_ victim: String) async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start("sleep 62 & sleep 62", fixture.policy(.workspaceWrite))
        let initProcess = try parent(of: process.pid)
        kill(victim == "init" ? initProcess : try parent(of: initProcess), SIGKILL)
        #expect(await process.wait() == .signaled(SIGKILL))
        try await untilGone(process.pid)
    }

    /// Who interrupts a turn has cancelled the task that ends its commands; the session outlives that.
    @Test("is ended in its own time by a task that is cancelled, and the session stays")
    func terminateWhenCancelled() async throws {
        let fixture = try SandboxFixture()
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let other = try await fixture.start("echo up; exec sleep 64", in: session)
        #expect(try SandboxFixture.readLine(other) == "up")
        let process = try await fixture.start("trap 'exit 7' TERM; echo up; while :; do sleep 0.01; done", in: session)
        #expect(try SandboxFixture.readLine(process) == "up")
        let ending = Task { () async -> TerminationStatus in
            while !Task.isCancelled { await Task.yield() }
            return await process.terminate(grace: .seconds(20))
        }
        ending.cancel()
        #expect(await ending.value == .exited(7))
        #expect(process.lostSandbox == nil && other.endStatus == nil && session.incidents == [])
        other.kill()
        #expect(await other.wait() == .signaled(SIGKILL))
        #expect(other.lostSandbox == nil)
    }

    @Test(
        "can be ended, politely or not", arguments: modes,
        ["echo; sleep 63", "trap '' TERM; echo; while :; do sleep 63; done"])
    func terminate(_ mode: SandboxMode, _ script: String) async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start(script, fixture.policy(mode))
        var byte: UInt8 = 0
        #expect(read(try #require(process.output), &byte, 1) == 1)
        let status = await process.terminate(grace: .milliseconds(100))
        #expect(status == (script.hasPrefix("trap") ? .signaled(SIGKILL) : .signaled(SIGTERM)))
    }

    @Test("can be interrupted", arguments: [CommandIO.merged(input: false), .terminal(rows: 24, columns: 80)])
    func interrupt(_ io: CommandIO) async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start(
            "trap 'exit 7' INT; echo; while :; do sleep 0.01; done", fixture.policy(.workspaceWrite), io: io)
        var byte: UInt8 = 0
        #expect(read(try #require(process.output), &byte, 1) == 1)
        process.interrupt()
        #expect(await process.wait() == .exited(7))
    }

    @Test("waits no longer than its task, if so asked")
    func cancelledWait() async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start("read x", fixture.policy(.workspaceWrite), io: .merged(input: true))
        let waiting = Task { await process.waitUnlessCancelled() }
        waiting.cancel()
        #expect(await waiting.value == nil)
        process.closeInput()
        #expect(await process.wait() == .exited(1))
    }

    @Test("has a terminal of its own size that controls it, and can open more", arguments: modes)
    func terminal(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let script =
            "stty size; tty >/dev/null && test -t 0 && : < /dev/tty && /usr/bin/python3 -c 'import pty;pty.openpty()' && ps -o tpgid= -p $$ | tr -d ' ' | grep -qx $$ && echo ok"
        let process = try await fixture.start(script, fixture.policy(mode), io: .terminal(rows: 33, columns: 77))
        #expect(await process.wait() == .exited(0))
        #expect(SandboxFixture.readAll(process) == "33 77\r\nok\r\n")
    }

    @Test("says what it used")
    func usage() async throws {
        let fixture = try SandboxFixture()
        let process = try await fixture.start(
            "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done", fixture.policy(.readOnly))
        #expect(await process.wait() == .exited(0))
        let usage = try #require(process.usage)
        #expect(usage.userMicroseconds + usage.systemMicroseconds > 1000)
        #expect(usage.peakKilobytes > 500)
    }

    @Test("takes arguments and variables of any size and byte")
    func largeCommand() async throws {
        let fixture = try SandboxFixture()
        let long = String(repeating: "ä x\n", count: 25_000)
        let policy = fixture.policy(.readOnly)
        let process = try await fixture.session(policy).start(
            SandboxCommand(
                arguments: ["bash", "-c", "test ${#1} = 100000 && test \"$1\" = \"$V\"", "x", long],
                workingDirectory: "/",
                environment: fixture.environment.merging(["V": long]) { $1 }))
        #expect(await process.wait() == .exited(0))
    }

    @Test("runs beside many others")
    func manyAtOnce() async throws {
        let fixture = try SandboxFixture()
        let policy = fixture.policy(.workspaceWrite)
        let codes = try await withThrowingTaskGroup(of: Int32.self) { group in
            for number in 0..<24 {
                group.addTask { try await fixture.run("exit \(number)", policy).status.shellCode }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(codes == Set(0..<24))
    }

    private func parent(of pid: Int32) throws -> Int32 {
        let descriptor = open("/proc/\(pid)/status", O_RDONLY | O_CLOEXEC)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        let line = String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(separator: "\n").first {
            $0.hasPrefix("PPid:")
        }
        return try #require(line.flatMap { Int32($0.dropFirst(5).drop { $0 == " " || $0 == "\t" }) })
    }

    /// Waits for the end of a process that is not this one's child.
    private func untilGone(_ pid: Int32) async throws {
        let descriptor = clinux_open_process(pid)
        if descriptor == -ESRCH { return }
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&event, 1, 5000) == 1, "process \(pid) is still there")
    }
}

@Suite("A sandbox that cannot be set up")
struct SetupFailureTests {
    private func failure(_ body: () async throws -> Void) async throws -> LockgateError {
        do {
            try await body()
        } catch let error as LockgateError {
            return error
        }
        throw LockgateError("test.no_error", "no error")
    }

    @Test(
        "says that a program is missing, with the shell's code", arguments: [SandboxMode.readOnly, .dangerFullAccess])
    func missingProgram(_ mode: SandboxMode) async throws {
        let fixture = try SandboxFixture()
        let error = try await failure {
            _ = try await fixture.session(fixture.policy(mode)).start(
                SandboxCommand(
                    arguments: ["no-such-program"], workingDirectory: fixture.workspace,
                    environment: fixture.environment))
        }
        #expect(error.code == "sandbox.command_not_run")
        #expect(error.message == "no-such-program: No such file or directory")
        #expect(error.exitCode == 127)
    }

    @Test("says that a program cannot be executed")
    func notExecutable() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("touch f")
        let error = try await failure {
            _ = try await fixture.session(fixture.policy(.readOnly)).start(
                SandboxCommand(
                    arguments: ["./f"], workingDirectory: fixture.workspace, environment: fixture.environment))
        }
        #expect(error.exitCode == 126)
    }

    @Test("says that the working folder is missing")
    func missingFolder() async throws {
        let fixture = try SandboxFixture()
        let error = try await failure {
            _ = try await fixture.run("true", fixture.policy(.readOnly), cwd: "/no/such/folder")
        }
        #expect(error.code == "sandbox.working_directory")
    }

    @Test("refuses the system's own folders as writable", arguments: ["/", "/proc", "/sys/fs", "/etc", "/usr"])
    func systemFolders(_ path: String) async throws {
        let fixture = try SandboxFixture()
        let error = try await failure {
            _ = try await fixture.run("true", fixture.policy(.workspaceWrite, writable: [path]))
        }
        #expect(error.code == "sandbox.writable_root_refused")
    }

    @Test("never runs the command when namespaces are denied")
    func noNamespaces() async throws {
        // In a chroot the kernel grants no user namespace, whoever asks.
        try #require(geteuid() == 0, "needs root to make a chroot")
        let fixture = try SandboxFixture()
        try SandboxFixture.write(
            "#!/bin/sh\nexec chroot '\(fixture.root)/jail' /lockgate-sandbox\n", to: fixture.root + "/helper")
        try SandboxFixture.host(
            "mkdir '\(fixture.root)/jail' && cp '\(HelperLocation.find())' '\(fixture.root)/jail/lockgate-sandbox' && chmod 755 '\(fixture.root)/helper'"
        )
        let session = try SandboxSession(
            policy: fixture.policy(.workspaceWrite), helper: fixture.root + "/helper", environment: fixture.environment)
        let error = try await failure {
            _ = try await session.start(
                SandboxCommand(
                    arguments: ["bash", "-c", "touch ran"], workingDirectory: fixture.workspace,
                    environment: fixture.environment))
        }
        #expect(error.code == "sandbox.unavailable")
        #expect(
            error.message.contains(
                "create user, mount, process and network namespaces (clone): Operation not permitted. The command was not run."
            ))
        #expect(error.remedy != nil)
        #expect(fixture.holds("test ! -e $WS/ran"))
    }

    @Test("says so when the helper is not one")
    func wrongHelper() async throws {
        let fixture = try SandboxFixture()
        let session = try SandboxSession(
            policy: fixture.policy(.readOnly), helper: "/bin/true", environment: fixture.environment)
        let error = try await failure {
            _ = try await session.start(SandboxCommand(arguments: ["true"], workingDirectory: "/", environment: [:]))
        }
        #expect(error.code == "sandbox.unavailable")
    }

    @Test("is found by the probe, which reports this machine complete")
    func probe() async throws {
        let report = await SandboxProbe.run()
        #expect(report.problem == nil)
        #expect(report.isComplete)
        #expect(report.landlockABI >= 0)
    }
}
