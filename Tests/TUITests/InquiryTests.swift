import Basics
import Terminal
import Testing
import Wire

@testable import TUI

@Suite struct InquiryTests {
    private static let inquiry = UserInquiry(
        id: "c1",
        questions: [
            .init(
                id: "store", text: "Where should it be kept?",
                options: [.init(label: "SQLite", detail: "one file"), .init(label: "JSON", detail: "readable")]),
            .init(id: "name", text: "What is it called?", options: []),
        ])

    private func asked() -> ScreenFixture {
        var screen = ScreenFixture.ready()
        screen.happen(.inquiry(Self.inquiry))
        screen.wait(.seconds(1))
        return screen
    }

    @Test func answersAreGivenByNumberAndInWords() {
        var screen = asked()
        screen.type("2")
        screen.press(Key(.enter))
        screen.type("notes")
        screen.press(Key(.enter))
        #expect(screen.takeActions() == [.inquired(id: "c1", ["JSON", "notes"])])
        #expect(screen.state.inquiries.isEmpty)
    }

    @Test func escapeGivesNoAnswer() {
        var screen = asked()
        screen.press(Key(.escape))
        #expect(screen.takeActions() == [.inquired(id: "c1", nil)])
    }

    @Test func whatIsTypedForSomethingElseIsNoAnswer() {
        var screen = ScreenFixture.ready()
        screen.happen(.inquiry(Self.inquiry))
        screen.type("12\u{20}")
        #expect(screen.state.inquiries.first?.words == "" && screen.takeActions() == [])
    }

    @Test func emptyWordsAreNoAnswer() {
        var screen = asked()
        screen.press(Key(.enter), Key(.enter))
        #expect(screen.takeActions() == [] && screen.state.inquiries.first?.answers == ["SQLite"])
    }

    @Test func moreThanThreeAreNotAsked() throws {
        func inquiry(_ count: Int) throws -> UserInquiry? {
            let questions = (0..<count).map { _ in "{\"question\":\"q\",\"options\":[]}" }.joined(separator: ",")
            let arguments = try JSONValue(parsing: "{\"questions\":[\(questions)]}").object ?? [:]
            return UserInquiry(id: "x", arguments: arguments)
        }
        #expect(try [0, 1, 3, 4].map { try inquiry($0)?.questions.count } == [nil, 1, 3, nil])
    }

    @Test(arguments: [40, 80, 120, 200])
    func screens(width: Int) throws {
        var screen = ScreenFixture.ready(width: width)
        screen.happen(.inquiry(Self.inquiry))
        try screen.expect("inquiry")
    }

    @Test(arguments: [40, 80, 120, 200])
    func severalQuestionsOfOneKind(width: Int) throws {
        var screen = ScreenFixture.ready(width: width, height: 30)
        screen.happen(
            .asked(SampleWork.request("a")), .asked(SampleWork.change), .asked(SampleWork.request("b")))
        screen.wait(.seconds(1))
        screen.happen(.tick)
        try screen.expect("question-batch")
        screen.type("a")
        #expect(
            screen.takeActions() == [
                .answer(id: "a", ApprovalAnswer(.approve(.once))), .answer(id: "b", ApprovalAnswer(.approve(.once))),
            ])
        #expect(screen.state.sheets.map(\.request.id) == ["a2"])
    }

    @Test func oneAnswerIsNeverForAnotherRule() {
        var other = SampleWork.request("b")
        other.verdict.rule = "prefix_rule(npm)"
        var screen = ScreenFixture.ready()
        screen.happen(.asked(SampleWork.request("a")), .asked(other))
        screen.wait(.seconds(1))
        screen.type("a")
        #expect(screen.takeActions() == [])
        #expect(screen.state.sheets.count == 2)
    }

    @Test func oneThatComesMeanwhileIsNotAnsweredUnseen() {
        var screen = ScreenFixture.ready()
        screen.happen(.asked(SampleWork.request("a")), .asked(SampleWork.request("b")))
        screen.wait(.seconds(1))
        screen.happen(.asked(SampleWork.request("c")))
        screen.type("a")
        #expect(screen.takeActions() == [])
    }
}
