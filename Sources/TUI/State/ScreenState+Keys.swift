import Terminal
import Text
import Wire

/// Keys. What is in front takes them: the pager, a question, a list, and then the composer.
extension ScreenState {
    mutating func press(_ key: Key) -> [ScreenAction] {
        hint = nil
        if help != nil { return pressInHelp(key) }
        if transcript != nil { return pressInTranscript(key) }
        if pager != nil { return pressInPager(key) }
        if !sheets.isEmpty { return pressInSheet(key) }
        if !inquiries.isEmpty { return pressInInquiry(key) }
        if board != nil { return pressInBoard(key) }
        if picker != nil { return pressInPicker(key) }
        return pressInComposer(key)
    }

    mutating func take(_ paste: Paste) -> [ScreenAction] {
        if readsWhole || !sheets.isEmpty { return [] }
        if picker != nil {
            for scalar in paste.text.unicodeScalars.prefix(100) where scalar.value >= 0x20 { picker?.type(scalar) }
            return []
        }
        if !inquiries.isEmpty {
            inquiries[0].type(paste.text)
            return []
        }
        if let path = ImageFile.path(inPaste: paste.text) { return [.inspectImage(path: path, text: paste.text)] }
        composer.paste(paste)
        complete()
        return []
    }

    // MARK: - Pager

    private mutating func pressInPager(_ key: Key) -> [ScreenAction] {
        guard var pager else { return [] }
        self.pager = nil
        let (stays, actions) = press(key, in: &pager)
        if stays { self.pager = pager }
        return actions
    }

    private mutating func pressInHelp(_ key: Key) -> [ScreenAction] {
        guard var page = help else { return [] }
        help = nil
        let (stays, actions) = press(key, in: &page)
        if stays { help = page }
        // What is pressed to leave the list is no answer to what stood behind it.
        if !stays, !sheets.isEmpty { sheets[0].disturb(now: now) }
        return actions
    }

    /// - Returns: whether the page stays.
    private mutating func press(_ key: Key, in pager: inout Pager) -> (stays: Bool, [ScreenAction]) {
        let room = PagerView.room(height: height)
        if pager.isSearching {
            switch fieldKey(key) {
            case .accept, .cancel: pager.endSearch()
            case .delete: pager.deleteBackward()
            case .type(let scalar): pager.type(scalar, room: room)
            case .up, .down, .other: break
            }
            return (true, [])
        }
        switch keymap.action(key, in: .pager, .global) {
        case .pagerUp: pager.scroll(-1, room: room)
        case .pagerDown: pager.scroll(1, room: room)
        case .pagerPageUp: pager.scroll(-(room - 1), room: room)
        case .pagerPageDown: pager.scroll(room - 1, room: room)
        case .pagerHalfUp: pager.scroll(-room / 2, room: room)
        case .pagerHalfDown: pager.scroll(room / 2, room: room)
        case .pagerTop: pager.toTop()
        case .pagerBottom: pager.toEnd(room: room)
        case .pagerSearch: pager.beginSearch()
        case .pagerNext: pager.next(1, room: room)
        case .pagerPrevious: pager.next(-1, room: room)
        case .pagerShowKeys, .showKeysHere:
            // The list of keys is a page itself.
            if help == nil { showKeys(of: [.pager], "on a page", whole: false) }
        case .pagerClose, .pagerCloseTranscript: return (false, [])
        case .suspend: return (true, [.suspend])
        default: break
        }
        return (true, [])
    }

    /// What a key does in a line that narrows a list or searches a page.
    enum FieldKey { case accept, cancel, delete, up, down, type(Unicode.Scalar), other }

    func fieldKey(_ key: Key) -> FieldKey {
        switch keymap.action(key, in: .list, .editor) {
        case .listAccept: return .accept
        case .listCancel: return .cancel
        case .listUp: return .up
        case .listDown: return .down
        case .deleteBackward: return .delete
        default:
            guard case .character(let scalar) = key.code, key.modifiers.isEmpty || key.modifiers == .shift else {
                return .other
            }
            return .type(scalar)
        }
    }

    // MARK: - Questions

    private mutating func pressInSheet(_ key: Key) -> [ScreenAction] {
        guard var sheet = sheets.first else { return [] }
        let action = keymap.action(key, in: .approval, .global)
        if action == .openTranscript { return openTranscript() }
        if action == .approvalShowKeys || action == .showKeysHere { return showKeys(whole: false) }
        guard sheet.mayAnswer(now: now) else {
            sheets[0] = sheet
            return []
        }
        var answer: ApprovalAnswer?
        switch action {
        case .approvalUp: sheet.move(-1)
        case .approvalDown: sheet.move(1)
        case .approvalScrollUp: sheet.scroll(-5)
        case .approvalScrollDown: sheet.scroll(5)
        case .approvalAccept: answer = sheet.answer
        case .approvalApprove: answer = sheet.approval
        case .approvalDeny: answer = ApprovalAnswer(.deny)
        case .approvalAll: return answerAll()
        case .approvalCancel: answer = ApprovalAnswer(.abort)
        default:
            if case .character(let scalar) = key.code, key.modifiers.isEmpty {
                answer = sheet.choice(scalar).map(ApprovalSheet.answer)
            }
        }
        sheets[0] = sheet
        guard let answer else { return [] }
        sheets.removeFirst()
        beginNextSheet()
        return [.answer(id: sheet.request.id, answer)]
    }

    /// Approves the open question and those that wait for the same reason, each for this once.
    private mutating func answerAll() -> [ScreenAction] {
        let batch = sheetBatch
        guard batch.count > 1 else { return [] }
        let ids = Set(batch.map(\.request.id))
        sheets.removeAll { ids.contains($0.request.id) }
        beginNextSheet()
        return batch.map { .answer(id: $0.request.id, ApprovalAnswer(.approve(.once))) }
    }

    private mutating func beginNextSheet() {
        if let next = sheets.first { sheets[0] = ApprovalSheet(next.request, now: now) }
    }

    // MARK: - Lists

    private mutating func pressInPicker(_ key: Key) -> [ScreenAction] {
        guard var picker else { return [] }
        let before = picker.current?.id
        if picker.isConfirming, keymap.action(key, in: .confirm) == .confirmYes { return choose(picker) }
        switch keymap.action(key, in: .list, .global) {
        case .listAccept:
            if !needsConfirmation(picker) { return choose(picker) }
            picker.isConfirming = picker.current != nil
        case .listCancel:
            self.picker = nil
            return picker.purpose == .trust ? [.quit] : []
        case .listUp: picker.move(-1)
        case .listDown: picker.move(1)
        case .listPageUp: picker.move(-8)
        case .listPageDown: picker.move(8)
        case .showKeysHere: return showKeys(whole: false)
        default:
            switch fieldKey(key) {
            case .delete: picker.deleteBackward()
            case .type(let scalar) where picker.purpose != .trust: picker.type(scalar)
            default: break
            }
        }
        self.picker = picker
        guard picker.hasPreviews, let current = picker.current, current.id != before, picker.previews[current.id] == nil
        else { return [] }
        return [.preview(picker.purpose, id: current.id)]
    }

    private mutating func choose(_ picker: Picker) -> [ScreenAction] {
        guard let current = picker.current else { return [] }
        self.picker = nil
        switch picker.purpose {
        case .history:
            composer.editor.set(current.title)
            return []
        case .theme: theme = ColourTheme(rawValue: current.id) ?? theme
        default: break
        }
        return [.chosen(picker.purpose, id: current.id)]
    }

    /// What cannot be taken back by a key is asked once more.
    private func needsConfirmation(_ picker: Picker) -> Bool { picker.purpose == .turn || picker.purpose == .delete }
}
