import Basics
package import Wire

/// `request_user_input`: asks the person up to three questions. Only offered where a person is there, in plan mode.
package struct RequestUserInputTool: Tool {
    package let runsInParallel = false
    private let inquirer: any Inquirer

    package init(_ inquirer: any Inquirer) { self.inquirer = inquirer }

    package let definition = ToolDefinition(
        name: "request_user_input",
        description:
            "Asks the user one to three short questions and waits for the answers. Give two or three options each, the one you recommend first; the user can also answer in words.",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "questions": [
                    "type": "array", "minItems": 1, "maxItems": 3,
                    "items": [
                        "type": "object",
                        "properties": [
                            "id": ["type": "string"], "question": ["type": "string"],
                            "options": [
                                "type": "array",
                                "items": [
                                    "type": "object",
                                    "properties": ["label": ["type": "string"], "description": ["type": "string"]],
                                    "required": ["label", "description"], "additionalProperties": false,
                                ],
                            ],
                        ],
                        "required": ["id", "question", "options"], "additionalProperties": false,
                    ],
                ]
            ],
            "required": ["questions"], "additionalProperties": false,
        ]))

    package func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        guard let arguments = call.arguments, let inquiry = UserInquiry(id: call.id, arguments: arguments) else {
            return call.answer(
                "\"questions\" must be a list of one to three objects with \"id\", \"question\" and \"options\".",
                isError: true)
        }
        var item = ThreadItem.BuiltInToolCall(tool: call.name, arguments: .object(arguments), status: .inProgress)
        let id = try host.begin(.toolCall(item))
        let answers: [String]?
        do {
            answers = try await inquirer.ask(inquiry)
        } catch {
            item.status = .failed
            item.error = "interrupted"
            try host.complete(id, .toolCall(item))
            throw error
        }
        item.status = .completed
        let text: String
        if let answers {
            var object: JSONObject = [:]
            for (question, answer) in zip(inquiry.questions, answers) { object[question.id] = .string(answer) }
            text = JSONValue.object(["answers": .object(object)]).text
        } else {
            text = "The user gave no answer. Go on with what you would recommend, and name it in the plan."
        }
        item.result = text
        try host.complete(id, .toolCall(item))
        return call.answer(text)
    }
}
