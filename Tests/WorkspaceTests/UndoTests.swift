import Basics
import Glibc
import TestSupport
import Testing

@testable import Workspace

@Suite struct UndoTests {
    /// Runs a script as a turn.
    private func turn(_ fixture: WorkspaceFixture, _ store: CheckpointStore, _ script: String) throws {
        let turn = try store.begin(script)
        try fixture.shell(script)
        _ = try store.end(turn)
    }

    private func paths(_ steps: [RestorePlan.Step]) -> [String] { steps.map { "\($0.verb) \($0.path.shownPath)" } }

    @Test func editsToOtherFilesSurvive() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("a", "a\n")
            try fixture.write("b", "b\n")
            let store = try fixture.store()
            try turn(fixture, store, "rm a; echo made > c")
            try fixture.write("b", "mine\n")
            try fixture.write("d", "mine too\n")
            let plan = try store.planUndo()
            #expect(paths(plan.steps) == ["create a", "delete c"])
            #expect(try store.apply(plan) == [])
            #expect(try fixture.folder.names("work") == ["a", "b", "d"])
            #expect(try fixture.text("b") == "mine\n")
        }
    }

    @Test func theSandboxsPlaceholdersAreNoContentAndTheirMarkHidesNothingElse() throws {
        try WorkspaceFixture.with { fixture in
            let mark = "import os,sys; [os.setxattr(p, 'user.lockgate.placeholder', b'1') for p in sys.argv[1:]]"
            try fixture.write("mine", "")
            let store = try fixture.store()
            let turn = try store.begin("go")
            try fixture.shell(
                "mkdir reserved full; echo . > commondir; echo x > full/x; echo 'more than a line of it' > long")
            try fixture.shell("python3 -c \"\(mark)\" reserved commondir full long mine")
            let ended = try store.end(turn)
            #expect(try store.changes(of: ended).map(\.path.shownPath) == ["full", "full/x", "long"])
            try fixture.shell("rm mine")
            #expect(try store.apply(try store.planUndo()) == [])
            #expect(try fixture.folder.names("work").sorted() == ["commondir", "reserved"])
        }
    }

    @Test func laterEditsOfTheSameFileAreMerged() throws {
        try WorkspaceFixture.with { fixture in
            let lines = (1...20).map { "\($0)\n" }
            try fixture.write("f", lines.joined())
            let store = try fixture.store()
            try turn(fixture, store, "sed -i 's/^3$/agent/' f")
            try fixture.shell("sed -i 's/^15$/user/' f")
            let plan = try store.planUndo()
            #expect(paths(plan.steps) == ["merge f"])
            #expect(try store.apply(plan) == [])
            var expected = lines
            expected[14] = "user\n"
            #expect(try fixture.text("f") == expected.joined())
        }
    }

    @Test func aConflictKeepsTheUsersFileAndPutsTheEarlierOneBesideIt() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("f", "one\n")
            try fixture.write("gone", "kept\n")
            let store = try fixture.store()
            try turn(fixture, store, "echo two > f; rm gone; echo new > made")
            try fixture.write("f", "three\n")
            try fixture.write("made", "mine\n")
            let plan = try store.planUndo()
            let copy = Array("f.lockgate-undo".utf8)
            let expected = [
                RestorePlan.Conflict(path: Array("f".utf8), reason: "edited since", copy: copy),
                RestorePlan.Conflict(
                    path: Array("made".utf8), reason: "edited since; it would have been deleted", copy: nil),
            ]
            #expect(plan.conflicts == expected)
            #expect(try store.apply(plan) == expected)
            #expect(try fixture.text("f") == "three\n")
            #expect(try fixture.text("f.lockgate-undo") == "one\n")
            #expect(try fixture.text("made") == "mine\n")
            #expect(try fixture.text("gone") == "kept\n")
        }
    }

    @Test func severalTurnsGoBackAndForth() throws {
        try WorkspaceFixture.with { fixture in
            let store = try fixture.store()
            var pictures = [try fixture.picture()]
            for number in 1...3 {
                try turn(fixture, store, "echo \(number) > f; echo x > n\(number)")
                pictures.append(try fixture.picture())
            }
            _ = try store.apply(try store.planUndo(last: 2))
            #expect(try fixture.picture() == pictures[1])
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.picture() == pictures[0])
            _ = try store.apply(try store.planRedo())
            #expect(try fixture.picture() == pictures[1])
            _ = try store.apply(try store.planRedo())
            #expect(try fixture.picture() == pictures[3])
            _ = try store.apply(try store.planUndo(backTo: 2))
            #expect(try fixture.picture() == pictures[1])
        }
    }

    @Test func somePathsCanGoBackAlone() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkdir -p d/e; echo 1 > d/e/f; echo 1 > g")
            let store = try fixture.store()
            try turn(fixture, store, "rm -rf d; echo 2 > g")
            _ = try store.apply(try store.planUndo(paths: [Array("d/e".utf8)]))
            #expect(try fixture.text("d/e/f") == "1\n")
            #expect(try fixture.text("g") == "2\n")
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.text("g") == "1\n")
        }
    }

    @Test func aTurnThatWasKilledIsTakenBack() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            _ = try fixture.store().begin("killed")
            try fixture.shell("rm -rf src .env")
            let store = try fixture.store()
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.picture() == before)
        }
    }

    /// Whatever part of a restore was done when its process was killed, the next start completes it.
    @Test func aKilledRestoreIsCompleted() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkdir -p d/e; for i in 1 2 3 4; do echo $i > d/f$i; echo $i > d/e/g$i; done; ln -s d l")
            let before = try fixture.picture()
            let script = "rm d/f1 d/e/g1 l; echo x > d/f2; mv d/e h; chmod 600 d/f3; echo y > new"
            let store = try fixture.store()
            try turn(fixture, store, script)
            let plan = try store.planUndo()
            let damaged = try fixture.picture()
            for count in 0...plan.steps.count {
                let objects = try ObjectStore(store.path + "/objects")
                let record = TurnRecord(id: 100 + count, kind: .undo, began: .now, label: "", before: plan.current)
                let pending = PendingRestore(turn: record, steps: plan.steps)
                try PosixFile.replace(store.path + "/pending", with: pending.json.bytes)
                _ = try TreeRestorer(root: store.workspace, store: objects).run(Array(plan.steps.prefix(count)))
                _ = try fixture.store()
                #expect(try fixture.picture() == before, "\(count)")
                try fixture.shell(script)
                #expect(try fixture.picture() == damaged)
            }
        }
    }

    /// Killed just before it was noted as done: what took another kind's place is not taken away again.
    @Test func aRestoreThatRunsAgainFindsItsWorkDone() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell(
                "mkdir -p a/b d l; echo 1 > a/b/c; echo 1 > f; ln -s f d/l; echo 1 > gone; mkdir -m 500 shut")
            let before = try fixture.picture()
            let store = try fixture.store()
            try turn(
                fixture, store,
                "rm -r a; echo 2 > a; rm f; mkdir -p f/g; echo 2 > f/g/h; rm -r d; ln -s f d; rmdir l shut")
            let plan = try store.planUndo()
            let restorer = try TreeRestorer(root: store.workspace, store: try ObjectStore(store.path + "/objects"))
            for _ in 0..<3 {
                #expect(restorer.run(plan.steps) == [])
                #expect(try fixture.picture() == before)
            }
        }
    }

    /// The process died between noting that a restore was done and removing its plan; then the user went on.
    @Test func aRestoreThatIsDoneIsNotDoneAgain() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("f", "one")
            let store = try fixture.store()
            try turn(fixture, store, "printf two > f")
            let plan = try store.planUndo()
            #expect(try store.apply(plan) == [])
            let done = try #require(store.turns().last)
            try PosixFile.replace(
                store.path + "/pending", with: PendingRestore(turn: done, steps: plan.steps).json.bytes)
            try fixture.write("f", "two")
            let next = try fixture.store()
            #expect(!PosixFile.exists(store.path + "/pending"))
            #expect(try fixture.text("f") == "two")
            #expect(next.turns().last == done)
        }
    }

    @Test func commitsThatCameLaterKeepTheirRepository() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let store = try fixture.store()
            try turn(fixture, store, "echo agent > agent.txt; git add agent.txt; git commit -qm agent")
            try fixture.shell("git commit -q --allow-empty -m user")
            let plan = try store.planUndo()
            #expect(plan.conflicts.map(\.path) == [Array(".git".utf8)])
            _ = try store.apply(plan)
            #expect(try fixture.text("agent.txt") == nil)
            try fixture.shell("test \"$(git log -1 --format=%s)\" = user && git fsck --full >/dev/null")
        }
    }

    @Test func itWorksWithoutARepository() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkdir -p a/b; echo 1 > a/b/c; chmod 640 a/b/c")
            let before = try fixture.picture()
            let store = try fixture.store()
            try turn(fixture, store, "find . -mindepth 1 -delete")
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.picture() == before)
        }
    }

    @Test func theUsersRepositoryIsNotTouchedByACheckpoint() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            _ = try store.end(try store.begin("nothing"))
            #expect(try fixture.picture() == before)
            #expect(throws: (any Error).self) { try store.planUndo() }
        }
    }

    /// A file changed within one tick of the clock, at the same size and with its times set back.
    @Test func quickChangesAreSeen() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("f", "0000")
            let store = try fixture.store()
            for number in 1...30 {
                let open = try store.begin("\(number)")
                try fixture.write("f", "\(1000 + number)")
                var times = [timespec(tv_sec: 1, tv_nsec: 0), timespec(tv_sec: 1, tv_nsec: 0)]
                utimensat(AT_FDCWD, fixture.path + "/f", &times, 0)
                let closed = try store.end(open)
                #expect(try store.changes(of: closed).map(\.path.shownPath) == ["f"])
            }
        }
    }
}
