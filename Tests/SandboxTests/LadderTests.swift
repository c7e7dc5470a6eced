import Glibc
import Testing
import Wire

@testable import Sandbox

/// An attack in surroundings that leave less than the complete sandbox.
struct RungCase: Sendable, CustomTestStringConvertible {
    var attack: Attack
    var user: TestUser
    var surroundings: Surroundings
    var testDescription: String { "\(surroundings), \(attack.name), \(user.testDescription)" }
}

/// One after the other: each holds a thread while it sets up, and other suites wait for theirs.
@Suite("What holds where less than the complete sandbox can be had", .serialized)
struct LadderTests {
    /// What a level does not claim; docs/sandbox.md says so.
    fileprivate static func isClaimed(_ attack: Attack, _ level: SandboxLevel) -> Bool {
        switch (level, attack.name) {
        // The process list is the outer one; the number of processes is bounded by rlimit alone, which spares root.
        case (.outerProc, "see a process of the host"), (.outerProc, "unbounded processes"): false
        // A read-only mount keeps nobody from writing into a named pipe; only Landlock does.
        case (.noLandlock, "write to a pipe of the host"): false
        // Names stay in sight; process 1 is the machine's; processes are not counted.
        case (.fence, "see a process of the host"), (.fence, "unbounded processes"), (.fence, "see the host's /tmp"),
            (.fence, "raw disk"), (.fence, "kill init"):
            false
        default: true
        }
    }

    fileprivate static func modes(_ attack: Attack, _ level: SandboxLevel) -> [SandboxMode] {
        // Modes and times are kept in read-only mode alone.
        level == .fence && ["chmod outside", "set times outside"].contains(attack.name) ? [.readOnly] : attack.modes
    }

    /// A container's /proc is the covered one with more missing: what holds there holds with the other. Without Landlock
    /// the mounts, which are the same, hold files alone.
    private static func attacks(_ surroundings: Surroundings) -> [Attack] {
        switch surroundings {
        case .coveredProc: []
        case .noLandlock: BoundaryTests.files + BoundaryTests.sockets
        case .container, .noNamespaces:
            BoundaryTests.files + BoundaryTests.secrets + BoundaryTests.sockets + BoundaryTests.kernel
                + BoundaryTests.network
        }
    }

    static let cases: [RungCase] = Surroundings.allCases.flatMap { surroundings in
        attacks(surroundings)
            .filter { isClaimed($0, surroundings.level) }
            .flatMap { attack in
                // Without namespaces there is none between root and the machine, so both users are of interest.
                (surroundings == .noNamespaces ? TestUser.available : TestUser.available.suffix(1))
                    .map { RungCase(attack: attack, user: $0, surroundings: surroundings) }
            }
    }

    // That each attack works without a sandbox is shown by BoundaryTests.
    @Test("attacks fail at each level", arguments: cases)
    func holds(_ one: RungCase) async throws {
        for mode in Self.modes(one.attack, one.surroundings.level) {
            let fixture = try SandboxFixture(one.user, in: one.surroundings)
            try fixture.setUp(one.attack.setup)
            let result = try await fixture.run(one.attack.script, mode)
            #expect(result.status != .exited(0), "\(mode.rawValue): \(result.output)")
            #expect(fixture.holds(one.attack.intact), "\(mode.rawValue): had an effect outside")
        }
    }

    @Test("the survey finds what the surroundings take, and the level follows", arguments: Surroundings.allCases)
    func surveys(_ surroundings: Surroundings) throws {
        for user in TestUser.available {
            let fixture = try SandboxFixture(user, in: surroundings)
            let survey = try LayerSurvey.run(helper: fixture.helper)
            let level = try SandboxLadder.level(
                survey, mode: .workspaceWrite, network: .off, permissions: .init(allowsFence: true))
            #expect(level == surroundings.level, "\(user): \(survey.lines)")
        }
    }

    @Test("the survey finds everything on this machine")
    func surveysThisMachine() throws {
        let survey = try LayerSurvey.run(helper: HelperLocation.find())
        #expect(LayerSurvey.Layer.allCases.filter { $0 != .overlay && !survey.grants($0) } == [])
        #expect(LayerSurvey(json: survey.json) == survey)
    }

    @Test("a level that the machine does not grant is refused, and never lowered")
    func refusesAboveItsLevel() async throws {
        for surroundings in [Surroundings.coveredProc, .container, .noNamespaces] {
            let fixture = try SandboxFixture(.current, in: surroundings)
            var policy = fixture.policy(.workspaceWrite)
            policy.level = .full
            await #expect(throws: LockgateError.self) { try await fixture.run("touch $WS/ran", policy) }
            #expect(fixture.holds("test ! -e $WS/ran"))
        }
    }

    static let work = """
        cd $WS && echo x > new && mkdir -p a/b && mv new a/b/c && f=$(mktemp -p ${PLACE:-$TMPDIR}) && echo y > $f && cat $f a/b/c > d && \
        git init -q . && git add -A && git commit -qm one && test $(id -u) = $HOSTUID && chmod 755 d && \
        (sleep 30 & kill $!) && ls -l / > /dev/null && cat /etc/passwd > /dev/null && echo z > /dev/null
        """

    @Test("ordinary work goes on at each level", arguments: Surroundings.allCases)
    func works(_ surroundings: Surroundings) async throws {
        for user in TestUser.available {
            let fixture = try SandboxFixture(user, in: surroundings)
            // The fence's folder belongs to the agent's user, which in this test is another.
            let place = user == .ordinary ? "export PLACE=$WS; " : ""
            let result = try await fixture.run(place + Self.work, .workspaceWrite)
            #expect(result.status == .exited(0), "\(user): \(result.output)")
            #expect(fixture.holds("test -d $WS/.git/objects"))
        }
    }

    @Test("own local sockets work without a fresh /proc, by relative names and from threads")
    func ownSockets() async throws {
        for user in TestUser.available {
            let fixture = try SandboxFixture(user, in: .container)
            let script =
                "cd $WS && exec /usr/bin/python3 -c \"import socket,threading;s=socket.socket(1);s.bind('u');s.listen(9)\nr=[]\ndef f():\n  c=socket.socket(1);c.connect('u');r.append(c)\nt=[threading.Thread(target=f) for _ in range(5)]\n[x.start() for x in t];[x.join() for x in t]\nassert len(r)==5\""
            let result = try await fixture.run(script, .workspaceWrite)
            #expect(result.status == .exited(0), "\(result.output)")
        }
    }

    @Test("a fence keeps a secret in a writable folder by refusing to run")
    func secretInWritableFolder() async throws {
        let fixture = try SandboxFixture(.current, in: .noNamespaces)
        try fixture.setUp("echo KEY > $WS/.env")
        var policy = fixture.policy(.workspaceWrite)
        policy.maskedPaths = [fixture.workspace + "/.env"]
        await #expect(throws: LockgateError.self) { try await fixture.run("true", policy) }
        policy.mode = .readOnly
        let result = try await fixture.run("ls $WS && ! grep -q KEY $WS/.env", policy)
        #expect(result.status == .exited(0), "\(result.output)")
    }

    @Test("a fence's temporary folder goes with its session, and nothing outlives its command")
    func leavesNothing() async throws {
        let fixture = try SandboxFixture(.current, in: .noNamespaces)
        let session = try fixture.session(fixture.policy(.workspaceWrite))
        let first = try await fixture.run(
            "mkdir -p $TMPDIR/a/b; ln -s $OUT $TMPDIR/a/l; touch $OUT/../ws/x; echo $TMPDIR; setsid sleep 300 & echo $! > $WS/pid",
            in: session)
        let folder = first.output.split(separator: "\n").first.map(String.init) ?? "/"
        #expect(Paths.kind(folder) == .folder)
        #expect(fixture.holds("! kill -0 $(cat $WS/pid)"))
        try SandboxFixture.write("kept", to: fixture.outside + "/kept")
        let second = try await fixture.run("test -d $TMPDIR/a/b && echo $TMPDIR", in: session)
        #expect(second.output == folder + "\n")
        await session.shutDown()
        #expect(Paths.kind(folder) == nil)
        #expect(fixture.holds("test -e $OUT/kept"))
    }

    @Test("a fence's command cannot end the process that watches it")
    func watcherIsSafe() async throws {
        let fixture = try SandboxFixture(.current, in: .noNamespaces)
        let result = try await fixture.run("kill -9 $PPID; exit 3", .workspaceWrite)
        #expect(result.status == .exited(3), "\(result.output)")
    }

    @Test("a container that the user trusts runs commands without layers, and without keys")
    func outerContainer() async throws {
        let fixture = try SandboxFixture()
        var policy = fixture.policy(.workspaceWrite)
        policy.level = .outerSandbox
        let variables = CommandEnvironment(
            inherited: fixture.environment.merging(["OPENAI_API_KEY": "x", "LD_PRELOAD": ""]) { $1 }
        ).variables(mode: policy.mode, network: .off, hasTerminal: false)
        let process = try await fixture.session(policy).start(
            SandboxCommand(
                arguments: [
                    "bash", "-c", "test -z \"${OPENAI_API_KEY+x}${LD_PRELOAD+x}\" && echo x > \(fixture.outside)/x",
                ],
                workingDirectory: fixture.workspace, environment: variables))
        #expect(await process.wait() == .exited(0), "\(SandboxFixture.readAll(process))")
        #expect(fixture.holds("test -e $OUT/x"))
    }
}
