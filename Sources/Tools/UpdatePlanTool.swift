import Basics
import Synchronization
package import Wire

/// `update_plan`: the agent's own list of steps, shown as one to-do list that changes.
package final class UpdatePlanTool: Tool {
    package let runsInParallel = false
    /// The item of the list, from its first version until all is done.
    private let item = Mutex<String?>(nil)

    package init() {}

    package let definition = ToolDefinition(
        name: "update_plan",
        description:
            "Shows the user your plan: short steps, each pending, in_progress or completed, one in progress at most.",
        kind: .function(parameters: [
            "type": "object",
            "properties": [
                "plan": [
                    "type": "array",
                    "items": [
                        "type": "object",
                        "properties": [
                            "step": ["type": "string"],
                            "status": ["type": "string", "enum": ["pending", "in_progress", "completed"]],
                        ],
                        "required": ["step", "status"], "additionalProperties": false,
                    ],
                ],
                "explanation": ["type": "string"],
            ],
            "required": ["plan"], "additionalProperties": false,
        ]))

    package func run(_ call: ToolCall, host: any ToolHost) async throws -> ToolResult {
        let steps = call.arguments?["plan"]?.array?.map { step -> ThreadItem.TodoEntry? in
            guard let text = step["step"]?.string, let status = step["status"]?.string else { return nil }
            return ThreadItem.TodoEntry(text: text, completed: status == "completed")
        }
        let entries = steps?.compactMap { $0 } ?? []
        guard let steps, entries.count == steps.count else {
            return call.answer("\"plan\" must be a list of objects with \"step\" and \"status\".", isError: true)
        }
        let id = item.withLock { $0 }
        if let id {
            try host.update(id, .todoList(entries))
        } else {
            let id = try host.begin(.todoList(entries))
            item.withLock { $0 = id }
        }
        if !entries.isEmpty, entries.allSatisfy(\.completed), let id = item.withLock({ $0 }) {
            try host.complete(id, .todoList(entries))
            item.withLock { $0 = nil }
        }
        return call.answer("Plan updated.")
    }
}
