package import Wire

/// The agent's questions, one after the other, with the answers so far.
package struct InquirySheet: Sendable, Hashable {
    package let inquiry: UserInquiry
    package private(set) var answers: [String] = []
    /// The option that is chosen; the one after the last is the person's own words.
    package private(set) var selected = 0
    package private(set) var words = ""
    private let began: Duration
    /// What is typed for something else must not answer.
    private static let quiet = Duration.milliseconds(350)
    private static let wordLimit = 4000

    package init(_ inquiry: UserInquiry, now: Duration) {
        self.inquiry = inquiry
        began = now
    }

    package var question: UserInquiry.Question? {
        inquiry.questions.indices.contains(answers.count) ? inquiry.questions[answers.count] : nil
    }

    func isQuiet(now: Duration) -> Bool { now - began >= Self.quiet }

    var isInWords: Bool { selected == question?.options.count ?? 0 }

    mutating func move(_ step: Int) { selected = max(0, min(question?.options.count ?? 0, selected + step)) }

    mutating func type(_ scalar: Unicode.Scalar) {
        guard words.utf8.count < Self.wordLimit else { return }
        selected = question?.options.count ?? 0
        words.unicodeScalars.append(scalar)
    }

    mutating func type(_ text: String) { for scalar in text.unicodeScalars where scalar.value >= 0x20 { type(scalar) } }

    mutating func deleteBackward() { if isInWords, !words.isEmpty { words.removeLast() } }

    /// Chooses an option by its number, while nothing is written; false where there is none.
    mutating func choose(_ scalar: Unicode.Scalar) -> Bool {
        guard words.isEmpty, let options = question?.options, (0x31...0x39).contains(scalar.value) else { return false }
        let index = Int(scalar.value) - 0x31
        guard options.indices.contains(index) else { return false }
        selected = index
        return true
    }

    /// Takes the answer that stands; nothing where there are no words for one in words.
    mutating func accept() {
        guard let question else { return }
        let answer = isInWords ? words : question.options[selected].label
        guard answer.contains(where: { !$0.isWhitespace }) else { return }
        answers.append(answer)
        selected = 0
        words = ""
    }

    /// All answers, once there are all.
    var result: [String]? { answers.count == inquiry.questions.count ? answers : nil }
}
