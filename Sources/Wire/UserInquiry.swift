package import Basics

/// Questions of the agent to the person: about what to do, not about what may be done.
package struct UserInquiry: Sendable, Hashable {
    package struct Question: Sendable, Hashable {
        package struct Option: Sendable, Hashable {
            package var label: String
            package var detail: String

            package init(label: String, detail: String) {
                self.label = label
                self.detail = detail
            }
        }

        package var id: String
        package var text: String
        package var options: [Option]

        package init(id: String, text: String, options: [Option]) {
            self.id = id
            self.text = text
            self.options = options
        }
    }

    /// More are not asked at once.
    package static let limit = 3
    private static let optionLimit = 6

    package var id: String
    package var questions: [Question]

    package init(id: String, questions: [Question]) {
        self.id = id
        self.questions = questions
    }

    /// Reads a tool's arguments: `{questions: [{id, question, options: [{label, description}]}]}`.
    ///
    /// - Returns: nil for anything else, for none, and for more than may be asked.
    package init?(id: String, arguments: JSONObject) {
        let list = arguments["questions"]?.array ?? []
        guard (1...Self.limit).contains(list.count) else { return nil }
        var questions: [Question] = []
        for (number, value) in list.enumerated() {
            guard let text = value["question"]?.string, !text.isEmpty else { return nil }
            let options = (value["options"]?.array ?? []).prefix(Self.optionLimit).compactMap { option in
                option["label"]?.string.map {
                    Question.Option(label: $0, detail: option["description"]?.string ?? "")
                }
            }
            questions.append(Question(id: value["id"]?.string ?? "q\(number + 1)", text: text, options: options))
        }
        self.init(id: id, questions: questions)
    }
}

/// Who asks the person.
package protocol Inquirer: Sendable {
    /// - Returns: an answer for each question, in order; nil where the person gave none.
    func ask(_ inquiry: UserInquiry) async throws -> [String]?
}
