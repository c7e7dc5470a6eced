import Basics
import Glibc
import TestSupport
import Testing

/// `lockgate sandbox -- CMD` as whole runs: the process that the user started becomes the helper, and that must not show.
@Suite("A command that is run alone")
struct SandboxFrontTests {
    private struct Place: Sendable {
        let project: TemporaryFolder
        let home: TemporaryFolder

        func start(_ arguments: [String], extra: [String: String] = [:], input: [UInt8]? = nil) throws -> ProgramRun {
            try ProgramRun(
                "lockgate", ["sandbox"] + arguments, in: project.path,
                environment: [
                    "PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": home.path, "LOCKGATE_HOME": home.path,
                    "OPENAI_API_KEY": "planted-key",
                ].merging(extra) { $1 }, scratch: home, input: input)
        }

        func run(_ arguments: [String], extra: [String: String] = [:], input: [UInt8]? = nil) async throws
            -> ProgramRun.Result
        { try await start(arguments, extra: extra, input: input).result() }

        func bash(_ script: String, _ options: [String] = []) async throws -> ProgramRun.Result {
            try await run(options + ["--", "bash", "-c", script])
        }
    }

    private static func with<T>(_ body: (Place) async throws -> T) async throws -> T {
        try await TemporaryFolder.with { home in
            try await TemporaryFolder.with(in: "/var/tmp") { try await body(Place(project: $0, home: home)) }
        }
    }

    @Test func inputOutputAndExitStatusPassThrough() async throws {
        try await Self.with { place in
            let run = try await place.run(["--", "bash", "-c", "cat; echo err >&2; exit 9"], input: Array("in".utf8))
            #expect(run.status == 9)
            #expect(run.text == "in")
            #expect(run.errorText == "err\n")
            #expect(try await place.bash("kill -9 $$").status == 128 + SIGKILL)
        }
    }

    @Test func theCommandSeesNoDescriptorAndNoEnvironmentOfWhoStartedIt() async throws {
        try await Self.with { place in
            let script = """
                ls /proc/self/fd | wc -l
                cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c planted-key
                ls -l /proc/1/fd /proc/1/root /proc/1/mem 2>&1 | grep -c 'planted' ; head -c1 /proc/1/mem 2>/dev/null | wc -c
                ps -e -o comm= | sort | uniq
                """
            let run = try await place.bash(script)
            // 0-2 and the one that lists; nothing found; and only its own processes.
            #expect(run.text.split(separator: "\n").prefix(4) == ["4", "0", "0", "0"])
            #expect(!run.text.contains("lockgate\n"))
        }
    }

    @Test func theUsersOwnVariablesPassAndSecretsDoNot() async throws {
        try await Self.with { place in
            let run = try await place.run(
                ["--", "bash", "-c", "echo $OWN/$OPENAI_API_KEY/$PWD"], extra: ["OWN": "mine"])
            #expect(run.text == "mine//\(place.project.path)\n")
        }
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1])
    func signalsReachTheCommand(_ signal: Int32) async throws {
        try await Self.with { place in
            let script =
                "trap 'echo got; exit 3' TERM INT HUP USR1; echo ready; while :; do sleep 0.05; done"
            let run = try place.start(["--", "bash", "-c", script])
            try await run.waitForOutput { $0.contains("ready") }
            run.signal(signal)
            let result = try await run.result()
            #expect(result.status == 3)
            #expect(result.text == "ready\ngot\n")
        }
    }

    @Test func whatCannotBeRunIsSaidAsEver() async throws {
        try await Self.with { place in
            let missing = try await place.run(["--", "no-such-program"])
            #expect(missing.status == 125)
            #expect(missing.errorText.contains("no-such-program: No such file or directory"))
            #expect(missing.errorText.contains("Check the program's name"))
            let folder = try await place.run(["-C", "/no/such/folder", "--", "true"])
            #expect(folder.status == 125)
            #expect(folder.errorText.contains("/no/such/folder is not a directory"))
        }
    }

    @Test func reservedNamesAreThereForTheCommandAloneAndGoneAfterwards() async throws {
        try await Self.with { place in
            let run = try await place.bash(
                "mkdir -p .lockgate/x; ls -A; touch made", ["-s", "workspace-write"])
            #expect(run.status == 0)
            #expect(run.text.contains(".lockgate\n"))
            #expect(run.errorText.contains("Read-only file system"))
            #expect(try place.project.names() == ["made"])
        }
    }

    @Test func aSecondCommandKeepsTheNamesThatTheFirstReserved() async throws {
        try await Self.with { place in
            let first = try place.start([
                "-s", "workspace-write", "--", "bash", "-c", "mkfifo gate; echo ready; read line < gate",
            ])
            try await first.waitForOutput { $0.contains("ready") }
            #expect(try await place.bash("true", ["-s", "workspace-write"]).status == 0)
            #expect(try place.project.names().contains(".lockgate"))
            first.signal(SIGKILL)
            _ = try await first.result()
            // Taken away by a process that outlives the killed one for a moment.
            let clock = ContinuousClock()
            let end = clock.now + .seconds(20)
            while try place.project.names() != ["gate"] { try #require(clock.now < end, "names are left") }
        }
    }

    @Test(arguments: ["off", "on"])
    func theCommandIsInTheNetworkThatWasAskedFor(_ network: String) async throws {
        try await Self.with { place in
            var own = [CChar](repeating: 0, count: 64)
            let length = readlink("/proc/self/ns/net", &own, own.count)
            let run = try await place.run(["--network", network, "--", "readlink", "-n", "/proc/self/ns/net"])
            #expect(run.status == 0)
            #expect((run.output == own.prefix(length).map(UInt8.init(bitPattern:))) == (network == "on"))
        }
    }

    @Test(arguments: [
        ["-C", "/no/such/folder", "--", "true"], ["--sandbox", "workspace-wrote", "--", "true"],
        ["--", "no-such-program"], ["-s", "workspace-write", "--", "false"],
    ])
    func nothingOfWhatWasStartedInAdvanceStays(_ arguments: [String]) async throws {
        try await Self.with { place in
            // A process namespace of its own shows what is left, and whose. The kernel takes namespaces down in its own time.
            let script = #"""
                "$0" sandbox "$@"
                for try in $(seq 500); do left=$(ps -e -o comm= | grep -c lockgate); [ $left = 0 ] && break; done
                echo $left
                """#
            let run = try await ProgramRun.run(
                "lockgate", arguments, in: place.project.path,
                environment: ["PATH": "/usr/bin:/bin", "HOME": place.home.path, "LOCKGATE_HOME": place.home.path],
                scratch: place.home,
                wrapper: ["unshare", "-Urpf", "--mount-proc", "bash", "-c", script])
            #expect(run.text == "0\n")
        }
    }

    @Test func aHelperThatOthersCouldReplaceIsNotEvenStarted() async throws {
        try await Self.with { place in
            let marker = place.home.at("started")
            let helper = place.home.at("bin/lockgate-sandbox")
            try place.home.write("bin/lockgate-sandbox", Array("#!/bin/sh\ntouch \(marker)\n".utf8))
            #expect(chmod(helper, 0o777) == 0)
            // Its own file beside that helper: a name of the program that is built, or a copy of it.
            let script = #"ln "$1" "$0" 2>/dev/null || cp "$1" "$0"; exec "$0" sandbox -- true"#
            let result = try await ProgramRun.run(
                "lockgate", [], in: place.project.path,
                environment: ["PATH": "/usr/bin:/bin", "HOME": place.home.path, "LOCKGATE_HOME": place.home.path],
                scratch: place.home, wrapper: ["bash", "-c", script, place.home.at("bin/lockgate")])
            #expect(result.status == 125)
            #expect(result.errorText.contains("can be replaced by another user"))
            #expect(!PosixFile.exists(marker))
        }
    }
}
