import Basics
import Engine
import Glibc
import TestSupport
import Testing
import Wire

/// What is exchanged between the question and the run: the answer was about something else then.
@Suite(.timeLimit(.minutes(5))) struct ApprovalSwapTests {
    private struct Swap: Sendable {
        var name: String
        var command: String
        var subfolder: String?
        var before: @Sendable (String) -> Void
        var after: @Sendable (String) -> Void
    }

    private static func put(_ path: String, _ text: String) {
        // A replaced file is another one with another inode; the content is what counts.
        try? PosixFile.replace(path, with: Array(text.utf8), mode: 0o755)
    }

    private static func link(_ path: String, _ target: String) {
        unlink(path)
        symlink(target, path)
    }

    private static let swaps: [Swap] = [
        Swap(
            name: "a script", command: "./x.sh", before: { put("\($0)/x.sh", "a") }, after: { put("\($0)/x.sh", "b") }),
        Swap(
            name: "a shell's script", command: "bash x.sh", before: { put("\($0)/x.sh", "a") },
            after: { put("\($0)/x.sh", "b") }),
        Swap(
            name: "an interpreter's script", command: "python3.12 -B x.py arg", before: { put("\($0)/x.py", "a") },
            after: { put("\($0)/x.py", "b") }),
        Swap(
            name: "a sourced script", command: "source x.sh", before: { put("\($0)/x.sh", "a") },
            after: { put("\($0)/x.sh", "b") }),
        Swap(
            name: "a script by its absolute path behind a wrapper",
            command: "timeout 5 env A=1 sh \"$PWD\"/x.sh ./y.sh",
            before: { put("\($0)/y.sh", "a") }, after: { put("\($0)/y.sh", "b") }),
        Swap(
            name: "a script on standard input", command: "bash < x.sh", before: { put("\($0)/x.sh", "a") },
            after: { put("\($0)/x.sh", "b") }),
        Swap(
            name: "a program that was not there", command: "./x.sh", before: { _ in },
            after: { put("\($0)/x.sh", "b") }),
        Swap(
            name: "a script that is gone", command: "bash x.sh", before: { put("\($0)/x.sh", "a") },
            after: { unlink("\($0)/x.sh") }),
        Swap(
            name: "the link to a script", command: "bash x.sh",
            before: {
                put("\($0)/a.sh", "same")
                put("\($0)/b.sh", "same")
                link("\($0)/x.sh", "a.sh")
            }, after: { link("\($0)/x.sh", "b.sh") }),
        Swap(
            name: "a folder in a path", command: "touch c/x",
            before: {
                mkdir("\($0)/c1", 0o755)
                mkdir("\($0)/c2", 0o755)
                link("\($0)/c", "c1")
            }, after: { link("\($0)/c", "c2") }),
        Swap(
            name: "an argument that is a link", command: "tee out", before: { link("\($0)/out", "a") },
            after: { link("\($0)/out", "/etc/passwd") }),
        Swap(
            name: "the value of an option", command: "cc --output=c/x y.c",
            before: {
                mkdir("\($0)/c1", 0o755)
                link("\($0)/c", "c1")
            }, after: { link("\($0)/c", "/etc") }),
        Swap(
            name: "the working folder", command: "touch x", subfolder: "w", before: { mkdir("\($0)/w", 0o755) },
            after: {
                rename("\($0)/w", "\($0)/old")
                mkdir("\($0)/w", 0o755)
            }),
        Swap(
            name: "the working folder by a link", command: "touch x", subfolder: "w",
            before: { mkdir("\($0)/w", 0o755) },
            after: {
                rename("\($0)/w", "\($0)/old")
                link("\($0)/w", "/tmp")
            }),
        Swap(
            name: "a script in another folder", command: "cd sub && bash x.sh",
            before: {
                mkdir("\($0)/sub", 0o755)
                put("\($0)/sub/x.sh", "a")
            }, after: { put("\($0)/sub/x.sh", "b") }),
        Swap(
            name: "a script past a link", command: "bash l/../x.sh",
            before: {
                mkdir("\($0)/o", 0o755)
                mkdir("\($0)/o/i", 0o755)
                link("\($0)/l", "o/i")
                put("\($0)/o/x.sh", "a")
                put("\($0)/x.sh", "same")
            }, after: { put("\($0)/o/x.sh", "b") }),
        Swap(
            name: "a program on the path in the workspace", command: "mytool x",
            before: {
                mkdir("\($0)/bin", 0o755)
                put("\($0)/bin/mytool", "a")
            }, after: { put("\($0)/bin/mytool", "b") }),
        Swap(
            name: "a program that shadows another", command: "sort x", before: { mkdir("\($0)/bin", 0o755) },
            after: { put("\($0)/bin/sort", "b") }),
        Swap(
            name: "a script in an option", command: "awk -fx.awk", before: { put("\($0)/x.awk", "a") },
            after: { put("\($0)/x.awk", "b") }),
        Swap(
            name: "a makefile in an option", command: "make -f build/Mk all",
            before: {
                mkdir("\($0)/build", 0o755)
                put("\($0)/build/Mk", "a")
            }, after: { put("\($0)/build/Mk", "b") }),
        Swap(
            name: "a program that another one is given", command: "runner --with=hook.sh",
            before: { put("\($0)/hook.sh", "a") }, after: { put("\($0)/hook.sh", "b") }),
        Swap(
            name: "the makefile", command: "make test", before: { put("\($0)/Makefile", "a") },
            after: { put("\($0)/Makefile", "b") }),
        Swap(
            name: "a makefile that goes first", command: "make test", before: { put("\($0)/Makefile", "a") },
            after: { put("\($0)/GNUmakefile", "b") }),
    ]

    private func folder(_ body: (String) async throws -> Void) async throws {
        try await TemporaryFolder.with { folder in try await body(try #require(PosixFile.canonical(folder.path))) }
    }

    @Test(arguments: swaps.indices) func anExchangeDuringTheQuestionIsAskedAgainWithWhatIsThereNow(_ index: Int)
        async throws
    {
        let swap = Self.swaps[index]
        try await folder { path in
            swap.before(path)
            let reviewer = ScriptedReviewer { _, number in
                // The second question is about what is there now, and is refused.
                if number == 1 { swap.after(path) }
                return ApprovalAnswer(number == 1 ? .approve(.once) : .deny)
            }
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            #expect(try await bench.run(swap.command, in: swap.subfolder)?.decision == .deny, "\(swap.name)")
            #expect(reviewer.requests.count == 2, "\(swap.name)")
            #expect(bench.gate.tally.commands == 0, "\(swap.name)")
            #expect(Set(reviewer.requests.map(\.binding)).count == 2, "\(swap.name)")
        }
    }

    @Test(arguments: swaps.indices) func aKeptGrantEndsWithTheExchange(_ index: Int) async throws {
        let swap = Self.swaps[index]
        try await folder { path in
            swap.before(path)
            let reviewer = ScriptedReviewer { _, number in
                ApprovalAnswer(number == 1 ? .approve(.session) : .deny)
            }
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            // What cannot be kept is not in this table.
            #expect(try await bench.run(swap.command, in: swap.subfolder) == nil, "\(swap.name)")
            #expect(try await bench.run(swap.command, in: swap.subfolder) == nil, "\(swap.name)")
            #expect(reviewer.requests.count == 1, "\(swap.name)")
            swap.after(path)
            #expect(try await bench.run(swap.command, in: swap.subfolder)?.decision == .deny, "\(swap.name)")
            #expect(reviewer.requests.count == 2, "\(swap.name)")
        }
    }

    @Test func whatGoesOnChangingIsRefusedInWords() async throws {
        try await folder { path in
            let reviewer = ScriptedReviewer { _, number in
                Self.put("\(path)/x.sh", "\(number)")
                return ApprovalAnswer(.approve(.project))
            }
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            let verdict = try #require(try await bench.run("bash x.sh"))
            #expect(verdict.reason == "it was approved, but \(path)/x.sh changed before it could run")
            #expect(reviewer.requests.count == 3)
            #expect(bench.storage.all.isEmpty)
            #expect(bench.events.last?.type == "effect.denied")
        }
    }

    @Test func theReviewerSeesTheTextThatTheAnswerIsBoundTo() async throws {
        try await folder { path in
            Self.put("\(path)/x.sh", "rm -rf /\n")
            let reviewer = ScriptedReviewer.always(.deny)
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            _ = try await bench.run("bash x.sh && make")
            let request = try #require(reviewer.requests.first)
            #expect(request.scripts == [ApprovalRequest.Script(path: "\(path)/x.sh", text: "rm -rf /\n")])
            #expect(
                request.reach.unknown == [
                    "what make runs, which files of the project say; the answer is not bound to all of them"
                ])
        }
    }

    @Test func unrelatedChangesDoNotMatter() async throws {
        try await folder { path in
            Self.put("\(path)/x.sh", "a")
            let reviewer = ScriptedReviewer { _, _ in
                try PosixFile.replace("\(path)/log", with: Array("more".utf8), mode: 0o644)
                Self.put("\(path)/x.sh", "a")
                return ApprovalAnswer(.approve(.once))
            }
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            #expect(try await bench.run("bash x.sh; cat log; rm -f log") == nil)
            #expect(reviewer.requests.count == 1)
        }
    }

    @Test func theSameWordsInOtherArgumentsAreAnotherCommand() async throws {
        try await folder { path in
            let reviewer = ScriptedReviewer { _, number in
                ApprovalAnswer(number == 1 ? .approve(.session) : .deny)
            }
            let bench = try ApprovalBench(in: path, reviewer: reviewer)
            #expect(try await bench.run(argv: ["touch", "a", "b"]) == nil)
            for argv in [["touch", "a b"], ["touch", "a", "b", ""], ["touch", "a", "b", "b"], ["touch a", "b"]] {
                #expect(try await bench.run(argv: argv)?.decision == .deny, "\(argv)")
            }
            #expect(try await bench.run(argv: ["touch", "a", "b"]) == nil)
            let bindings = reviewer.requests.map(\.binding)
            #expect(Set(bindings).count == bindings.count)
        }
    }

    @Test func anotherEnvironmentIsAnotherQuestion() async throws {
        try await folder { path in
            let reviewer = ScriptedReviewer.always(.deny)
            for environment in ["a", "b"] {
                let bench = try ApprovalBench(in: path, reviewer: reviewer, environment: environment)
                _ = try await bench.run("touch x")
            }
            #expect(Set(reviewer.requests.map(\.binding)).count == 2)
        }
    }

    @Test func aFifoOrDeviceInPlaceOfAScriptDoesNotHoldTheGate() async throws {
        try await folder { path in
            mkfifo("\(path)/x.sh", 0o644)
            let bench = try ApprovalBench(in: path, reviewer: ScriptedReviewer.always(.deny))
            #expect(try await bench.run("bash x.sh; bash /dev/zero")?.decision == .deny)
        }
    }
}
