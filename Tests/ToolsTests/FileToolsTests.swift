import Basics
import Glibc
import TestSupport
import Testing
import Tools
import Wire

/// The tools of models that have only functions: reading, writing, listing, searching, images and the plan.
@Suite struct FileToolsTests {
    private struct Bench {
        let folder: TemporaryFolder
        let host = RecordingHost()
        let tools: [String: any Tool]
        let launcher: ScriptedLauncher

        static func with<T>(
            search: @escaping @Sendable (ScriptedCommand) -> Void = { $0.end(.exited(0)) },
            _ body: (Bench) async throws -> T
        ) async throws -> T {
            try await TemporaryFolder.with { outer in
                try outer.makeFolder("w")
                try outer.write("secret", "key")
                let path = try #require(PosixFile.canonical(outer.at("w")))
                let editor = try FileEditor(
                    cwd: path, mode: .workspaceWrite, writableRoots: [path],
                    maskedPaths: [try #require(PosixFile.canonical(outer.at("secret")))])
                let launcher = ScriptedLauncher { search($0) }
                let commands = CommandTools(
                    settings: CommandTools.Settings(cwd: path), launcher: launcher, editor: editor)
                let files = FileTools(editor: editor, commands: commands, offersPatches: false, freeformPatches: false)
                let tools = files.tools + [UpdatePlanTool()]
                return try await body(
                    Bench(
                        folder: outer, tools: Dictionary(uniqueKeysWithValues: tools.map { ($0.definition.name, $0) }),
                        launcher: launcher))
            }
        }

        func write(_ name: String, _ text: String) throws { try folder.write("w/\(name)", text) }

        func call(_ name: String, _ arguments: JSONValue) async throws -> ToolResult {
            try await #require(tools[name]).call(arguments, host)
        }

        var toolItems: [ThreadItem.BuiltInToolCall] {
            host.completed.compactMap { if case .toolCall(let call) = $0 { call } else { nil } }
        }
    }

    // MARK: - Wrong arguments

    @Test(arguments: [
        ("read_file", "{}"), ("read_file", "{\"path\": 1}"), ("read_file", "path"), ("write_file", "{\"path\": \"a\"}"),
        ("write_file", "{\"content\": \"a\"}"), ("list_files", "[]"), ("list_files", "{\"path\""), ("search", "{}"),
        ("search", "{\"pattern\": []}"), ("view_image", "{}"), ("view_image", "null"), ("update_plan", "{}"),
        ("update_plan", "{\"plan\": \"all\"}"), ("update_plan", "{\"plan\": [{\"step\": \"a\"}]}"),
        ("update_plan", "{\"plan\": [{\"step\": \"a\", \"status\": \"pending\"}, 3]}"),
    ]) func wrongArgumentsAreToldAndDoNothing(tool: String, arguments: String) async throws {
        try await Bench.with { bench in
            let result = try await #require(bench.tools[tool]).call(text: arguments, bench.host)
            #expect(result.isError)
            #expect(result.callID == "call")
            #expect(result.text.contains("must be"), "\(result.text)")
            #expect(bench.host.steps == [])
            #expect(bench.launcher.commands.isEmpty)
        }
    }

    // MARK: - read_file

    @Test func aFileIsReadWholeOrByLines() async throws {
        try await Bench.with { bench in
            try bench.write("a", "1\n2\n3\n4")
            let cases: [(JSONValue, String)] = [
                (["path": "a"], "1\n2\n3\n4\n"),
                (["path": "a", "offset": 2, "limit": 2], "2\n3\n[lines 2 to 3 of 4]\n"),
                (["path": "a", "offset": 4], "4\n[lines 4 to 4 of 4]\n"),
                (["path": "a", "offset": -3, "limit": 1], "1\n[lines 1 to 1 of 4]\n"),
                (["path": "a", "offset": 9], "[lines 5 to 4 of 4]\n"),
            ]
            for (arguments, text) in cases {
                let result = try await bench.call("read_file", arguments)
                #expect(result.text == text)
                #expect(!result.isError)
            }
            #expect(bench.toolItems.first?.result == "1\n2\n3\n4\n")
            #expect(bench.toolItems.map(\.status) == Array(repeating: .completed, count: 5))
        }
    }

    @Test func aLongFileComesInParts() async throws {
        try await Bench.with { bench in
            let lines = (1...20_000).map { "line \($0)" }
            try bench.write("long", lines.joined(separator: "\n") + "\n")
            var read: [String] = []
            var parts = 0
            while read.count < lines.count, parts < 20 {
                let result = try await bench.call("read_file", ["path": "long", "offset": .int(read.count + 1)])
                #expect(result.text.utf8.count < 50_000)
                read += result.text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("[lines ") }
                parts += 1
            }
            #expect(read == lines)
        }
    }

    @Test func whatCannotBeReadAsTextIsToldWithItsReason() async throws {
        try await Bench.with { bench in
            try bench.folder.write("w/binary", [0, 1, 2])
            try bench.folder.write("w/latin", [0x63, 0xE9, 0x0A])
            try bench.write("d/x", "x")
            let cases: [(String, String, ThreadItem.Status)] = [
                ("binary", "binary is a binary file of 3 bytes.", .failed), ("none", "there is no such file", .failed),
                ("d", "not a file", .failed), ("../secret", "holds secrets", .declined),
            ]
            for (path, reason, status) in cases {
                let result = try await bench.call("read_file", ["path": .string(path)])
                #expect(result.isError)
                #expect(result.text.contains(reason), "\(result.text)")
                #expect(bench.toolItems.last?.status == status)
            }
            #expect(bench.host.steps.last == .refused(rule: "files.masked"))
            #expect(try await bench.call("read_file", ["path": "latin"]).text == "c\u{FFFD}\n")
        }
    }

    // MARK: - write_file

    @Test func aWholeFileIsWrittenWithItsFolders() async throws {
        try await Bench.with { bench in
            let made = try await bench.call("write_file", ["path": "new/a.txt", "content": "1\n"])
            #expect(made.text == "Created new/a.txt (2 bytes).")
            let changed = try await bench.call("write_file", ["path": "new/a.txt", "content": "naïve\n"])
            #expect(changed.text == "Wrote new/a.txt (7 bytes).")
            let same = try await bench.call("write_file", ["path": "new/a.txt", "content": "naïve\n"])
            #expect(same.text == "new/a.txt has exactly this content already; nothing was changed.")
            #expect(try bench.folder.text("w/new/a.txt") == "naïve\n")
            #expect(bench.host.changes.map { $0.changes.map(\.kind) } == [[.add], [.update]])
            let outside = try await bench.call("write_file", ["path": "../a.txt", "content": ""])
            #expect(outside.isError)
            #expect(bench.host.steps.last == .refused(rule: "files.outside_workspace"))
        }
    }

    // MARK: - list_files

    @Test func aFolderIsListedToItsDepth() async throws {
        try await Bench.with { bench in
            for name in ["b.txt", "a/one", "a/deep/two", ".git/config"] { try bench.write(name, "") }
            #expect(try await bench.call("list_files", [:]).text == ".git/\na/\nb.txt\n")
            #expect(
                try await bench.call("list_files", ["depth": 2]).text == ".git/\na/\na/deep/\na/one\nb.txt\n")
            #expect(try await bench.call("list_files", ["path": "a/deep"]).text == "two\n")
            #expect(try await bench.call("list_files", ["path": "b.txt"]).isError)
            mkdir(bench.folder.at("w/empty"), 0o777)
            #expect(try await bench.call("list_files", ["path": "empty"]).text == "The folder is empty.\n")
        }
    }

    @Test func aLongListIsCutVisibly() async throws {
        try await Bench.with { bench in
            for number in 0..<600 { try bench.write("\(number)", "") }
            let lines = try await bench.call("list_files", [:]).text.split(separator: "\n")
            #expect(lines.count == 501)
            #expect(lines.last == "[cut after 500 entries]")
        }
    }

    // MARK: - search

    @Test func aPatternIsNeverAnOption() async throws {
        try await Bench.with { bench in
            _ = try await bench.call("search", ["pattern": "--pre=sh", "path": "-x", "glob": "*.py"])
            let argv = try #require(bench.launcher.commands.first?.request.argv)
            #expect(argv.first == "rg")
            #expect(argv.suffix(4) == ["--glob=*.py", "--regexp=--pre=sh", "--", "-x"])
            #expect(bench.host.commands.map(\.command) == ["search --pre=sh"])
        }
    }

    @Test func theEndOfASearchSaysWhetherThereWasAMatch() async throws {
        let cases: [(output: String, exit: Int, text: String, isError: Bool)] = [
            ("a.py:1:x\n", 0, "a.py:1:x\n", false), ("", 1, "No matches.", false),
            ("regex parse error\n", 2, "regex parse error\n", true),
        ]
        for (output, exit, text, isError) in cases {
            try await Bench.with(search: { command in
                command.print(output)
                command.end(.exited(exit))
            }) { bench in
                let result = try await bench.call("search", ["pattern": "x"])
                #expect(result.text == text)
                #expect(result.isError == isError)
            }
        }
    }

    // MARK: - view_image

    @Test func anImageIsKnownByItsBytesAndNotItsName() async throws {
        try await Bench.with { bench in
            try bench.folder.write("w/picture.txt", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0xFF])
            let result = try await bench.call("view_image", ["path": "picture.txt", "detail": "high"])
            #expect(
                result.parts == [
                    .text("Image picture.txt:"),
                    .image(url: "data:image/png;base64,iVBORw0KGgr/", detail: "high"),
                ])
            // The item names it and does not carry it.
            #expect(bench.toolItems.first?.result == "Image picture.txt:[image]")
            try bench.write("fake.png", "<svg/>")
            let fake = try await bench.call("view_image", ["path": "fake.png"])
            #expect(fake.isError)
            #expect(fake.text.hasPrefix("fake.png is not an image that models take"))
            #expect(try await bench.call("view_image", ["path": "none.png"]).isError)
        }
    }

    // MARK: - update_plan

    @Test func aPlanIsOneItemUntilItIsDone() async throws {
        func plan(_ statuses: String...) -> JSONValue {
            ["plan": .array(statuses.map { ["step": "s", "status": .string($0)] })]
        }
        func list(_ done: Bool...) -> ThreadItem.Kind {
            .todoList(done.map { ThreadItem.TodoEntry(text: "s", completed: $0) })
        }
        try await Bench.with { bench in
            for plan in [
                plan("pending", "pending"), plan("completed", "in_progress"), plan("completed", "completed"),
                plan("pending"),
            ] {
                let result = try await bench.call("update_plan", plan)
                #expect(result.text == "Plan updated.")
            }
            #expect(
                bench.host.steps == [
                    .began(list(false, false)), .updated(list(true, false)), .updated(list(true, true)),
                    .completed(list(true, true)), .began(list(false)),
                ])
            #expect(bench.host.effects == [])
        }
    }
}
