import CLinux
import Glibc
import Sandbox
import Testing
import Wire

/// Commands in a stage see and change the workspace at its own path; the workspace itself stays as it is.
@Suite(.timeLimit(.minutes(2))) struct StageTests {
    private static let kinds: [SandboxPolicy.Stage.Kind] = [.overlay, .copy]

    /// A workspace that is a repository, and an empty stage for it.
    private static func fixture(_ user: TestUser, _ kind: SandboxPolicy.Stage.Kind) throws -> (
        SandboxFixture, SandboxPolicy
    ) {
        let fixture = try SandboxFixture(user)
        try fixture.setUp(
            """
            git init -q -b main; echo one > a; mkdir -p d/e; echo deep > d/e/f; ln -s a link; chmod 755 a
            echo '#!/bin/sh' > .git/hooks/pre-commit; git add -A; git commit -qm one; mkdir ../stage
            """)
        let stage = fixture.root + "/stage"
        try fixture.setUp(kind == .overlay ? "mkdir ../stage/upper ../stage/work" : "cp -a . ../stage/")
        var policy = fixture.policy(.workspaceWrite)
        policy.stage = SandboxPolicy.Stage(kind: kind, folder: stage)
        return (fixture, policy)
    }

    /// Every path with type, mode, content and time of change.
    private static func picture(_ fixture: SandboxFixture) throws -> [Substring] {
        try fixture.setUp(
            "find . -printf '%P %y %m %l %T@\\n' | sort > ../picture; find . -type f -exec sha256sum {} + | sort >> ../picture"
        )
        let text = try String(decoding: #require(Paths.read(fixture.root + "/picture")), as: UTF8.self)
        return text.split(separator: "\n")
    }

    private static func expectUnchanged(_ fixture: SandboxFixture, since before: [Substring]) throws {
        let changes = try picture(fixture).difference(from: before).map(\.line)
        #expect(changes.isEmpty, "\(changes.joined(separator: "\n"))")
    }

    /// A grant must not reach past the stage, nor lay a second layer over the one that is in use.
    @Test(arguments: kinds) func whatIsGrantedElsewhereStaysReadOnly(kind: SandboxPolicy.Stage.Kind) async throws {
        let (fixture, policy) = try Self.fixture(.current, kind)
        let session = try fixture.session(policy)
        func run(_ script: String) async throws -> TerminationStatus {
            let process = try await session.start(
                SandboxCommand(
                    arguments: ["bash", "-c", script], workingDirectory: fixture.workspace,
                    environment: fixture.environment))
            return await process.wait()
        }
        #expect(try await run("echo staged > n") == .exited(0))
        session.allowWriting([fixture.outside])
        #expect(try await run("echo x > $OUT/f") == .exited(1))
        #expect(try await run("test \"$(cat n)\" = staged") == .exited(0))
        #expect(session.incidents == [] && !fixture.holds("test -e $OUT/f"))
        await session.shutDown()
    }

    @Test(arguments: TestUser.available, kinds)
    func theRealTreeStaysAsItIs(user: TestUser, kind: SandboxPolicy.Stage.Kind) async throws {
        let (fixture, policy) = try Self.fixture(user, kind)
        let before = try Self.picture(fixture)
        let session = try fixture.session(policy)
        for script in [
            "echo two > a && test \"$(cat a)\" = two", "chmod 600 a && test \"$(stat -c %a a)\" = 600",
            "rm -rf d && test ! -e d", "mkdir d && echo new > d/n && test ! -e d/e", "git add -A && git commit -qm two",
            "mv link other && ln -s \"$WS\" link && echo x > link/through && test -e through",
            "ln a hard && echo three > hard && test \"$(cat a)\" = three", "touch -d 2001-01-01 a", ": > .git/index",
            "for i in $(seq 50); do echo $i > n$i; done", "test \"$(git log --format=%s | head -1)\" = two",
        ] {
            let process = try await session.start(
                SandboxCommand(
                    arguments: ["bash", "-c", script], workingDirectory: fixture.workspace,
                    environment: fixture.environment))
            #expect(await process.wait() == .exited(0), "\(script): \(SandboxFixture.readAll(process))")
        }
        await session.shutDown()
        try Self.expectUnchanged(fixture, since: before)
        // The next session finds it again.
        let again = try await fixture.run("cat a; test -e through && test ! -e d/e && echo same", policy)
        #expect(again.output == "three\nsame\n")
        try Self.expectUnchanged(fixture, since: before)
    }

    @Test(arguments: TestUser.available, kinds)
    func whatRunsByItselfAndTheStageAreOutOfReach(user: TestUser, kind: SandboxPolicy.Stage.Kind) async throws {
        var (fixture, policy) = try Self.fixture(user, kind)
        policy.maskedPaths = [fixture.root + "/stage"]
        let before = try Self.picture(fixture)
        for script in [
            "echo x > .git/hooks/pre-commit", "rm .git/hooks/pre-commit", "git config core.fsmonitor x",
            "mv .git gone", "rm -rf .git/hooks", "mount -o remount,rw /", "echo x > \"$WS/../out/x\"",
            "echo x > ../stage/upper/x", "mknod w c 0 0", "setfattr -n user.overlay.opaque -v y d",
            "setfattr -n trusted.overlay.opaque -v y d",
        ] {
            let run = try await fixture.run("set -e; \(script); echo done", policy)
            #expect(!run.output.contains("done"), "\(script): \(run.output)")
        }
        try Self.expectUnchanged(fixture, since: before)
        #expect(!fixture.holds("test -e ../stage/upper/x"))
    }

    @Test(arguments: TestUser.available) func aRepositoryAroundTheWorkspaceIsNotWritable(user: TestUser) async throws {
        let (fixture, whole) = try Self.fixture(user, .overlay)
        var policy = whole
        policy.workspace = fixture.workspace + "/d"
        let before = try Self.picture(fixture)
        let run = try await fixture.run(
            "echo x > e/f; git commit -qam three && echo done", policy, cwd: policy.workspace)
        #expect(!run.output.contains("done"))
        try Self.expectUnchanged(fixture, since: before)
    }

    @Test(arguments: kinds) func theViewShowsAndChangesWhatCommandsSee(kind: SandboxPolicy.Stage.Kind) async throws {
        let (fixture, policy) = try Self.fixture(.current, kind)
        let before = try Self.picture(fixture)
        let session = try fixture.session(policy)
        func run(_ script: String) async throws -> String {
            let process = try await session.start(
                SandboxCommand(
                    arguments: ["bash", "-c", script], workingDirectory: fixture.workspace,
                    environment: fixture.environment))
            _ = await process.wait()
            return SandboxFixture.readAll(process)
        }
        _ = try await run("echo two > a; ln -s \"$WS/made\" absolute")
        let view = try session.view()
        func open(_ name: String, _ flags: Int32) -> Int32 {
            clinux_openat2(
                view.descriptor, "\(fixture.workspace)/\(name)", flags, flags & O_CREAT == 0 ? 0 : 0o644, clinux_in_root
            )
        }
        let file = open("a", O_RDONLY)
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(read(file, &bytes, bytes.count) == 4 && bytes[..<4].elementsEqual("two\n".utf8))
        // An absolute link leads into the view too.
        let made = open("absolute", O_WRONLY | O_CREAT)
        #expect(made >= 0)
        #expect(write(made, "by tool\n", 8) == 8)
        close(made)
        #expect(try await run("cat made") == "by tool\n")
        // What is not staged cannot be written through it.
        let outside = clinux_openat2(
            view.descriptor, "\(fixture.outside)/x", O_WRONLY | O_CREAT, 0o644, clinux_in_root)
        #expect(outside == -EROFS)
        #expect(open(".git/config", O_WRONLY) == -EROFS)
        #expect(try session.view() === view)
        try Self.expectUnchanged(fixture, since: before)
    }

    @Test func aKilledHelperLeavesAViewThatCannotBeWritten() async throws {
        let (fixture, policy) = try Self.fixture(.current, .overlay)
        let before = try Self.picture(fixture)
        let session = try fixture.session(policy)
        let view = try session.view()
        let command = try await session.start(
            SandboxCommand(
                arguments: ["sleep", "60"], workingDirectory: fixture.workspace, environment: fixture.environment))
        // Its init, the zygote, and the helper that the session has started.
        var helper = command.pid
        for _ in 0..<3 { helper = try KilledSandboxTests.parent(of: helper) }
        #expect(kill(helper, SIGKILL) == 0)
        _ = await command.wait()
        var result: Int32 = 0
        for _ in 0..<200 {
            result = clinux_openat2(
                view.descriptor, "\(fixture.workspace)/a", O_WRONLY, 0, clinux_in_root)
            if result < 0 { break }
            close(result)
            usleep(5000)
        }
        #expect(result == -EROFS)
        try Self.expectUnchanged(fixture, since: before)
        // Another view is had by asking.
        let next = try session.view()
        #expect(next !== view)
        let file = clinux_openat2(next.descriptor, "\(fixture.workspace)/a", O_WRONLY, 0, clinux_in_root)
        #expect(file >= 0)
        close(file)
        try Self.expectUnchanged(fixture, since: before)
    }

    @Test func aFileSystemThatTakesNoOverlayIsAnErrorThatNamesTheLayer() async throws {
        let (fixture, whole) = try Self.fixture(.current, .overlay)
        var policy = whole
        policy.stage?.folder = fixture.home
        await #expect {
            _ = try await fixture.run("true", policy)
        } throws: { error in
            "\(error)".contains("could not put a writable layer over the workspace")
        }
    }
}

extension CollectionDifference<Substring>.Change {
    /// For a message that says what is there or gone.
    fileprivate var line: String {
        switch self {
        case .insert(_, let line, _): "+ \(line)"
        case .remove(_, let line, _): "- \(line)"
        }
    }
}

extension Paths {
    fileprivate static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count <= 0 { return file < 0 ? nil : bytes }
            bytes += chunk[..<count]
        }
    }
}
