import Basics

extension SessionTelemetry {
    /// A turn under way: its root, and what began in it and has not ended.
    struct Turn: Sendable, Hashable {
        /// A request to a model.
        struct Chat: Sendable, Hashable {
            var span: TelemetrySpan
            var model: String
        }

        /// A tool's call, or an item without one, as small models have them.
        struct Tool: Sendable, Hashable {
            var span: TelemetrySpan
            var callID: String?
        }

        /// A call that has begun no item yet.
        struct Call: Sendable, Hashable {
            var id: String
            var name: String
            var sequence: Int
            var time: WallTime
        }

        var root: TelemetrySpan
        let provider: String?
        /// Open requests by the item that they are for; empty for the turn's own.
        private var chats: [String: Chat] = [:]
        /// Those that were answered, until what they used is known.
        private var answered: [Chat] = []
        /// Open tools by their item.
        private var tools: [String: Tool] = [:]
        private var calls: [Call] = []
        private var inputTokens = 0
        private var outputTokens = 0

        init(root: TelemetrySpan, provider: String?) {
            self.root = root
            self.provider = provider
        }

        // MARK: - Records

        mutating func take(
            _ record: TelemetryRecord, _ ids: TelemetryIDs, _ metrics: inout TelemetryMetrics, _ output: inout Output
        ) {
            let item = record.payload["item_id"]?.string ?? ""
            switch record.type {
            case "effect.requested":
                if record.payload["effect"]?["kind"] == "model" {
                    let model = record.payload["effect"]?["model"]?.string ?? ""
                    settle(nil, &metrics, &output)
                    chats[item] = Chat(span: chatSpan(model, record, ids), model: model)
                } else {
                    let verdict = record.payload["verdict"]?["decision"]?.string
                    tools[item]?.span.attributes.set("lockgate.verdict.decision", verdict)
                    let answerer = record.payload["approval"]?["answered_by"]?.string
                    tools[item]?.span.attributes.set("lockgate.approval.answered_by", answerer)
                }
            case "effect.finished":
                let outcome = record.payload["outcome"]
                if var chat = chats.removeValue(forKey: item) {
                    chat.span.end = record.time
                    chat.span.attributes.set("gen_ai.response.id", outcome?["response_id"]?.string)
                    if outcome?["error"] != nil || outcome?["refused"] != nil {
                        chat.span.errorType = outcome?["failure"]?["kind"]?.string ?? "_OTHER"
                        emit(chat, &metrics, &output)
                    } else {
                        answered.append(chat)
                    }
                } else {
                    tools[item]?.span.attributes.set("lockgate.sandbox", outcome?["sandbox"]?.string)
                }
            case "model.response", "review.response":
                settle(record.payload["usage"], &metrics, &output)
            case "conversation": takeConversation(record, ids, &output)
            default: break
            }
        }

        private mutating func takeConversation(
            _ record: TelemetryRecord, _ ids: TelemetryIDs, _ output: inout Output
        ) {
            guard let id = record.payload["call_id"]?.string else { return }
            if record.payload["kind"] == "tool_call" {
                let name = Self.plainName(record.payload["name"]?.string ?? "")
                calls.append(Call(id: id, name: name, sequence: record.sequence, time: record.time))
            } else if let place = calls.firstIndex(where: { $0.id == id }) {
                // It came to no item: its arguments were wrong, or it shows none.
                let call = calls.remove(at: place)
                var span = toolSpan(call.name, call, ids, sequence: call.sequence, time: call.time)
                span.end = record.time
                if record.payload["is_error"] == true { span.errorType = "_OTHER" }
                output.spans.append(span)
            }
        }

        mutating func takeEvent(_ record: TelemetryRecord, _ ids: TelemetryIDs, _ output: inout Output) {
            let payload = record.payload
            guard let item = payload["item"], let id = item["id"]?.string else {
                if payload["type"] == "effect.denied", let id = payload["item_id"]?.string {
                    tools[id]?.span.attributes["lockgate.verdict.decision"] = .text("deny")
                }
                return
            }
            if payload["type"] == "item.started" {
                guard let names = Self.toolNames(item) else { return }
                let place = calls.firstIndex { names.contains($0.name) }
                let call = place.map { calls.remove(at: $0) }
                let span = toolSpan(
                    call?.name ?? names[0], call, ids, sequence: record.sequence, time: record.time)
                tools[id] = Tool(span: span, callID: call?.id)
            } else if payload["type"] == "item.completed", var tool = tools.removeValue(forKey: id) {
                tool.span.end = record.time
                tool.span.attributes.set("process.exit.code", item["exit_code"]?.int)
                if let status = item["status"]?.string, status != "completed" {
                    tool.span.errorType = item["reason_code"]?.string ?? status
                }
                output.spans.append(tool.span)
            }
        }

        /// A name as tools have them. What a model calls may be no tool at all but any text, and texts stay at home.
        private static func plainName(_ name: String) -> String {
            let isPlain = { (byte: UInt8) in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
            return name.utf8.count <= 64 && !name.isEmpty && name.utf8.allSatisfy(isPlain) ? name : "_OTHER"
        }

        /// The tools whose call an item may be of, the usual one first; nil for items that are no work.
        private static func toolNames(_ item: JSONValue) -> [String]? {
            switch item["type"]?.string {
            case "command_execution": ["exec_command", "write_stdin"]
            case "file_change": ["apply_patch", "write_file"]
            case "mcp_tool_call": [item["tool"]?.string ?? ""]
            default: nil
            }
        }

        // MARK: - Ends

        /// Ends everything that is open; what has no end of its own ends with the turn.
        mutating func closeAll(at time: WallTime, _ metrics: inout TelemetryMetrics, _ output: inout Output) {
            settle(nil, &metrics, &output)
            for (_, chat) in chats.sorted(by: { $0.key < $1.key }) {
                var chat = chat
                chat.span.end = time
                chat.span.errorType = "interrupted"
                emit(chat, &metrics, &output)
            }
            for (_, tool) in tools.sorted(by: { $0.key < $1.key }) {
                var span = tool.span
                span.end = time
                span.attributes["lockgate.unfinished"] = .bool(true)
                output.spans.append(span)
            }
            root.attributes.set("gen_ai.usage.input_tokens", inputTokens)
            root.attributes.set("gen_ai.usage.output_tokens", outputTokens)
        }

        /// Completes the answered requests, the last of them with what it used.
        private mutating func settle(
            _ usage: JSONValue?, _ metrics: inout TelemetryMetrics, _ output: inout Output
        ) {
            for (place, chat) in answered.enumerated() {
                var chat = chat
                if place == answered.count - 1, let usage {
                    let input = usage["input_tokens"]?.int ?? 0
                    let produced = usage["output_tokens"]?.int ?? 0
                    chat.span.attributes.set("gen_ai.usage.input_tokens", input)
                    chat.span.attributes.set("gen_ai.usage.output_tokens", produced)
                    inputTokens += input
                    outputTokens += produced
                    for (type, count) in [("input", input), ("output", produced)] {
                        var attributes = metricAttributes(chat)
                        attributes["gen_ai.token.type"] = .text(type)
                        metrics.countTokens(count, attributes)
                    }
                }
                emit(chat, &metrics, &output)
            }
            answered = []
        }

        private func emit(_ chat: Chat, _ metrics: inout TelemetryMetrics, _ output: inout Output) {
            var attributes = metricAttributes(chat)
            attributes.set("error.type", chat.span.errorType)
            let milliseconds = chat.span.end.milliseconds - chat.span.start.milliseconds
            metrics.countDuration(milliseconds: max(0, milliseconds), attributes)
            output.spans.append(chat.span)
        }

        // MARK: - Spans

        private func metricAttributes(_ chat: Chat) -> TelemetryAttributes {
            var attributes: TelemetryAttributes = ["gen_ai.operation.name": .text("chat")]
            attributes.set("gen_ai.provider.name", provider)
            attributes.set("gen_ai.request.model", chat.model)
            return attributes
        }

        private func chatSpan(_ model: String, _ record: TelemetryRecord, _ ids: TelemetryIDs) -> TelemetrySpan {
            var attributes: TelemetryAttributes = ["gen_ai.operation.name": .text("chat")]
            attributes.set("gen_ai.provider.name", provider)
            attributes.set("gen_ai.request.model", model)
            attributes["gen_ai.conversation.id"] = root.attributes["gen_ai.conversation.id"]
            return TelemetrySpan(
                trace: root.trace, id: ids.span(record.sequence, part: 1), parent: root.id, name: "chat \(model)",
                kind: .client, start: record.time, end: record.time, attributes: attributes)
        }

        private func toolSpan(
            _ name: String, _ call: Call?, _ ids: TelemetryIDs, sequence: Int, time: WallTime
        ) -> TelemetrySpan {
            var attributes: TelemetryAttributes = [
                "gen_ai.operation.name": .text("execute_tool"), "gen_ai.tool.name": .text(name),
                "gen_ai.tool.type": .text("function"),
            ]
            attributes.set("gen_ai.tool.call.id", call?.id)
            return TelemetrySpan(
                trace: root.trace, id: ids.span(sequence, part: 2), parent: root.id, name: "execute_tool \(name)",
                kind: .internal, start: time, end: time, attributes: attributes)
        }
    }
}
