import Wire

/// Which result answers which call in a conversation.
///
/// Every provider refuses a history with an unanswered call or an answer to nothing, and some give the same call id
/// to calls of different turns. So a result belongs to the nearest earlier unanswered call with its id.
struct ConversationPairing {
    /// The text that stands for the result of a call that never got one.
    static let abortedText = "aborted"

    private var resultByCall: [Int: Int] = [:]
    private var callByResult: [Int: Int] = [:]

    init(_ items: [ConversationItem]) {
        var open: [String: [Int]] = [:]
        for (index, item) in items.enumerated() {
            switch item.content {
            case .toolCall(let call):
                open[call.id, default: []].append(index)
            case .toolResult(let result):
                guard let call = open[result.callID]?.popLast() else { continue }
                resultByCall[call] = index
                callByResult[index] = call
            default:
                continue
            }
        }
    }

    /// The place of the result that answers the call at this place.
    func result(ofCallAt index: Int) -> Int? { resultByCall[index] }

    /// The place of the call that the result at this place answers; nil for a result without a call, which is left
    /// out of requests.
    func call(ofResultAt index: Int) -> Int? { callByResult[index] }

    /// The result of the call at this place; the synthetic one where there is none.
    func answer(toCallAt index: Int, in items: [ConversationItem]) -> ToolResult {
        if let place = resultByCall[index], case .toolResult(let result) = items[place].content { return result }
        guard case .toolCall(let call) = items[index].content else { return ToolResult(callID: "", parts: []) }
        return ToolResult(callID: call.id, parts: [.text(Self.abortedText)], isError: true)
    }
}
