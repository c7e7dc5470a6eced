import Terminal
import Testing
import Text
import Wire

@testable import TUI

/// Whole screens, compared with kept ones at four widths.
@Suite struct ScreenSnapshotTests {
    static let widths = [40, 80, 120, 200]

    private func worked(_ width: Int, isWhole: Bool = false) -> ScreenFixture {
        var screen = ScreenFixture.ready(width: width, isWhole: isWhole)
        screen.type("mend the parser")
        screen.press(Key(.enter))
        screen.happen(SampleWork.events)
        return screen
    }

    @Test(arguments: widths) func aTurnFromPromptToEnd(width: Int) throws { try worked(width).expect("conversation") }

    @Test(arguments: widths) func theWholeScreen(width: Int) throws { try worked(width, isWhole: true).expect("whole") }

    @Test(arguments: widths) func aTurnUnderWay(width: Int) throws {
        var screen = ScreenFixture.ready(width: width)
        screen.type("build it")
        screen.press(Key(.enter))
        var command = ThreadItem.CommandExecution(command: "swift build", cwd: "/home/ann/project")
        command.aggregatedOutput = "[1/3] Compiling\n[2/3] Linking\n"
        screen.happen(
            .live(.textDelta("I will build it first.\n\nThen the **te")),
            .started(ThreadItem(id: "item_1", kind: .commandExecution(command))),
            .completed(
                .todoList([.init(text: "Build", completed: true), .init(text: "Test", completed: false)]), id: "p"))
        screen.type("and then")
        screen.press(Key(.tab))
        screen.type("a new thought\u{20}")
        try screen.expect("running")
    }

    @Test(arguments: widths) func aQuestionAboutACommand(width: Int) throws {
        var screen = ScreenFixture.ready(width: width, height: 30)
        screen.happen(.asked(SampleWork.request()), .asked(SampleWork.change))
        try screen.expect("question")
    }

    @Test(arguments: widths) func aQuestionAboutAChange(width: Int) throws {
        var screen = ScreenFixture.ready(width: width, height: 30)
        screen.happen(.asked(SampleWork.change))
        screen.press(Key(.down))
        try screen.expect("question-change")
    }

    @Test(arguments: widths) func aQuestionAboutAPlaceThatACommandWasRefused(width: Int) throws {
        var screen = ScreenFixture.ready(width: width, height: 30)
        screen.happen(.asked(SampleWork.place))
        try screen.expect("question-place")
    }

    @Test(arguments: widths) func theListOfCommands(width: Int) throws {
        var screen = ScreenFixture.ready(width: width)
        screen.type("/")
        screen.press(Key(.down))
        try screen.expect("commands")
    }

    @Test(arguments: widths) func theListOfFiles(width: Int) throws {
        var screen = ScreenFixture.ready(width: width)
        screen.happen(
            .files(
                PathIndex(
                    ["Sources/TUI/ScreenView.swift", "Tests/ScreenTests.swift", "README.md"].map { Array($0.utf8) })))
        screen.type("look at @scr")
        try screen.expect("files")
    }

    @Test(arguments: widths) func theComposerWithMuch(width: Int) throws {
        var screen = ScreenFixture.ready(width: width)
        screen.type("a long line that has to be broken at forty columns, 漢字 and 👍🏽 included")
        screen.press(Key(.enter, .shift))
        screen.type("second line \u{1B}")
        screen.happen(.input(.paste(Paste(text: String(repeating: "pasted\n", count: 5000)))))
        try screen.expect("composer")
    }

    @Test(arguments: widths) func theTranscript(width: Int) throws {
        var screen = worked(width)
        screen.press(.control("t"), .character("/"))
        screen.type("parser")
        screen.press(Key(.enter))
        try screen.expect("transcript")
    }

    @Test(arguments: widths) func theHelp(width: Int) throws {
        var screen = ScreenFixture.ready(width: width, height: 50)
        screen.press(.character("?"))
        try screen.expect("help")
    }

    @Test(arguments: widths) func noSession(width: Int) throws {
        var screen = ScreenFixture(width: width)
        screen.type("hello")
        screen.press(Key(.enter))
        screen.happen(.unready(LockgateError("model.none", "no model is chosen", remedy: "give -m MODEL")))
        try screen.expect("no-session")
    }
}
