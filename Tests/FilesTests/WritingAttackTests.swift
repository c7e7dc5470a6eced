import Glibc
import Synchronization
import TestSupport
import Testing
import Text
import Wire

@testable import Files

/// Attempts to make the tools write where they must not. Each has its own expectation that nothing changed.
@Suite struct WritingAttackTests {
    static let outside: [(String, LockgateError.Code)] = [
        ("../out/secret", "files.outside_workspace"), ("../out/new", "files.outside_workspace"),
        ("../new", "files.outside_workspace"), ("sub/../../out/new", "files.outside_workspace"),
        ("/etc/lockgate-test", "files.outside_workspace"), ("../masked/key", "files.masked"),
        ("../masked/new", "files.masked"), ("/proc/self/root/etc/lockgate-test", "files.invalid_path"),
        ("/proc/self/cwd/x", "files.invalid_path"), ("/dev/fd/1", "files.invalid_path"),
        ("", "files.invalid_path"), ("a\0b", "files.invalid_path"), ("new/", "files.invalid_path"),
        ("new/../x", "files.invalid_path"), (".", "files.outside_workspace"), ("..", "files.outside_workspace"),
        ("file/x", "files.not_found"), ("sub", "files.not_a_file"),
        (String(repeating: "x", count: 300), "files.invalid_path"),
    ]

    @Test(arguments: outside)
    func pathsOutsideAreRefused(path: String, code: LockgateError.Code) throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            #expect(try fixture.refusal { try files.write(path, "evil".bytes) } == code)
        }
    }

    @Test(arguments: [
        ".git", ".git/hooks/pre-commit", "sub/.git/config", ".GIT/config", "sub/.git", ".codex/config.toml",
        ".agents/x", ".lockgate/config.toml", ".claude/settings.json", ".mcp.json", "sub/.mcp.json", ".envrc",
        ".vscode/tasks.json", "new/.git/config", "shielded/x", "./sub/../.git/x", "sub//.git/x",
    ])
    func protectedNamesAreRefused(path: String) throws {
        try FilesFixture.with { fixture in
            try fixture.folder.makeFolder("ws/.git")
            try fixture.folder.makeFolder("ws/shielded")
            let files = try fixture.files(protected: ["ws/shielded"])
            let error = #expect(throws: LockgateError.self) { try files.check([.add(path, [])]) }
            #expect(error?.code == "files.protected")
            #expect(error.map { WorkspaceFiles.isDenial($0) } == true)
            #expect(try fixture.refusal { try files.write(path, "evil".bytes) } == "files.protected")
        }
    }

    @Test func linksOutOfTheWorkspaceAreRefused() throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/absolute", to: fixture.folder.at("out"))
            try fixture.link("ws/relative", to: "../out")
            try fixture.link("ws/chain", to: "relative/secret")
            try fixture.link("ws/key", to: "../masked/key")
            try fixture.link("ws/dangling", to: "../out/nothing")
            try fixture.link("ws/loop", to: "loop")
            try fixture.link("ws/hooks", to: ".git")
            try fixture.folder.makeFolder("ws/.git")
            let files = try fixture.files()
            for (path, code) in [
                ("absolute/secret", "files.outside_workspace"), ("absolute/new", "files.outside_workspace"),
                ("relative/a/b", "files.outside_workspace"), ("chain", "files.outside_workspace"),
                ("key", "files.masked"),
                ("dangling", "files.dangling_link"), ("dangling/x", "files.dangling_link"),
                ("loop", "files.invalid_path"),
                ("loop/x", "files.invalid_path"), ("hooks/pre-commit", "files.protected"),
            ] as [(String, LockgateError.Code)] {
                #expect(try fixture.refusal { try files.write(path, "evil".bytes) } == code, "\(path)")
                #expect(try fixture.refusal { try files.apply([.add(path, [])]) } == code, "\(path)")
            }
        }
    }

    @Test func anErrorNamesWhereALinkLeads() throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/x", to: "../out")
            let error = #expect(throws: LockgateError.self) { try fixture.files().write("x/new", []) }
            let path = fixture.folder.at("out/new")
            #expect(
                error
                    == LockgateError(
                        "files.outside_workspace",
                        "x/new (it leads to \(path)) cannot be written: it is outside the workspace and every other writable root",
                        remedy:
                            "Grant its folder as a writable root, for example with --add-dir \(fixture.folder.at("out"))."
                    )
            )
        }
    }

    @Test func linksWithinTheWorkspaceLeadToTheirFile() throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/alias", to: "sub/inner")
            try fixture.link("ws/folder", to: fixture.folder.at("ws/sub"))
            let files = try fixture.files()
            try files.write("alias", "by alias".bytes)
            #expect(try fixture.folder.text("ws/sub/inner") == "by alias")
            try files.write("folder/new", "n".bytes)
            #expect(try fixture.folder.text("ws/sub/new") == "n")
            #expect(try fixture.tree()["ws/alias"] == "link")
            #expect(try fixture.refusal { try files.apply([.delete("alias", "by alias".bytes)]) } == "files.is_link")
        }
    }

    @Test func aHardLinkOutsideKeepsItsBytes() throws {
        try FilesFixture.with { fixture in
            #expect(link(fixture.folder.at("out/secret"), fixture.folder.at("ws/hard")) == 0)
            #expect(link(fixture.folder.at("masked/key"), fixture.folder.at("ws/masked-key")) == 0)
            let workspace = fixture.folder.at("ws")
            let files = try WorkspaceFiles(
                roots: [workspace], workspace: workspace, maskedPaths: [fixture.folder.at("masked/key")])
            try files.write("hard", "changed".bytes)
            #expect(try fixture.folder.text("out/secret") == "secret\n")
            #expect(try fixture.folder.text("ws/hard") == "changed")
            #expect(throws: LockgateError.self) { try files.read("masked-key") }
            #expect(try fixture.refusal { try files.write("masked-key", "x".bytes) } == "files.masked")
        }
    }

    @Test func specialFilesAreNeverOpened() throws {
        try FilesFixture.with { fixture in
            #expect(mkfifo(fixture.folder.at("ws/fifo"), 0o666) == 0)
            let files = try fixture.files()
            for path in ["fifo", "/dev/zero", "/dev/tty", "/dev/null"] {
                let error = #expect(throws: LockgateError.self) { try files.read(path) }
                #expect(error?.code == "files.not_a_file")
            }
            #expect(try fixture.refusal { try files.write("fifo", "x".bytes) } == "files.not_a_file")
        }
    }

    /// A folder in the path is swapped for a link, back and forth, while files are written through it.
    @Test func swappingAFolderForALinkNeverLeadsOut() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            try fixture.folder.makeFolder("ws/dir")
            try fixture.link("ws/evil", to: "../out")
            let race = SwapRace(folder: fixture.folder, "ws/dir", "ws/evil")
            try race.during {
                for index in 0..<400 {
                    _ = try? files.write("dir/new\(index)", "x".bytes)
                    _ = try? files.write("dir/secret", "x".bytes)
                    _ = try? files.write("dir/deep/er\(index)/x", "x".bytes)
                }
            }
            #expect(race.swaps > 0)
            #expect(try fixture.folder.names("out") == ["secret"])
            #expect(try fixture.folder.text("out/secret") == "secret\n")
        }
    }

    /// A file is swapped for a link to a masked one while it is read and rewritten.
    @Test func swappingAFileForALinkNeverShowsTheMaskedOne() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            try fixture.link("ws/evil", to: "../masked/key")
            let race = SwapRace(folder: fixture.folder, "ws/file", "ws/evil")
            var seen: Set<String> = []
            try race.during {
                for _ in 0..<1000 {
                    if let text = try? files.read("file").bytes { seen.insert(String(decoding: text, as: UTF8.self)) }
                    _ = try? files.apply([.update("file", from: "one\n".bytes, to: "one\n".bytes)])
                }
            }
            #expect(race.swaps > 0)
            #expect(seen.isSubset(of: ["one\n"]))
            #expect(try fixture.folder.text("masked/key") == "key\n")
        }
    }
}

/// Exchanges two names again and again on a thread of its own.
final class SwapRace: Sendable {
    private let first: String
    private let second: String
    private let state = Mutex((stop: false, swaps: 0))

    init(folder: TemporaryFolder, _ first: String, _ second: String) {
        self.first = folder.at(first)
        self.second = folder.at(second)
    }

    var swaps: Int { state.withLock { $0.swaps } }

    func during(_ body: () throws -> Void) throws {
        let race = Unmanaged.passRetained(self)
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                argument.map { Unmanaged<SwapRace>.fromOpaque($0).takeRetainedValue().run() }
                return nil
            }, race.toOpaque())
        guard result == 0 else { throw TestFailure("pthread_create: \(result)") }
        defer {
            state.withLock { $0.stop = true }
            pthread_join(thread, nil)
        }
        // The race is on before the body begins.
        while swaps == 0 { sched_yield() }
        try body()
    }

    private func run() {
        while true {
            let swapped = TestRename.exchange(first, second)
            let stop = state.withLock { state in
                if swapped || state.swaps == 0 { state.swaps += 1 }
                return state.stop
            }
            if stop { return }
        }
    }
}
