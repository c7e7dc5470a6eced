import Terminal
import Testing
import Wire

@testable import TUI

/// Boards: whole screens at four widths, and what keys do.
@Suite struct BoardTests {
    private static let diff = """
        diff --git a/Sources/Parser.swift b/Sources/Parser.swift
        --- a/Sources/Parser.swift
        +++ b/Sources/Parser.swift
        @@ -10,3 +10,3 @@
         func parse() {
        -    let depth = 1
        +    let depth = 2
         }

        """

    private static let review = Board(
        .review, title: "Staged, not yet in /home/ann/project",
        rows: [
            .init("README.md", "README.md", ["modify"], canBeMarked: true),
            .init("Sources/", "Sources/", tone: .dim),
            .init("Sources/Parser.swift", "Parser.swift", ["modify"], depth: 1, canBeMarked: true),
            .init("Sources/Parser.swift\0001", "@@ -10,3 +10,3 @@", depth: 2, canBeMarked: true),
            .init("Sources/Parser.swift\0002", "@@ -90,3 +90,9 @@", depth: 2, canBeMarked: true),
            .init("Makefile", "Makefile", ["add", "held back: make runs it"], tone: .warning, canBeMarked: true),
        ],
        commands: [
            .init(.reviewApply, "applies"), .init(.reviewApplyAll, "applies all"), .init(.reviewDrop, "drops"),
            .init(.reviewDropAll, "drops all"),
        ],
        emptyText: "Nothing is staged.")

    private static let attempts = Board(
        .attempts, title: "Attempts 20261126-101500: mend the parser",
        rows: [
            .init("1", "★ attempt 1", ["passes", "2/2 checks", "3 files", "41 lines", "$0.12", "48 s"], tone: .good),
            .init("2", "attempt 2", ["does not pass", "1/2 checks", "5 files", "140 lines", "$0.31"], tone: .bad),
            .init("3", "attempt 3", ["running", "0/2 checks", "1 files", "7 lines"], tone: .busy),
        ], commands: [.init(.attemptsTake, "takes it over"), .init(.attemptsWorktrees, "worktrees")],
        emptyText: "No attempt has begun.",
        isLive: true)

    private static let sessions = Board(
        .sessions, title: "Sessions in this folder",
        rows: (1...30).map { .init("s\($0)", "mend the parser \($0)", ["2026-11-26 02:48", "3 turns", "done"]) },
        commands: [
            .init(.sessionsOpen, "goes on"), .init(.sessionsFork, "forks"), .init(.sessionsFolders, "all folders"),
        ],
        emptyText: "There is no other session in this folder.", searches: true)

    private func opened(_ board: Board, width: Int = 120, height: Int = 24) -> ScreenFixture {
        var screen = ScreenFixture.ready(width: width, height: height)
        screen.happen(.board(board))
        return screen
    }

    @Test(arguments: ScreenSnapshotTests.widths) func theReview(width: Int) throws {
        var screen = opened(Self.review, width: width)
        screen.press(Key(.down), Key(.down), .character(" "))
        screen.happen(.boardDetail(row: "Sources/Parser.swift\0001", EntryText.diff(Self.diff)))
        try screen.expect("review")
    }

    @Test(arguments: ScreenSnapshotTests.widths) func theQuestionBeforeAnApply(width: Int) throws {
        var screen = opened(Self.review, width: width)
        screen.happen(
            .boardQuestion(
                .init(
                    "Apply this to /home/ann/project?", preview: [StyledLine("  change README.md")],
                    command: .reviewApply,
                    rows: ["README.md"])))
        try screen.expect("review-question")
    }

    @Test(arguments: ScreenSnapshotTests.widths) func theAttempts(width: Int) throws {
        var screen = opened(Self.attempts, width: width)
        screen.happen(.boardDetail(row: "1", EntryText.diff(Self.diff)), .boardNotice("3 paths came over"))
        try screen.expect("attempts")
    }

    @Test(arguments: ScreenSnapshotTests.widths) func theSessions(width: Int) throws {
        var screen = opened(Self.sessions, width: width)
        screen.happen(
            .boardDetail(
                row: "s1",
                EntryText.lines([.prompt("mend the parser", isSteering: false), .message("It is **done**.")])))
        try screen.expect("sessions")
    }

    @Test(arguments: ScreenSnapshotTests.widths) func aBoardWithNothingOnIt(width: Int) throws {
        let board = Board(
            .hooks, title: "Hooks", rows: [], commands: [],
            emptyText: "No hooks. docs/hooks.md says how to have some; lockgate import brings another agent's.")
        try opened(board, width: width).expect("hooks-empty")
    }

    @Test func aRowsDetailIsAskedForOnceItIsChosen() {
        var screen = opened(Self.attempts)
        #expect(screen.takeActions() == [.board(.attempts, .detail(row: "1"))])
        screen.happen(.boardDetail(row: "1", [StyledLine("x")]))
        screen.press(Key(.down))
        #expect(screen.takeActions() == [.board(.attempts, .detail(row: "2"))])
        screen.press(Key(.up))
        #expect(screen.takeActions() == [])
    }

    @Test func whatChangesIsDoneByYesAlone() {
        let question = Board.Question("Apply?", preview: [], command: .reviewApply, rows: ["README.md"])
        for key in [Key(.enter), .character("n"), Key(.escape), .character("a"), .character("Y")] {
            var screen = opened(Self.review)
            screen.press(.character("a"))
            #expect(
                screen.takeActions().last
                    == .board(.review, .command(.reviewApply, rows: ["README.md"], isConfirmed: false)))
            screen.happen(.boardQuestion(question))
            screen.press(key)
            #expect(!screen.takeActions().contains { if case .board(_, .command) = $0 { true } else { false } })
            #expect(screen.state.board?.question == nil)
        }
        var screen = opened(Self.review)
        screen.happen(.boardQuestion(question))
        screen.press(.character("y"))
        #expect(
            screen.takeActions().last == .board(.review, .command(.reviewApply, rows: ["README.md"], isConfirmed: true))
        )
    }

    @Test func aPasteAnswersNoQuestion() {
        var screen = opened(Self.review)
        screen.happen(.boardQuestion(.init("Apply?", preview: [], command: .reviewApply, rows: ["README.md"])))
        _ = screen.takeActions()
        screen.happen(.input(.paste(Paste(text: "y"))))
        #expect(screen.takeActions() == [])
        #expect(screen.state.board?.question != nil)
    }

    @Test func commandsAreAboutWhatIsMarked() {
        var screen = opened(Self.review)
        screen.press(.character(" "), Key(.down), .character(" "), .character("a"))
        #expect(
            screen.takeActions().last
                == .board(
                    .review, .command(.reviewApply, rows: ["README.md", "Sources/Parser.swift"], isConfirmed: false)))
    }

    @Test func narrowingKeepsWhatWasTypedWhenTheBoardComesAnew() {
        var screen = opened(Self.attempts)
        screen.press(.character("/"))
        screen.type("does not")
        screen.press(Key(.enter))
        #expect(screen.state.board?.rows.map(\.id) == ["2"])
        screen.happen(.board(Self.attempts))
        #expect(screen.state.board?.rows.map(\.id) == ["2"])
        #expect(screen.state.board?.current?.id == "2")
    }

    @Test func aLiveBoardIsAskedForAnewOnceASecond() {
        var screen = opened(Self.attempts)
        #expect(screen.state.isMoving)
        _ = screen.takeActions()
        screen.happen(.tick, .tick, .tick, .tick, .tick, .tick)
        #expect(screen.takeActions().filter { $0 == .board(.attempts, .refresh) }.count == 2)
    }

    @Test func aQuestionOfTheAgentComesBeforeABoard() {
        var screen = opened(Self.attempts)
        screen.happen(.asked(SampleWork.request()))
        #expect(screen.live.contains { $0.contains("May this run?") })
        screen.happen(.withdrawn(SampleWork.request().id))
        #expect(screen.live[0].contains("Attempts"))
    }

    @Test func wordsToSearchForAreGivenToTheIndex() {
        var screen = opened(Self.sessions)
        screen.press(.character("/"))
        screen.type("lexer")
        screen.press(Key(.enter))
        #expect(screen.takeActions().contains(.board(.sessions, .search("lexer"))))
    }
}
