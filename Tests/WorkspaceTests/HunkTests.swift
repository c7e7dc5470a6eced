import Basics
import TestSupport
import Testing
import Wire

@testable import Workspace

/// Single hunks of a turn's change, taken back in the workspace.
@Suite struct HunkTests {
    private static let lines = (1...60).map { "\($0)\n" }
    /// Lines that the turn changes: each becomes a hunk of its own.
    private static let changed = [3, 20, 40, 57]

    /// A file of which a turn changed some lines.
    private static func with(
        _ body: (WorkspaceFixture, CheckpointStore, TreeChange) throws -> Void
    ) throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("f", lines.joined())
            let store = try fixture.store()
            let turn = try store.begin("go")
            try fixture.shell(changed.map { "sed -i 's/^\($0)$/agent \($0)/' f" }.joined(separator: ";"))
            let ended = try store.end(turn)
            let change = try #require(try store.changes(of: ended).first { $0.path == Array("f".utf8) })
            try body(fixture, store, change)
        }
    }

    /// The file with the turn's change on some lines.
    private static func text(_ kept: some Sequence<Int>) -> String {
        var lines = lines
        for line in kept { lines[line - 1] = "agent \(line)\n" }
        return lines.joined()
    }

    @Test(arguments: 1..<16) func anySetOfHunksGoesBackAndComesAgain(mask: Int) throws {
        try Self.with { fixture, store, change in
            let numbers = Set((1...4).filter { mask & (1 << ($0 - 1)) != 0 })
            let plan = try store.planTakingBack([(change, numbers)])
            #expect(try store.apply(plan) == [])
            let kept = Self.changed.enumerated().filter { !numbers.contains($0.offset + 1) }.map(\.element)
            #expect(try fixture.text("f") == Self.text(kept))
            let last = try #require(store.turns().last)
            #expect(last.kind == .turn && last.label.hasSuffix("of f taken back"))
            #expect(try store.apply(try store.planUndo(backTo: last.id)) == [])
            #expect(try fixture.text("f") == Self.text(Self.changed))
        }
    }

    @Test func laterEditsElsewhereStay() throws {
        try Self.with { fixture, store, change in
            try fixture.shell("sed -i 's/^30$/mine/' f")
            #expect(try store.apply(try store.planTakingBack([(change, [2])])) == [])
            let wanted = Self.text([3, 40, 57]).replacing("\n30\n", with: "\nmine\n")
            #expect(try fixture.text("f") == wanted)
        }
    }

    @Test func aHunkThatWasEditedSinceIsLeft() throws {
        try Self.with { fixture, store, change in
            try fixture.shell("sed -i 's/^agent 20$/mine/' f")
            let mine = try fixture.text("f")
            let plan = try store.planTakingBack([(change, [2])])
            #expect(plan.steps.isEmpty)
            #expect(plan.conflicts.map(\.path.shownPath) == ["f"])
            #expect(plan.conflicts.allSatisfy { $0.copy == nil })
            #expect(try store.apply(plan) == plan.conflicts)
            #expect(try fixture.text("f") == mine)
            #expect(try fixture.folder.names("work") == ["f"])
        }
    }

    /// Between the plan and its carrying out.
    @Test func aFileThatChangesAfterThePlanIsLeft() throws {
        try Self.with { fixture, store, change in
            let plan = try store.planTakingBack([(change, [1])])
            try fixture.write("f", "another\n")
            #expect(try store.apply(plan).map(\.path.shownPath) == ["f"])
            #expect(try fixture.text("f") == "another\n")
        }
    }

    @Test func aHunkThatIsNotThereIsAnError() throws {
        try Self.with { _, store, change in
            for numbers in [Set([5]), [0], []] {
                #expect(throws: LockgateError.self) { try store.planTakingBack([(change, numbers)]) }
            }
        }
    }
}
