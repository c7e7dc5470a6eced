import Testing
import Wire

@testable import Engine

/// What counts as a claim, as a test run, and as a weakened test.
struct CompletionTests {
    @Test(arguments: [
        ("All tests pass.", CompletionEvidence.Claim.Kind.testsPass),
        ("All 12 tests still pass, and I added a test to cover it.", .testsPass),
        ("- The test suite is green", .testsPass), ("I verified that pytest passes with 0 failed.", .testsPass),
        ("Tests pass, but lint fails.", .testsPass),
        ("The project builds successfully without errors.", .buildSucceeds),
        ("I fixed the bug.", .fixed), ("Fixed.", .fixed), ("I fixed it.", .fixed),
        ("The crash when the input is empty is fixed.", .fixed), ("Fixed the crash when the input is empty.", .fixed),
    ])
    func claimsAreFound(message: String, kind: CompletionEvidence.Claim.Kind) {
        #expect(ClaimClassifier.claims(in: message).map(\.kind) == [kind])
    }

    @Test(arguments: [
        "All done.", "Tidied up.", "The tests do not pass.", "2 tests failed, 10 passed.", "Tests should pass now.",
        "Do the tests pass?", "I could not run the tests, so I cannot say whether they pass.",
        "Run the tests to make sure they pass.", "```\nall tests pass\n```", "All tests pass except one.",
        "Once the tests pass, merge.", "Use a fixed width so that the columns line up.", "I added tests.",
    ])
    func otherSentencesAreNone(message: String) {
        #expect(ClaimClassifier.claims(in: message).map(\.text) == [])
    }

    @Test(arguments: [
        ("pytest -q 2>&1 | tail -5", "pytest -q"), ("cd sub && cargo test --all", "cd /w/sub && cargo test --all"),
        ("FOO=1 npm run test:unit; echo done", "npm run test:unit"), ("timeout 60 make check", "make check"),
        ("python3 -m unittest discover", "python3 -m unittest discover"),
        ("./run-tests.sh 'a b'", "./run-tests.sh 'a b'"),
        ("python3 test_calc.py", "python3 test_calc.py"),
        ("rm -rf x && swift test --filter 'A|B'", "swift test --filter 'A|B'"),
    ])
    func aTestRunIsFoundWithoutTheRestOfItsLine(script: String, line: String) {
        let found = TestCommand.find(argv: ["/bin/bash", "-c", script], cwd: "/w")
        #expect(found.map { $0.line(from: "/w") } == [line])
    }

    @Test(arguments: [
        "ls tests", "cat test.sh", "git commit -m test", "pytest $FILES", "echo pytest", "grep -r test .",
    ])
    func otherCommandsAreNoTestRuns(script: String) {
        #expect(TestCommand.find(argv: ["/bin/bash", "-c", script], cwd: "/w") == [])
    }

    private static func flags(_ files: [(path: String, old: String?, new: String?)]) -> [String] {
        TestDiff.flags(
            files.map {
                ChangedFile(
                    path: $0.path, old: $0.old.map { Array($0.utf8) }, new: $0.new.map { Array($0.utf8) },
                    isRemoved: $0.new == nil)
            }
        ).map { "\($0.kind.rawValue) \($0.path)" }
    }

    @Test func weakenedTestsAreFlagged() {
        let python = "def test_a():\n    assert f() == 1\n    assert g()\n\ndef test_b():\n    assert h()\n"
        let cases: [(path: String, old: String?, new: String?, flags: [String])] = [
            ("tests/test_a.py", python, nil, ["tests_removed"]),
            ("tests/test_a.py", python, "def test_a():\n    assert f() == 1\n    assert g()\n", ["tests_removed"]),
            ("tests/test_a.py", python, python.replacing("def test_b", "# def test_b"), ["tests_removed"]),
            ("tests/test_a.py", python, python.replacing("    assert g()\n", ""), ["assertions_removed"]),
            ("tests/test_a.py", python, "import pytest\n@pytest.mark.skip\n" + python, ["tests_skipped"]),
            ("tests/test_a.py", python, python + "\ndef test_c():\n    assert True\n", []),
            (
                "src/a.test.ts", "it('a', () => { expect(1).toBe(1) })\n",
                "it.skip('a', () => { expect(1).toBe(1) })\n",
                ["tests_skipped"]
            ),
            (
                "pkg/a_test.go", "func TestA(t *testing.T) {\n t.Errorf(\"x\")\n}\n",
                "func TestA(t *testing.T) {\n t.Skip()\n}\n",
                ["assertions_removed", "tests_skipped"]
            ),
            (
                "Tests/ATests.swift", "@Test func a() { #expect(f()) }\n",
                "@Test(.disabled()) func a() { #expect(f()) }\n",
                ["tests_skipped"]
            ),
            (".github/workflows/ci.yml", "a", "b", ["ci"]), ("Cargo.lock", "a", "b", ["lock_file"]),
            ("src/auth/login.py", "a", "b", ["auth"]), ("src/author.py", "a", "b", []), ("README.md", "a", nil, []),
        ]
        for (path, old, new, flags) in cases {
            #expect(Self.flags([(path, old, new)]) == flags.map { "\($0) \(path)" })
        }
        // Moved within the turn.
        #expect(Self.flags([("tests/test_a.py", python, nil), ("tests/test_b.py", nil, python)]) == [])
    }
}

extension String {
    fileprivate func replacing(_ text: String, _ other: String) -> String {
        var result = ""
        var rest = self[...]
        while let first = rest.first {
            if rest.hasPrefix(text) {
                result += other
                rest = rest.dropFirst(text.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}
