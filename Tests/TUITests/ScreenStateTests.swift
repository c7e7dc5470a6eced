import Terminal
import Testing
import Text
import Wire

@testable import TUI

@Suite struct ScreenStateTests {
    private func running() -> ScreenFixture {
        var screen = ScreenFixture.ready()
        screen.type("go")
        screen.press(Key(.enter))
        _ = screen.takeActions()
        return screen
    }

    @Test func enterSendsAndSteersAndTabQueues() {
        var screen = ScreenFixture.ready()
        screen.type("one")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.submit("one")])
        screen.type("two")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.steer("two")])
        screen.type("three")
        screen.press(Key(.tab))
        #expect(screen.takeActions() == [])
        screen.happen(.turnEnded(unheard: []))
        #expect(screen.takeActions() == [.submit("three")])
    }

    @Test func whatWasSaidTooLateIsTheNextPrompt() {
        var screen = running()
        screen.happen(.turnEnded(unheard: ["late"]))
        #expect(screen.takeActions() == [.submit("late")])
    }

    @Test func whatIsAskedBeforeTheSessionIsThereWaitsForIt() {
        var screen = ScreenFixture()
        screen.type("early")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [])
        screen.happen(.ready(ScreenFixture.facts))
        #expect(screen.takeActions() == [.submit("early")])
    }

    @Test func escapeInterruptsAndGivesTheQueueBack() {
        var screen = running()
        screen.type("later")
        screen.press(Key(.tab), Key(.escape))
        #expect(screen.takeActions() == [.interrupt])
        #expect(screen.state.composer.prompt == "later")
        #expect(screen.state.queue == [])
    }

    @Test func twiceControlCLeavesAndOnceDoesNot() {
        var screen = ScreenFixture.ready()
        screen.type("text")
        screen.press(.control("c"))
        #expect(screen.takeActions() == [] && screen.state.composer.isEmpty)
        screen.press(.control("c"))
        #expect(screen.takeActions() == [])
        screen.wait(.seconds(3))
        screen.press(.control("c"))
        #expect(screen.takeActions() == [])
        screen.press(.control("c"))
        #expect(screen.takeActions() == [.quit])
    }

    @Test func twiceEscapeAsksWhichMessageToGoBackTo() {
        var screen = running()
        screen.happen(.turnEnded(unheard: []))
        screen.press(Key(.escape), Key(.escape))
        #expect(screen.takeActions() == [.command(.rewind, "")])
        let items = ["two", "one"].map { Picker.Item(id: $0, title: $0) }
        screen.happen(.pick(Picker(.message, title: "Go back to before", items: items, hasPreviews: true)))
        screen.press(Key(.down), Key(.enter))
        #expect(
            screen.takeActions() == [
                .preview(.message, id: "two"), .preview(.message, id: "one"), .chosen(.message, id: "one"),
            ])
    }

    @Test func escapeDoesNotGoBackWhileATurnRuns() {
        var screen = running()
        screen.press(Key(.escape), Key(.escape))
        #expect(screen.takeActions() == [.interrupt, .interrupt])
    }

    @Test func whatIsTypedForSomethingElseIsNoAnswer() {
        var screen = running()
        screen.happen(.asked(SampleWork.request()))
        // In the middle of a sentence: letters that would all be answers.
        screen.type("yyyy1\u{20}")
        #expect(screen.takeActions() == [])
        screen.wait(.milliseconds(200))
        screen.type("y")
        #expect(screen.takeActions() == [])
        screen.wait(.milliseconds(400))
        screen.type("y")
        #expect(screen.takeActions() == [.answer(id: "a1", ApprovalAnswer(.approve(.once)))])
        #expect(screen.state.sheets.isEmpty)
    }

    @Test func pastesAnswerNothing() {
        var screen = running()
        screen.happen(.asked(SampleWork.request()), .input(.paste(Paste(text: "y\n1\n"))))
        #expect(screen.takeActions() == [])
    }

    @Test(arguments: [
        ("1", ApprovalAnswer(.approve(.once))), ("2", ApprovalAnswer(.approve(.project))), ("3", ApprovalAnswer(.deny)),
        ("4", ApprovalAnswer(.abort)), ("n", ApprovalAnswer(.deny)),
    ])
    func keysAnswer(key: String, answer: ApprovalAnswer) {
        var screen = running()
        screen.happen(.asked(SampleWork.request()))
        screen.wait(.seconds(1))
        screen.type(key)
        #expect(screen.takeActions() == [.answer(id: "a1", answer)])
    }

    @Test func answersThatAreNotOfferedAreNone() {
        var screen = running()
        screen.happen(.asked(SampleWork.request(offers: [])))
        screen.wait(.seconds(1))
        screen.type("y589xq")
        #expect(screen.takeActions() == [])
        screen.press(Key(.escape))
        #expect(screen.takeActions() == [.answer(id: "a1", ApprovalAnswer(.abort))])
    }

    @Test func theNextQuestionNeedsItsOwnMoment() {
        var screen = running()
        screen.happen(.asked(SampleWork.request("a")), .asked(SampleWork.request("b")))
        screen.wait(.seconds(1))
        screen.type("yy")
        #expect(screen.takeActions() == [.answer(id: "a", ApprovalAnswer(.approve(.once)))])
    }

    @Test func questionsEndWithTheirTurn() {
        var screen = running()
        screen.happen(.asked(SampleWork.request()), .withdrawn("a1"))
        #expect(screen.state.sheets.isEmpty)
        screen.happen(.asked(SampleWork.request()), .turnEnded(unheard: []))
        #expect(screen.state.sheets.isEmpty)
    }

    @Test func theMessageIsTheSameInAnyPieces() {
        let text = SampleWork.message + "\n\n```python\n" + (1...100).map { "x = \($0)\n" }.joined() + "```\n\nThe end."
        for size in [1, 3, 7, 50, 1000] {
            var screen = running()
            var rest = text[...]
            while !rest.isEmpty {
                screen.happen(.live(.textDelta(String(rest.prefix(size)))))
                rest = rest.dropFirst(size)
            }
            screen.happen(.completed(.agentMessage(text: text)))
            let view = TranscriptView(width: 80)
            var previous: TranscriptEntry?
            var found: [StyledLine] = []
            for entry in screen.state.entries.dropFirst(2) {
                found += view.lines(entry, after: previous)
                previous = entry
            }
            #expect(found == view.lines(.message(text)), "in pieces of \(size)")
        }
    }

    @Test func wordsOfABrokenAttemptAreVoid() {
        var screen = running()
        screen.happen(
            .live(.textDelta("First.\n\nSecond")),
            .live(.retrying(attempt: 1, of: 3, delayMilliseconds: 10, reason: "cut")), .live(.textDelta("Again.")),
            .completed(.agentMessage(text: "Again.")))
        #expect(
            screen.state.entries.suffix(3) == [
                .message("First.\n"),
                .note(.init(.warning, "The response broke off; what stands above of it is void.")),
                .message("Again."),
            ])
    }

    @Test func commandsAreNoPrompts() {
        var screen = ScreenFixture.ready()
        screen.type("/model gpt-8 ")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.command(.model, "gpt-8")])
        screen.type("/usr/bin is a path")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.submit("/usr/bin is a path")])
    }

    @Test func aCommandOfTheUsersOwnRunsByItself() {
        var screen = ScreenFixture.ready()
        screen.type("!git status")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.shell("git status")])
        screen.type("!again")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [] && screen.state.composer.prompt == "!again")
    }

    @Test func undoIsAskedOnceMore() {
        var screen = ScreenFixture.ready()
        screen.happen(.pick(Picker(.turn, title: "Take back", items: [.init(id: "4", title: "t4")], hasPreviews: true)))
        #expect(screen.takeActions() == [.preview(.turn, id: "4")])
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [])
        screen.press(.character("y"))
        #expect(screen.takeActions() == [.chosen(.turn, id: "4")])
    }

    @Test func aLongTranscriptOpensAtItsEndAndGoesBackToItsBeginning() {
        var screen = ScreenFixture.ready()
        screen.happen(.replaced((0..<3000).map { .message("entry \($0)") }))
        screen.press(.control("t"))
        #expect(screen.live.contains("  entry 2999"))
        screen.press(Key(.home))
        #expect(screen.live[1] == "  entry 0")
        screen.press(Key(.end))
        #expect(screen.live.contains("  entry 2999"))
    }

    @Test func idleScreensDoNotMove() {
        var screen = ScreenFixture.ready()
        #expect(!screen.state.isMoving)
        screen.type("go")
        screen.press(Key(.enter))
        #expect(screen.state.isMoving)
        screen.happen(.turnEnded(unheard: []))
        #expect(!screen.state.isMoving)
    }
}
