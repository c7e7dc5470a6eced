import Basics
import TestSupport
import Testing
import Tools
import Wire

/// `apply_patch` in the three forms in which models write it: one outcome, all or nothing, exact reasons.
@Suite struct ApplyPatchToolTests {
    enum Form: CaseIterable, Sendable {
        /// Free text held to a grammar.
        case freeform
        /// A function with one string.
        case function
        /// A here-document given to `exec_command`.
        case heredoc
    }

    /// A workspace with a file, and the tools on it.
    private struct Bench {
        let folder: TemporaryFolder
        let host: RecordingHost
        /// The workspace, links resolved.
        let path: String
        let editor: FileEditor
        let commands: CommandTools
        let launcher: ScriptedLauncher

        static func with<T>(
            mode: SandboxMode = .workspaceWrite, host: RecordingHost = RecordingHost(),
            _ body: (Bench) async throws -> T
        ) async throws -> T {
            try await TemporaryFolder.with { outer in
                try outer.write("w/a.txt", "one\ntwo\nthree\n")
                try outer.write("w/sub/b.txt", "b\n")
                let folder = try #require(PosixFile.canonical(outer.at("w")))
                let editor = try FileEditor(cwd: folder, mode: mode, writableRoots: [folder], maskedPaths: [])
                let launcher = ScriptedLauncher { $0.end(.exited(0)) }
                let commands = CommandTools(
                    settings: CommandTools.Settings(cwd: folder), launcher: launcher, editor: editor)
                let bench = Bench(
                    folder: outer, host: host, path: folder, editor: editor, commands: commands, launcher: launcher)
                return try await body(bench)
            }
        }

        func apply(_ patch: String, _ form: Form) async throws -> ToolResult {
            let files = FileTools(
                editor: editor, commands: commands, offersPatches: true, freeformPatches: form == .freeform)
            let tool = try #require(files.tools.first { $0.definition.name == "apply_patch" })
            switch form {
            case .freeform:
                return try await tool.run(ToolCall(id: "1", name: "apply_patch", input: .custom(patch)), host: host)
            case .function: return try await tool.call(["input": .string(patch)], host)
            case .heredoc:
                let script = "apply_patch <<'EOF'\n\(patch)\nEOF\n"
                return try await commands.tools[0].call(["cmd": .string(script)], host)
            }
        }
    }

    private static let everything = """
        *** Begin Patch
        *** Update File: a.txt
        @@
         one
        -two
        +2
         three
        *** Add File: new/c.txt
        +c
        *** Update File: sub/b.txt
        *** Move to: d.txt
        @@
        -b
        +d
        *** End Patch
        """

    @Test(arguments: Form.allCases) func everyFormChangesTheSame(form: Form) async throws {
        try await Bench.with { bench in
            let result = try await bench.apply(Self.everything, form)
            #expect(!result.isError, "\(result.text)")
            #expect(result.isCustom == (form == .freeform))
            #expect(result.text.hasPrefix("Success. Updated the following files:\n"))
            #expect(try bench.folder.text("w/a.txt") == "one\n2\nthree\n")
            #expect(try bench.folder.text("w/new/c.txt") == "c\n")
            #expect(try bench.folder.text("w/d.txt") == "d\n")
            #expect(try bench.folder.text("w/sub/b.txt") == nil)
            let path = bench.path
            let summary = [
                FileChangeSummary(path: "\(path)/a.txt", kind: .update),
                FileChangeSummary(path: "\(path)/new/c.txt", kind: .add),
                FileChangeSummary(path: "\(path)/sub/b.txt", kind: .update, movedTo: "\(path)/d.txt"),
            ]
            #expect(bench.host.effects == [.changeFiles(summary)])
            let report = try #require(bench.host.changes.first)
            #expect(report.changes == summary)
            #expect(report.status == .completed)
            #expect(report.diff.contains("-two\n+2\n"))
            // A patch in a shell's clothes is no command.
            #expect(bench.launcher.commands.isEmpty)
            guard case .began(.fileChange(let begun))? = bench.host.steps.first else {
                Issue.record("\(bench.host.steps)")
                return
            }
            #expect(begun.status == .inProgress)
            #expect(bench.host.steps.count == 2)
        }
    }

    @Test(arguments: Form.allCases) func oneHunkThatDoesNotFitChangesNothing(form: Form) async throws {
        let patch = """
            *** Begin Patch
            *** Update File: a.txt
            @@
            -one
            +1
            *** Delete File: sub/b.txt
            *** Update File: none.txt
            @@
            -x
            +y
            *** End Patch
            """
        try await Bench.with { bench in
            let result = try await bench.apply(patch, form)
            #expect(result.isError)
            #expect(
                result.text.hasPrefix("Cannot update none.txt (line 7 of the patch): there is no such file"),
                "\(result.text)")
            #expect(try bench.folder.text("w/a.txt") == "one\ntwo\nthree\n")
            #expect(try bench.folder.text("w/sub/b.txt") == "b\n")
            let report = try #require(bench.host.changes.first)
            #expect(report.status == .failed)
            #expect(report.reason?.isEmpty == false)
        }
    }

    @Test(arguments: Form.allCases) func whatIsNoPatchIsToldExactly(form: Form) async throws {
        try await Bench.with { bench in
            let result = try await bench.apply("*** Begin Patch\n*** Change File: a.txt\n*** End Patch", form)
            #expect(result.isError)
            #expect(result.text.contains("Invalid patch: "), "\(result.text)")
            #expect(bench.host.effects == [])
        }
    }

    @Test(arguments: [
        ("../outside.txt", "files.outside_workspace"), ("/etc/lockgate-test", "files.outside_workspace"),
        (".git/hooks/pre-commit", "files.protected"),
    ]) func pathsThatMayNotBeWrittenAreRefusedByRule(path: String, rule: String) async throws {
        for form in Form.allCases {
            try await Bench.with { bench in
                let patch =
                    "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+1\n*** Add File: \(path)\n+x\n*** End Patch"
                let result = try await bench.apply(patch, form)
                #expect(result.isError)
                #expect(bench.host.steps.contains(.refused(rule: rule)), "\(result.text)")
                #expect(bench.host.changes.map(\.status) == [.declined])
                #expect(try bench.folder.text("w/a.txt") == "one\ntwo\nthree\n")
                #expect(try bench.folder.text("outside.txt") == nil)
            }
        }
    }

    @Test func theGatesWordIsHeard() async throws {
        let verdict = Verdict(.deny, rule: "r = 1", origin: Origin(.builtIn), reason: "No.", grant: "-s more")
        for form in Form.allCases {
            try await Bench.with(host: RecordingHost(denying: verdict)) { bench in
                let result = try await bench.apply(Self.everything, form)
                #expect(result.text == "Nothing was changed. No. (rule: r = 1). To allow it, the user can use: -s more")
                #expect(bench.host.changes.map(\.status) == [.declined])
                #expect(try bench.folder.text("w/a.txt") == "one\ntwo\nthree\n")
            }
        }
    }

    @Test func aReadOnlySessionWritesNothingEvenIfTheGateErred() async throws {
        try await Bench.with(mode: .readOnly) { bench in
            let result = try await bench.apply(Self.everything, .function)
            #expect(result.isError)
            #expect(bench.host.steps.last == .refused(rule: "files.read_only"))
            #expect(try bench.folder.text("w/a.txt") == "one\ntwo\nthree\n")
        }
    }

    @Test func aHeredocBehindACdIsRelativeToThatFolder() async throws {
        try await Bench.with { bench in
            let script =
                "cd sub && apply_patch <<EOF\n*** Begin Patch\n*** Update File: b.txt\n@@\n-b\n+B\n*** End Patch\nEOF"
            let result = try await bench.commands.tools[0].call(["cmd": .string(script)], bench.host)
            #expect(!result.isError, "\(result.text)")
            #expect(try bench.folder.text("w/sub/b.txt") == "B\n")
        }
    }

    @Test func aHeredocWithMoreBehindItIsACommandLikeAnyOther() async throws {
        try await Bench.with { bench in
            let script = "apply_patch <<'EOF'\n*** Begin Patch\n*** End Patch\nEOF\nrm a.txt"
            _ = try await bench.commands.tools[0].call(["cmd": .string(script)], bench.host)
            #expect(bench.launcher.commands.map(\.request.argv.last) == [script])
        }
    }

    @Test(arguments: ["", "{}", "{\"input\": 1}", "*** Begin Patch", "{\"input\""])
    func wrongArgumentsAreToldAndDoNothing(text: String) async throws {
        try await Bench.with { bench in
            let files = FileTools(
                editor: bench.editor, commands: bench.commands, offersPatches: true, freeformPatches: false)
            let result = try await files.tools[0].call(text: text, bench.host)
            #expect(result.isError)
            #expect(result.text == "The arguments must be a JSON object with a string \"input\".")
            #expect(bench.host.steps == [])
        }
    }

    @Test func aModelThatWritesWholeFilesIsOfferedNoPatches() async throws {
        try await Bench.with { bench in
            let files = FileTools(
                editor: bench.editor, commands: bench.commands, offersPatches: false, freeformPatches: false)
            #expect(
                files.tools.map(\.definition.name) == [
                    "read_file", "write_file", "list_files", "search", "view_image",
                ])
        }
    }
}
