import Policy

/// Finds in a command line of the agent's what of it is a test run or a build, as a command of its own.
///
/// Pipes and what comes after them are left out: `pytest | tail` exits with tail's code, whatever the tests do.
struct TestCommand: Sendable, Hashable {
    enum Kind: Sendable, Hashable { case tests, build }

    var kind: Kind
    /// For a shell, without redirections.
    var text: String
    /// Where it ran.
    var cwd: String

    /// - Parameters:
    ///   - argv: what was executed: a shell with its script, or the program itself.
    ///   - cwd: absolute.
    static func find(argv: [String], cwd: String) -> [TestCommand] {
        let analysis = ShellAnalysis(argv: argv)
        var folder = cwd
        var found: [TestCommand] = []
        for command in analysis.commands where command.role == .runs {
            // What is not known for certain is not run again.
            guard let words = command.argv, !words.isEmpty else { continue }
            if words[0] == "cd", words.count == 2 {
                folder = words[1].hasPrefix("/") ? words[1] : "\(folder)/\(words[1])"
                continue
            }
            guard let kind = kind(of: words) else { continue }
            found.append(TestCommand(kind: kind, text: words.map(ShellText.quoted).joined(separator: " "), cwd: folder))
        }
        return found
    }

    /// The command line that runs it in the session's folder.
    func line(from root: String) -> String {
        cwd == root ? text : "cd \(ShellText.quoted(cwd)) && \(text)"
    }

    static func kind(of words: [String]) -> Kind? {
        let program = words[0].split(separator: "/").last.map(String.init) ?? words[0]
        let rest = words.dropFirst()
        // Options before the verb.
        let verb = rest.first { !$0.hasPrefix("-") } ?? ""
        if testPrograms.contains(program) { return .tests }
        if let module = rest.firstIndex(of: "-m"), program.hasPrefix("python"), module + 1 < words.count {
            return ["pytest", "unittest", "nose2"].contains(words[module + 1]) ? .tests : nil
        }
        if program.hasPrefix("python"), program.dropFirst(6).allSatisfy({ $0.isNumber || $0 == "." }) {
            return isTestScript(verb) ? .tests : nil
        }
        if ["sh", "bash", "node", "ruby", "perl"].contains(program) { return isTestScript(verb) ? .tests : nil }
        if let verbs = runners[program] {
            if verbs.tests.contains(where: { verb == $0 || verb.hasPrefix($0 + ":") }) { return .tests }
            if ["run", "exec", "x"].contains(verb), let script = rest.first(where: { !$0.hasPrefix("-") && $0 != verb })
            {
                if script == "test" || script.hasPrefix("test:") || testPrograms.contains(script) { return .tests }
                return script == "build" ? .build : nil
            }
            return verbs.builds.contains(verb) ? .build : nil
        }
        return words[0].contains("/") && isTestScript(words[0]) ? .tests : nil
    }

    /// `test.sh`, `run-tests`, `scripts/check`, `test_calc.py`.
    private static func isTestScript(_ path: String) -> Bool {
        guard let name = path.split(separator: "/").last?.lowercased() else { return false }
        let stem = name.split(separator: ".").first.map(String.init) ?? name
        let parts = stem.split { "-_".contains($0) }
        return parts.contains("test") || parts.contains("tests") || stem == "check" || name.contains(".test.")
            || name.contains(".spec.")
    }

    private static let testPrograms: Set<String> = [
        "pytest", "py.test", "nosetests", "nose2", "tox", "nox", "ctest", "jest", "vitest", "mocha", "ava", "rspec",
        "minitest", "phpunit", "pest", "bats", "prove", "gotestsum", "busted", "karma",
    ]

    private static let runners: [String: (tests: Set<String>, builds: Set<String>)] = [
        "cargo": (["test", "nextest"], ["build", "check"]), "go": (["test"], ["build", "vet"]),
        "swift": (["test"], ["build"]), "npm": (["test", "t"], []), "pnpm": (["test", "t"], ["build"]),
        "yarn": (["test"], ["build"]), "bun": (["test"], ["build"]), "deno": (["test"], ["check"]),
        "npx": (["jest", "vitest", "mocha", "ava"], ["tsc"]),
        "make": (["test", "tests", "check"], ["all", "build", ""]),
        "gmake": (["test", "check"], ["all", ""]), "ninja": (["test", "check"], [""]), "meson": (["test"], ["compile"]),
        "mvn": (["test", "verify"], ["compile", "package"]), "gradle": (["test", "check"], ["build", "assemble"]),
        "gradlew": (["test", "check"], ["build", "assemble"]), "bazel": (["test"], ["build"]),
        "dotnet": (["test"], ["build"]), "mix": (["test"], ["compile"]), "rake": (["test", "spec"], []),
        "just": (["test", "check"], ["build"]), "zig": (["test"], ["build"]), "uv": ([], []), "poetry": ([], []),
        "bundle": ([], []), "stack": (["test"], ["build"]), "cabal": (["test"], ["build"]),
        "sbt": (["test"], ["compile"]),
        "lein": (["test"], ["compile"]), "dart": (["test"], ["compile"]), "flutter": (["test"], ["build"]),
        "tsc": ([], [""]), "cmake": ([], []),
    ]
}
