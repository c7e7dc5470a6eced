import Text
package import Wire

/// Finds in what a turn changed the signs that its tests were made to pass: removed, skipped, or with fewer assertions.
/// And changes to what decides elsewhere: CI, who may log in, and locked versions.
///
/// It counts words in files whose names say what they are. A test that moved to another file of the turn is not removed:
/// counts are of all changed test files together where a file lost some.
package enum TestDiff {
    package static func flags(_ files: [ChangedFile]) -> [CompletionEvidence.Flag] {
        var flags: [CompletionEvidence.Flag] = []
        let tests = files.filter { isTest($0.path) }
        let gained = tests.map { max(0, Counts($0.new).tests - Counts($0.old).tests) }.reduce(0, +)
        let asserted = tests.map { max(0, Counts($0.new).assertions - Counts($0.old).assertions) }.reduce(0, +)
        var lostTests = 0
        var lostAssertions = 0
        for file in tests {
            let (old, new) = (Counts(file.old), Counts(file.new))
            let removed = old.tests - new.tests
            if removed > 0 || (file.isRemoved && old.tests == 0 && old.assertions > 0) {
                lostTests += removed
                if lostTests > gained || removed == 0 {
                    flags.append(
                        .init(
                            kind: .testsRemoved, path: file.path,
                            detail: file.isRemoved
                                ? "the file was deleted" : "\(removed) of \(old.tests) tests were removed"))
                }
            } else if old.assertions > new.assertions {
                lostAssertions += old.assertions - new.assertions
                if lostAssertions > asserted {
                    flags.append(
                        .init(
                            kind: .assertionsRemoved, path: file.path,
                            detail: "\(old.assertions) assertions before, \(new.assertions) now"))
                }
            }
            if new.skips > old.skips {
                flags.append(
                    .init(
                        kind: .testsSkipped, path: file.path,
                        detail: "\(new.skips - old.skips) more marked to be skipped, or expected to fail"))
            }
        }
        for file in files {
            if let kind = guarded(file.path) {
                let what = file.isRemoved ? "deleted" : file.old == nil ? "added" : "changed"
                flags.append(.init(kind: kind, path: file.path, detail: what))
            }
        }
        return flags.sorted { ($0.path, $0.kind.rawValue) < ($1.path, $1.kind.rawValue) }
    }

    /// Whether a change to a path is of interest here at all.
    package static func concerns(_ path: String) -> Bool { isTest(path) || guarded(path) != nil }

    static func isTest(_ path: String) -> Bool {
        let parts = path.lowercased().split(separator: "/").map(String.init)
        guard let name = parts.last, let dot = name.lastIndex(of: ".") else { return false }
        let ending = String(name[name.index(after: dot)...])
        guard sources.contains(ending) else { return false }
        if parts.dropLast().contains(where: {
            ["test", "tests", "__tests__", "spec", "specs", "testing"].contains($0) || $0.hasSuffix("tests")
        }) {
            return true
        }
        let stem = name[..<dot]
        return stem.split { "-_.".contains($0) }.contains { ["test", "tests", "spec", "specs"].contains($0) }
            || stem.hasSuffix("tests") || stem.hasSuffix("test")
    }

    private static let sources: Set<String> = [
        "c", "cc", "cpp", "cs", "clj", "dart", "ex", "exs", "erl", "go", "h", "hs", "java", "js", "jsx", "kt", "lua",
        "m",
        "mjs", "ml", "php", "pl", "py", "r", "rb", "rs", "scala", "sh", "bats", "swift", "t", "ts", "tsx", "zig",
    ]

    static func guarded(_ path: String) -> CompletionEvidence.Flag.Kind? {
        let lower = path.lowercased()
        let parts = lower.split(separator: "/").map(String.init)
        guard let name = parts.last else { return nil }
        if lower.hasPrefix(".github/workflows/") || lower.hasPrefix(".github/actions/") || lower.hasPrefix(".circleci/")
            || lower.hasPrefix(".buildkite/") || lower.hasPrefix(".ci/") || pipelines.contains(name)
        {
            return .ci
        }
        if lockFiles.contains(name) { return .lockFile }
        guard let dot = name.lastIndex(of: "."), sources.contains(String(name[name.index(after: dot)...])) else {
            return nil
        }
        let words = parts.flatMap { $0.split { !$0.isLetter } }.map(String.init)
        return words.contains(where: logins.contains) ? .auth : nil
    }

    private static let pipelines: Set<String> = [
        ".gitlab-ci.yml", "jenkinsfile", "azure-pipelines.yml", ".travis.yml", "bitbucket-pipelines.yml", ".drone.yml",
        "appveyor.yml", "cloudbuild.yaml", ".woodpecker.yml", "codeowners",
    ]
    private static let lockFiles: Set<String> = [
        "package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lockb", "cargo.lock", "poetry.lock", "uv.lock",
        "pipfile.lock", "gemfile.lock", "composer.lock", "go.sum", "package.resolved", "mix.lock", "flake.lock",
        "podfile.lock", "pubspec.lock", "gradle.lockfile",
    ]
    private static let logins: Set<String> = [
        "auth", "authentication", "authorization", "authorize", "authz", "authn", "login", "logout", "oauth",
        "permission",
        "permissions", "session", "sessions", "password", "passwords", "acl", "rbac", "jwt", "saml", "csrf",
    ]
}

/// How many tests, assertions and marks to skip a file holds, by the words of common frameworks.
struct Counts: Hashable {
    var tests = 0
    var assertions = 0
    var skips = 0

    init(_ bytes: [UInt8]?) {
        guard let bytes, !BinaryDetection.isBinary(bytes) else { return }
        let text = String(decoding: bytes, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop(while: \.isWhitespace)
            // Commented out is as good as removed.
            if ["//", "#", "--", "*", ";"].contains(where: line.hasPrefix), !line.hasPrefix("#["),
                !line.hasPrefix("#expect"),
                !line.hasPrefix("#require")
            {
                continue
            }
            let words = line.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
            if Self.isTest(line, words) { tests += 1 }
            assertions += words.count {
                Self.assertions.contains($0) || $0.hasPrefix("assert") || $0.hasPrefix("XCTAssert")
            }
            if Self.isSkip(line, words) { skips += 1 }
        }
    }

    private static func isTest(_ line: Substring, _ words: [Substring]) -> Bool {
        guard let first = words.first else { return false }
        if line.hasPrefix("@Test") || line.hasPrefix("#[test]") || line.hasPrefix("#[tokio::test") { return true }
        if ["it", "test", "specify", "scenario"].contains(first),
            line.dropFirst(first.count).first.map({ "(. \"'".contains($0) }) == true
        {
            return true
        }
        guard ["def", "func", "function", "fn", "sub", "async", "void", "public", "fun", "@test"].contains(first) else {
            return ["TEST", "TEST_F", "TEST_P", "TEST_CASE"].contains(first)
        }
        return words.dropFirst().contains { name in
            name.hasPrefix("test") || name.hasPrefix("Test") && name != "Test" && first == "func"
        } && line.contains("(")
    }

    private static let assertions: Set<Substring> = [
        "expect", "require", "should", "REQUIRE", "CHECK", "EXPECT_EQ", "EXPECT_TRUE", "EXPECT_FALSE", "ASSERT_EQ",
        "ASSERT_TRUE", "ASSERT_FALSE", "Errorf", "Fatalf", "Fatal",
    ]

    private static func isSkip(_ line: Substring, _ words: [Substring]) -> Bool {
        if words.contains(where: marks.contains) { return true }
        if line.hasPrefix("#[ignore") || line.contains(".disabled(") || line.hasPrefix("@Ignore")
            || line.hasPrefix("@Disabled")
        {
            return true
        }
        // it.skip, test.todo, pytest.mark.skip, t.Skip, describe.only
        return zip(words, words.dropFirst()).contains { left, right in
            ["it", "test", "describe", "mark", "t", "pytest", "unittest", "self", "suite", "context"].contains(left)
                && [
                    "skip", "skipif", "todo", "Skip", "SkipNow", "Skipf", "xfail", "skipIf", "skipUnless", "skipTest",
                    "only",
                    "failing", "fixme",
                ].contains(right)
        }
    }

    private static let marks: Set<Substring> = [
        "xit", "xdescribe", "xtest", "xcontext", "fit", "fdescribe", "XCTSkip", "XCTSkipIf", "XCTSkipUnless",
        "expectedFailure", "importorskip", "markTestSkipped", "GTEST_SKIP", "withKnownIssue",
    ]
}
