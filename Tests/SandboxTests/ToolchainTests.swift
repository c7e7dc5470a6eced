import Glibc
import Sandbox
import Testing
import Wire

@Suite("Toolchains")
struct ToolchainTests {
    @Test(
        "are detected by a project's files",
        arguments: [
            (["Cargo.toml", "Makefile"], ["cargo Cargo.toml", "make Makefile"]), (["README.md"], []),
            (["package.json"], ["npm package.json"]), (["package.json", "pnpm-lock.yaml"], ["pnpm pnpm-lock.yaml"]),
            (["package.json", "yarn.lock"], ["yarn yarn.lock"]), (["go.mod"], ["go go.mod"]),
            (["pyproject.toml", "uv.lock"], ["python pyproject.toml"]), (["pom.xml"], ["maven pom.xml"]),
            (["build.gradle.kts"], ["gradle build.gradle.kts"]), (["Package.swift"], ["swift Package.swift"]),
            (["CMakeLists.txt"], ["cmake CMakeLists.txt"]), (["MODULE.bazel"], ["bazel MODULE.bazel"]),
            (["Dockerfile"], ["docker Dockerfile"]),
        ] as [([String], [String])])
    func detection(_ files: [String], _ expected: [String]) throws {
        let fixture = try SandboxFixture()
        for file in files { try SandboxFixture.write("", to: fixture.workspace + "/" + file) }
        #expect(
            Toolchain.detect(in: fixture.workspace).map { "\($0.toolchain.rawValue) \($0.marker)" } == expected)
    }

    private func caches(_ fixture: SandboxFixture, _ marker: String, key: String = "k") throws -> ToolchainCaches {
        try SandboxFixture.write("", to: fixture.workspace + "/" + marker)
        return ToolchainCaches(
            project: fixture.workspace, store: fixture.outside + "/caches", key: key, home: fixture.home,
            environment: fixture.environment)
    }

    private func run(_ script: String, _ caches: ToolchainCaches, _ fixture: SandboxFixture) async throws
        -> SandboxFixture.Result
    {
        var policy = fixture.policy(.workspaceWrite)
        let tools = caches.prepare(&policy)
        caches.showUserCaches()
        let process = try await fixture.start(script, policy, extra: tools)
        let status = await process.wait()
        await process.waitForCleanUp()
        return SandboxFixture.Result(
            status: status, output: SandboxFixture.readAll(process), denials: process.denials)
    }

    @Test("every variable leads into the project's own folder or to a cache that is only read")
    func variables() throws {
        for marker in [
            "Cargo.toml", "package.json", "go.mod", "setup.py", "pom.xml", "Package.swift", "CMakeLists.txt",
        ] {
            let fixture = try SandboxFixture()
            let caches = try caches(fixture, marker)
            let folder = fixture.outside + "/caches/k"
            #expect(caches.folder == folder)
            #expect(caches.variables.values.contains { $0.contains(folder) }, "\(marker)")
        }
    }

    @Test("tools find a place to write where nothing in the project tells of them")
    func none() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir -p ~/.cache/models ~/.cache/clang; echo big > ~/.cache/models/m")
        let caches = try caches(fixture, "README.md")
        let script = """
            d=${XDG_CACHE_HOME:-$HOME/.cache}
            grep -q big $d/models/m || exit 3
            mkdir -p $d/clang/x $d/tool $GOCACHE $npm_config_cache $PIP_CACHE_DIR $CCACHE_DIR || exit 4
            ! touch $d/models/n && ! touch ~/.cache/clang/y
            """
        let result = try await run(script, caches, fixture)
        #expect(result.status == .exited(0), "\(result.output)")
        #expect(fixture.holds("test -d $OUT/caches/k/xdg/tool && test -z \"$(ls -A ~/.cache/clang)\""))
    }

    @Test("caches are redirected only where commands may write", arguments: [SandboxMode.readOnly, .dangerFullAccess])
    func modes(_ mode: SandboxMode) throws {
        let fixture = try SandboxFixture()
        var policy = fixture.policy(mode)
        #expect(try caches(fixture, "Cargo.toml").prepare(&policy) == [:])
    }

    @Test("what one project leaves in its caches no other project sees")
    func separation() async throws {
        let fixture = try SandboxFixture()
        let first = try caches(fixture, "setup.py", key: "one")
        let second = try caches(fixture, "setup.py", key: "two")
        let poison = "mkdir -p $PIP_CACHE_DIR && echo evil > $PIP_CACHE_DIR/x; echo evil > $OUT/caches/two/x"
        #expect(try await run(poison, first, fixture).status == .exited(1))
        #expect(fixture.holds("test -e $OUT/caches/one/pip/x && test ! -e $OUT/caches/two/x"))
        #expect(try await run("test ! -e $PIP_CACHE_DIR/x", second, fixture).status == .exited(0))
    }

    @Test("the user's own cache is read through, and never written")
    func lowerLayer() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp(
            "mkdir -p ~/.cargo/registry/cache/i ~/.cargo/registry/src/i/a-1; echo user > ~/.cargo/registry/cache/i/a.crate; echo user > ~/.cargo/registry/src/i/a-1/lib.rs"
        )
        let caches = try caches(fixture, "Cargo.toml")
        let script = """
            cd $CARGO_HOME/registry || exit 3
            grep -q user cache/i/a.crate && grep -q user src/i/a-1/lib.rs || exit 4
            echo evil > cache/i/a.crate; echo evil > src/i/a-1/lib.rs; echo new > cache/i/b.crate || exit 5
            """
        let result = try await run(script, caches, fixture)
        #expect(result.status == .exited(0), "\(result.output)")
        #expect(
            fixture.holds(
                "grep -q user ~/.cargo/registry/cache/i/a.crate && grep -q user ~/.cargo/registry/src/i/a-1/lib.rs"))
        #expect(fixture.holds("test ! -e ~/.cargo/registry/cache/i/b.crate"))
    }

    @Test("a link that a command puts into its caches does not lead the host out of them")
    func linkOut() async throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir -p ~/.cargo/registry/index/i ~/victim/index; echo a > ~/.cargo/registry/index/i/a")
        let caches = try caches(fixture, "Cargo.toml")
        let attack = "rm -rf $CARGO_HOME/registry && ln -s $HOME/victim $CARGO_HOME/registry"
        #expect(try await run(attack, caches, fixture).status == .exited(0))
        caches.showUserCaches()
        #expect(fixture.holds("test -L $OUT/caches/k/cargo/registry && test -z \"$(ls -A ~/victim/index)\""))
    }

    @Test("what the user takes out of the cache is gone from the project's too")
    func danglingLinks() throws {
        let fixture = try SandboxFixture()
        try fixture.setUp("mkdir -p ~/.cargo/registry/cache/i; echo a > ~/.cargo/registry/cache/i/a.crate")
        let caches = try caches(fixture, "Cargo.toml")
        var policy = fixture.policy(.workspaceWrite)
        _ = caches.prepare(&policy)
        caches.showUserCaches()
        #expect(fixture.holds("test -L $OUT/caches/k/cargo/registry/cache/i/a.crate"))
        try fixture.setUp("rm ~/.cargo/registry/cache/i/a.crate")
        caches.showUserCaches()
        #expect(fixture.holds("test ! -L $OUT/caches/k/cargo/registry/cache/i/a.crate"))
    }

    /// A small project, and the command that builds or tests it without a network.
    struct Project: Sendable, CustomTestStringConvertible {
        var name: String
        /// The program without which there is nothing to test.
        var program: String
        var setUp: String
        var command: String
        var testDescription: String { name }
    }

    static let projects: [Project] = [
        Project(
            name: "python with its own tests", program: "python3",
            setUp:
                "touch setup.py; printf 'import unittest\\nclass T(unittest.TestCase):\\n  def test(self): pass\\n' > test_a.py",
            command: "python3 -m unittest -q"),
        Project(
            name: "cargo", program: "cargo",
            setUp:
                "mkdir src; printf '[package]\\nname=\"a\"\\nversion=\"0.1.0\"\\nedition=\"2021\"\\n' > Cargo.toml; echo '#[test] fn t() {} fn main() {}' > src/main.rs",
            command: "cargo test --offline -q"),
        Project(
            name: "go", program: "go",
            setUp:
                "printf 'module a\\n\\ngo 1.19\\n' > go.mod; printf 'package a\\nimport \"testing\"\\nfunc TestA(t *testing.T) {}\\n' > a_test.go",
            command: "go test ./..."),
        Project(
            name: "make in parallel", program: "make",
            setUp: "printf 'all: a b c d\\n%%: %%.in\\n\\tcp $< $@\\n' > Makefile; touch a.in b.in c.in d.in",
            command: "make -j4"),
        Project(
            name: "cmake", program: "cmake",
            setUp:
                "printf 'cmake_minimum_required(VERSION 3.13)\\nproject(a C)\\nadd_executable(a a.c)\\n' > CMakeLists.txt; echo 'int main(void){return 0;}' > a.c",
            command: "cmake -S . -B b && cmake --build b && b/a"),
        Project(
            name: "node", program: "node",
            setUp: "printf '{\"name\":\"a\",\"scripts\":{\"test\":\"node -e 0\"}}' > package.json", command: "npm test"),
    ]

    @Test("projects build offline", arguments: projects)
    func builds(_ project: Project) async throws {
        guard system("command -v \(project.program) >/dev/null 2>&1") == 0 else {
            try Test.cancel("\(project.program) is not installed on this machine")
        }
        let fixture = try SandboxFixture()
        try fixture.setUp(project.setUp)
        let caches = ToolchainCaches(
            project: fixture.workspace, store: fixture.outside + "/caches", key: "k", home: fixture.home,
            environment: fixture.environment)
        var variables = caches.variables
        // The tests' home folder is a new one; toolchains are found through the caller's.
        for name in ["PATH", "RUSTUP_HOME"] { if let value = getenv(name) { variables[name] = String(cString: value) } }
        if variables["RUSTUP_HOME"]?.hasPrefix(fixture.home) == true {
            variables["RUSTUP_HOME"] = Paths.home + "/.rustup"
        }
        var policy = fixture.policy(.workspaceWrite)
        _ = caches.prepare(&policy)
        caches.showUserCaches()
        let process = try await fixture.start(project.command, policy, extra: variables)
        let output = SandboxFixture.readAll(process)
        #expect(await process.wait() == .exited(0), "\(output)")
    }
}
