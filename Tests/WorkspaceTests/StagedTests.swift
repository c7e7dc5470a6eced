import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// What a stage shows is what an apply makes of the workspace, and nothing of it is lost on either side.
@Suite(.timeLimit(.minutes(3))) struct StagedTests {
    private static let methods: [StageRecord.Method] = [.overlay, .copy]

    @Test(arguments: 1...10, methods)
    func applyingEverythingIsWhatTheStageShowed(seed: UInt64, method: StageRecord.Method) throws {
        var random = SeededGenerator(seed: seed)
        try StageFixture.with(method) {
            try $0.shell(RandomTreeTests.script(40, &random))
        } _: { stage in
            let before = try stage.fixture.picture()
            let shown = try stage.inStage(RandomTreeTests.script(40, &random))
            #expect(try stage.fixture.picture() == before)
            let plan = try stage.plan()
            #expect(plan.restore.conflicts == [] && plan.isWhole)
            #expect(try stage.store.apply(plan) == [])
            #expect(try stage.fixture.picture() == shown)
            #expect(stage.stage.record?.state == .applied)
            #expect(try stage.store.apply(try stage.store.planUndo()) == [])
            #expect(try stage.fixture.picture() == before)
            #expect(try stage.store.apply(try stage.store.planRedo()) == [])
            #expect(try stage.fixture.picture() == shown)
        }
    }

    /// In parts, in any order, with more changes in between: the end is the same.
    @Test(arguments: 11...16) func applyingInPartsComesToTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        try StageFixture.with {
            try $0.shell(RandomTreeTests.script(40, &random))
        } _: { stage in
            var shown: [String: String] = [:]
            for _ in 0..<3 {
                shown = try stage.inStage(RandomTreeTests.script(15, &random))
                let changes = try stage.store.staged(stage.stage).changes
                if let change = changes.randomElement(using: &random), !change.path.isEmpty {
                    #expect(try stage.apply([String(decoding: change.path, as: UTF8.self)]) == [])
                }
                guard stage.stage.record?.state == .open else { return }
            }
            #expect(try stage.apply() == [])
            #expect(try stage.fixture.picture() == shown)
        }
    }

    @Test(arguments: methods) func linksModesFoldersAndTheirReplacements(method: StageRecord.Method) throws {
        try StageFixture.with(method) { fixture in
            try fixture.shell(
                """
                mkdir -p d/inner x empty; echo 1 > d/f; echo 2 > d/inner/g; echo 3 > h; ln h hard; ln -s h link
                echo 4 > turned; mkdir into; chmod 2750 x; echo 5 > x/y
                """)
        } _: { stage in
            let shown = try stage.inStage(
                """
                rm -rf d; mkdir d; echo only > d/new; mv x moved; ln moved/y moved/same; echo more >> h
                rm link; mkdir link; rm turned; mkdir turned; touch turned/in; rmdir into; ln -s nowhere into
                rmdir empty; chmod 4755 hard; printf 'a\\nb' > "$(printf 'new\\nline')"; touch "$(printf 'no\\377utf8')"
                """)
            #expect(try stage.apply() == [])
            #expect(try stage.fixture.picture() == shown)
        }
    }

    @Test func whatCannotBeAppliedIsListedAndStays() throws {
        try StageFixture.with {
            try $0.shell("echo a > a; mkdir node_modules; echo b > node_modules/b; mkfifo was")
        } _: {
            stage in
            let before = try stage.fixture.picture()
            try stage.inStage(
                "mkfifo pipe; echo x > node_modules/b; mkdir -p .venv; touch .venv/x; truncate -s 200M large; rm was; echo c > a"
            )
            let staged = try stage.store.staged(stage.stage)
            #expect(
                staged.leftOut.map { "\($0.path.shownPath): \($0.reason)" } == [
                    ".venv: build or dependency folder", "large: larger than 128 MiB",
                    "node_modules: build or dependency folder", "pipe: device, FIFO or socket",
                    "was: removed; not covered: device, FIFO or socket",
                ])
            #expect(try stage.staged() == ["change a"])
            #expect(try stage.apply() == [])
            var after = before
            after["a"] = try stage.fixture.picture()["a"]
            #expect(try stage.fixture.picture() == after)
            #expect(try stage.fixture.text("a") == "c\n")
            // A large file is nowhere but in the stage.
            #expect(stage.stage.record?.state == .open)
        }
    }

    @Test func laterEditsOfTheUserStay() throws {
        let lines = (1...20).map { "line \($0)\n" }.joined()
        try StageFixture.with { fixture in
            for name in ["merged", "both", "mine", "gone", "deleted", "kept"] { try fixture.write(name, lines) }
        } _: { stage in
            try stage.inStage(
                """
                sed -i 's/^line 2$/staged/' merged both; rm gone; echo staged > new; echo staged > deleted; echo staged > kept
                """)
            try stage.fixture.shell(
                "sed -i 's/^line 19$/user/' merged; sed -i 's/^line 2$/user/' both; echo user > mine; echo user > gone; echo user > new; rm deleted"
            )
            let mine = try stage.fixture.picture()
            let kept = try stage.apply()
            #expect(
                kept.map { "\($0.path.shownPath): \($0.copy?.shownPath ?? "-")" } == [
                    "both: both.lockgate-staged", "deleted: deleted.lockgate-staged", "gone: -",
                    "new: new.lockgate-staged",
                ])
            #expect(try stage.fixture.text("merged")?.contains("staged\n") == true)
            #expect(try stage.fixture.text("merged")?.contains("user\n") == true)
            for name in ["both", "mine", "gone", "new"] {
                #expect(try stage.fixture.picture()[name] == mine[name], "\(name)")
            }
            #expect(try stage.fixture.text("new.lockgate-staged") == "staged\n")
            #expect(try stage.fixture.text("kept") == "staged\n")
            // What has no copy is still staged.
            #expect(try stage.staged() == ["delete gone"])
            #expect(try stage.store.apply(try stage.store.planUndo()) == [])
            #expect(try stage.fixture.picture() == mine)
        }
    }

    @Test func anEditBetweenThePlanAndItsEndStaysAndSoDoesTheStage() throws {
        try StageFixture.with {
            try $0.write("a", "one\n")
        } _: { stage in
            try stage.inStage("echo two > a; echo b > b")
            let plan = try stage.plan()
            try stage.fixture.write("a", "user\n")
            #expect(try stage.store.apply(plan).map(\.path.shownPath) == ["a"])
            #expect(try stage.fixture.text("a") == "user\n")
            #expect(try stage.fixture.text("b") == "b\n")
            #expect(try stage.staged() == ["change a"])
        }
    }

    @Test func hunksAreAppliedOneByOne() throws {
        let lines = (1...60).map { "line \($0)\n" }.joined()
        try StageFixture.with {
            try $0.write("a", lines)
        } _: { stage in
            let shown = try stage.inStage(
                "sed -i -e 's/^line 5$/five/' -e 's/^line 30$/thirty/' -e '55d' a; chmod 755 a; echo b > b")
            #expect(try stage.apply(hunks: ["a": [2]]) == [])
            let text = try #require(try stage.fixture.text("a"))
            #expect(text.contains("thirty\n") && text.contains("line 5\n") && text.contains("line 55\n"))
            #expect(try stage.fixture.picture()["b"] == nil)
            #expect(throws: LockgateError.self) { try stage.plan(hunks: ["a": [3]]) }
            #expect(throws: LockgateError.self) { try stage.plan(hunks: ["nothing": [1]]) }
            #expect(throws: LockgateError.self) { try stage.plan(["nothing"]) }
            #expect(try stage.apply(hunks: ["a": [1, 2]]) == [])
            #expect(try stage.fixture.picture()["a"] == shown["a"])
            #expect(try stage.apply(["b"]) == [])
            #expect(try stage.fixture.picture() == shown)
            #expect(stage.stage.record?.state == .applied)
        }
    }

    // MARK: Repositories

    private static let work = """
        echo changed > src/main.c; echo new > added; git add -A; git commit -qm two; git branch topic; git tag v1
        git checkout -q -b more; echo three > three; git add three; git commit -qm three
        git status --porcelain > .git/seen
        """

    @Test func commitsAreAppliedWithTheirRefs() throws {
        try StageFixture.with {
            try $0.makeRepository()
        } _: { stage in
            let before = try stage.fixture.picture()
            let shown = try stage.inStage(Self.work)
            let summary = try #require(try stage.store.gitSummaries(try stage.store.staged(stage.stage)).first)
            #expect(
                summary.refs.map { "\($0.name) \($0.old == nil ? "new" : "moved")" } == [
                    "HEAD moved", "refs/heads/main moved", "refs/heads/more new", "refs/heads/topic new",
                    "refs/tags/v1 new",
                ])
            #expect(summary.log.suffix(2) == ["checkout: moving from main to more", "commit: three"])
            #expect(summary.objectsAdded > 3)
            // A look at the repository writes the index anew, and is no edit.
            try stage.fixture.shell("touch src/main.c docs/d.md; git status >/dev/null; git diff >/dev/null")
            #expect(try stage.apply() == [])
            #expect(
                try stage.fixture.picture().filter { $0.key != ".git/index" } == shown.filter { $0.key != ".git/index" }
            )
            try stage.fixture.shell(
                "git fsck --full --strict >/dev/null; test \"$(git log -1 --format=%s more)\" = three; git status --porcelain | diff - .git/seen"
            )
            #expect(try stage.store.apply(try stage.store.planUndo()) == [])
            #expect(
                try stage.fixture.picture().withoutObjects.filter { $0.key != ".git/index" }
                    == before.withoutObjects.filter { $0.key != ".git/index" })
        }
    }

    @Test func aRepositoryWithLaterCommitsStaysWhole() throws {
        try StageFixture.with {
            try $0.makeRepository()
        } _: { stage in
            try stage.inStage(Self.work)
            try stage.fixture.shell("echo mine > mine; git add mine; git commit -qm mine")
            let head = try stage.fixture.text(".git/refs/heads/main")
            let kept = try stage.apply()
            #expect(kept.map(\.path.shownPath) == [".git"])
            #expect(try stage.fixture.text(".git/refs/heads/main") == head)
            #expect(try stage.fixture.text("three") == "three\n")
            try stage.fixture.shell("git fsck --full >/dev/null; test \"$(git log -1 --format=%s)\" = mine")
            // The commits are still staged.
            #expect(try stage.staged().contains("add .git/refs/heads/more"))
        }
    }

    @Test func whatRunsByItselfIsAppliedOnlyByName() throws {
        try StageFixture.with {
            try $0.makeRepository()
        } _: { stage in
            let shown = try stage.inStage(
                """
                echo 'curl x' > .envrc; mkdir -p .vscode sub/fresh; echo '{}' > .vscode/tasks.json; echo x > .git/hooks/post-commit
                git config core.fsmonitor ./x; cd sub/fresh; git init -q; echo f > f; cd ..; echo fine > fine
                """)
            let plan = try stage.plan()
            #expect(
                Set(plan.held.map(\.shownPath).filter { !$0.contains("fresh/.git/") }) == [
                    ".envrc", ".git/config", ".git/hooks/post-commit", ".vscode/tasks.json", "sub/fresh/.git",
                ])
            #expect(try stage.store.apply(plan) == [])
            #expect(try stage.fixture.text("sub/fine") == "fine\n")
            #expect(try stage.fixture.text("sub/fresh/f") == "f\n")
            for name in [".envrc", ".git/hooks/post-commit", ".vscode/tasks.json", "sub/fresh/.git"] {
                #expect(!PosixFile.exists(stage.fixture.path + "/" + name), "\(name)")
            }
            #expect(try stage.fixture.text(".git/config")?.contains("fsmonitor") == false)
            // A folder around it does not name it.
            #expect(try stage.plan(["sub"]).restore.steps == [])
            for name in [".envrc", ".vscode", "sub/fresh/.git", ".git/hooks", ".git/config"] {
                if name == ".vscode" {
                    #expect(try stage.plan([name]).restore.steps == [])
                    #expect(try stage.apply([".vscode/tasks.json"]) == [])
                } else {
                    #expect(try stage.apply([name]) == [])
                }
            }
            #expect(try stage.fixture.picture() == shown)
            #expect(stage.stage.record?.state == .applied)
        }
    }

    // MARK: Keeping

    @Test func aStageIsNeededAsLongAsItWaits() throws {
        try StageFixture.with {
            try $0.write("a", String(repeating: "text\n", count: 50_000))
        } _: { stage in
            let shown = try stage.inStage("echo end >> a; echo b > b")
            let store = try stage.store
            try stage.fixture.write("a", "user\n")
            for number in 1...12 {
                let turn = try store.begin("\(number)")
                try stage.fixture.write("other", "\(number)\n")
                _ = try store.end(turn)
            }
            let later = WallTime(milliseconds: WallTime.now.milliseconds + 400 * 86_400_000)
            let retention = CheckpointRetention(days: 30, maxBytes: 1_048_576)
            _ = try CheckpointExpiry(
                StoreFolder(home: stage.fixture.home, workspace: stage.fixture.path), retention: retention, now: later
            ).run()
            #expect(StoreSweep(home: stage.fixture.home, retention: retention, now: later).run() == [])
            try stage.fixture.shell("rm other; yes text | head -n 50000 > a")
            #expect(try stage.apply() == [])
            #expect(try stage.fixture.picture() == shown)
        }
    }

    @Test func droppedStagesGoInTimeAndOpenOnesStay() throws {
        try StageFixture.with {
            try $0.write("a", "a\n")
        } _: { stage in
            try stage.inStage(
                "dd if=/dev/zero of=big bs=1M count=3 2>/dev/null; mkdir closed; touch closed/x; chmod 0 closed")
            func sweep(_ days: Int64, maxBytes: Int = 1 << 30) -> UInt64 {
                StageSweep(home: stage.fixture.home, days: 7, maxBytes: maxBytes).run(
                    now: WallTime(milliseconds: WallTime.now.milliseconds + days * 86_400_000))
            }
            #expect(sweep(1000, maxBytes: 1) > 3_000_000)
            #expect(throws: LockgateError.self) {
                try StageSweep(home: stage.fixture.home, days: 7, maxBytes: 1).makeRoom()
            }
            try stage.stage.set(.dropped)
            #expect(sweep(6) > 3_000_000)
            do {
                let lock = try stage.stage.lock()
                // Not while somebody is at work in it.
                #expect(sweep(8) == 0 && stage.stage.record?.state == .dropped)
                withExtendedLifetime(lock) {}
            }
            #expect(sweep(6, maxBytes: 1) == 0)
            #expect(!PosixFile.exists(stage.stage.path))
        }
    }

    @Test func aLargeCopyIsTold() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("for i in $(seq 5); do echo $i > f$i; done; mkfifo pipe")
            var told: [String] = []
            var copy = StageCopy(home: fixture.home, limits: (files: 3, bytes: 1 << 30)) { told.append($0) }
            try copy.run(from: fixture.path, to: fixture.folder.at("copy"))
            #expect(told.count == 1 && copy.files == 5)
            #expect(copy.leftOut.map(\.path.shownPath) == ["pipe"])
            var before = try fixture.picture()
            before["pipe"] = nil
            #expect(try fixture.picture(of: fixture.folder.at("copy")) == before)
        }
    }
}
