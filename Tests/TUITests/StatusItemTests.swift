import TUI
import Terminal
import Testing
import Wire

@Suite struct StatusItemTests {
    private func line(_ items: [StatusItem], isReduced: Bool = false) -> String {
        var facts = ScreenFixture.facts
        facts.id = "0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee"
        facts.isReduced = isReduced
        var screen = ScreenFixture.ready(width: 120)
        screen.happen(.ready(facts), .shown(status: items, title: []))
        return screen.live.last ?? ""
    }

    @Test func theLineShowsWhatWasChosenInItsOwnOrder() {
        #expect(line([.keys, .model, .folder]) == "  /home/ann/project · gpt-9 · ? keys")
        #expect(line([.session]) == "  0199aaaa-bbbb-7ccc")
        #expect(line([]) == "")
    }

    @Test func lessEnforcementThanAllIsShownInAnyCase() {
        #expect(line([.model], isReduced: true) == "  gpt-9 · sandbox full")
    }

    @Test func theTitleSaysHowItStands() {
        var screen = ScreenFixture.ready()
        #expect(screen.state.windowTitle == nil)
        screen.happen(.shown(status: StatusItem.standard, title: [.project, .state]))
        #expect(screen.state.windowTitle == "ready · project")
        screen.happen(.submit("go"))
        #expect(screen.state.windowTitle == "working · project")
        screen.happen(.asked(SampleWork.request()))
        #expect(screen.state.windowTitle == "asks · project")
    }

    @Test func imagesGoWithThePromptTheyBelongTo() {
        var screen = ScreenFixture.ready()
        let (one, two) = (ImageFile(path: "/a.png", bytes: 1), ImageFile(path: "/b.png", bytes: 1))
        screen.happen(.submit("first"))
        _ = screen.takeActions()
        // The first waits for the turn's end, the second is said at once.
        screen.happen(.image(one))
        screen.type("later")
        screen.press(Key(.tab))
        #expect(screen.takeActions() == [])
        screen.happen(.image(two))
        screen.type("now")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.attach(two), .steer("\(two.label) now")])
        screen.happen(.turnEnded(unheard: []))
        #expect(screen.takeActions() == [.attach(one), .submit("\(one.label) later")])
    }
}
