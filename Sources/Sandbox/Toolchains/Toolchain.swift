import Glibc

/// A language's or build system's tools, as far as a sandbox has to know them: how a project shows that it uses them,
/// and what checks that they work.
package enum Toolchain: String, Sendable, Hashable, CaseIterable {
    case cargo, npm, pnpm, yarn, python, go, gradle, maven, swift, cmake, make, bazel, docker

    /// Files in a project's root folder that say so.
    private var markers: [String] {
        switch self {
        case .cargo: ["Cargo.toml"]
        case .npm: ["package-lock.json", "package.json"]
        case .pnpm: ["pnpm-lock.yaml", "pnpm-workspace.yaml"]
        case .yarn: ["yarn.lock"]
        case .python:
            [
                "pyproject.toml", "uv.lock", "requirements.txt", "setup.py", "setup.cfg", "Pipfile", "poetry.lock",
                "tox.ini",
            ]
        case .go: ["go.mod", "go.work"]
        case .gradle: ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]
        case .maven: ["pom.xml"]
        case .swift: ["Package.swift"]
        case .cmake: ["CMakeLists.txt"]
        case .make: ["GNUmakefile", "Makefile", "makefile"]
        case .bazel: ["MODULE.bazel", "WORKSPACE", "WORKSPACE.bazel"]
        case .docker: ["Dockerfile", "compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]
        }
    }

    /// The command that tells whether the project's build or tests work, for `sandbox check`.
    var checkCommand: String? {
        switch self {
        case .cargo: "cargo test --offline"
        case .npm: "npm test"
        case .pnpm: "pnpm test"
        case .yarn: "yarn test"
        case .python: "python3 -m pytest -q"
        case .go: "go test ./..."
        case .gradle: "if [ -x ./gradlew ]; then ./gradlew --offline check; else gradle --offline check; fi"
        case .maven: "mvn -o -q verify"
        case .swift: "swift build"
        case .cmake: "cmake -S . -B .lockgate-check-build && cmake --build .lockgate-check-build"
        case .make: "make"
        case .bazel: "bazel test --spawn_strategy=local //..."
        case .docker: nil
        }
    }

    /// What a person should know beforehand; nil where everything works.
    package var limitation: String? {
        switch self {
        case .docker:
            "refused: whoever reaches the docker daemon is root on this machine, outside every sandbox. Run it yourself, or use -s danger-full-access"
        case .bazel:
            "works without its own sandbox, since no sandbox may be made in this one: --spawn_strategy=local, and --output_user_root for its output"
        case .npm, .pnpm, .yarn: "its download cache starts empty; installed node_modules are used as they are"
        default: nil
        }
    }

    /// A toolchain and the file that shows it.
    package struct Found: Sendable, Hashable {
        package let toolchain: Toolchain
        package let marker: String
    }

    /// Those of a project, by the names in its root folder. `npm` is left out where another package manager is named.
    package static func detect(in folder: String) -> [Found] {
        let names = Set(Paths.names(in: folder).map(\.name))
        var found = allCases.compactMap { toolchain in
            toolchain.markers.first(where: names.contains).map { Found(toolchain: toolchain, marker: $0) }
        }
        if found.contains(where: { $0.toolchain == .pnpm || $0.toolchain == .yarn }) {
            found.removeAll { $0.toolchain == .npm && $0.marker == "package.json" }
        }
        return found
    }
}
