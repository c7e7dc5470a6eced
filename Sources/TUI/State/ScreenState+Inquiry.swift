import Terminal
import Wire

/// The agent's questions about what is wanted.
extension ScreenState {
    mutating func pressInInquiry(_ key: Key) -> [ScreenAction] {
        guard var sheet = inquiries.first else { return [] }
        let action = keymap.action(key, in: .list, .global)
        if action == .openTranscript { return openTranscript() }
        if action == .showKeysHere { return showKeys(whole: false) }
        guard sheet.isQuiet(now: now) else { return [] }
        switch action {
        case .listUp: sheet.move(-1)
        case .listDown: sheet.move(1)
        case .listAccept: sheet.accept()
        case .listCancel:
            inquiries.removeFirst()
            return [.inquired(id: sheet.inquiry.id, nil)]
        default:
            switch fieldKey(key) {
            case .delete: sheet.deleteBackward()
            case .type(let scalar): if !sheet.choose(scalar) { sheet.type(scalar) }
            default: break
            }
        }
        inquiries[0] = sheet
        guard let answers = sheet.result else { return [] }
        inquiries.removeFirst()
        for (question, answer) in zip(sheet.inquiry.questions, answers) {
            add(.note(.init(.info, question.text, details: ["you: \(answer)"])))
        }
        return [.inquired(id: sheet.inquiry.id, answers)]
    }
}
