import Terminal
import Text
import Wire

/// Keys. What is in front takes them: the pager, a question, a list, and then the composer.
extension ScreenState {
    mutating func press(_ key: Key) -> [ScreenAction] {
        hint = nil
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
        let room = PagerView.room(height: height)
        defer { if self.pager != nil { self.pager = pager } }
        if pager.isSearching {
            switch key.code {
            case .enter: pager.endSearch()
            case .escape: pager.endSearch()
            case .backspace: pager.deleteBackward()
            case .character(let scalar) where key.modifiers.isEmpty: pager.type(scalar, room: room)
            default: break
            }
            return []
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
        case .pagerClose, .pagerCloseTranscript: self.pager = nil
        case .suspend: return [.suspend]
        default: break
        }
        return []
    }

    // MARK: - Questions

    private mutating func pressInSheet(_ key: Key) -> [ScreenAction] {
        guard var sheet = sheets.first else { return [] }
        let action = keymap.action(key, in: .approval, .global)
        if action == .openTranscript { return openTranscript() }
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
        if picker.isConfirming, key == .character("y") { return choose(picker) }
        switch keymap.action(key, in: .list) {
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
        default:
            switch (key.code, key.modifiers) {
            case (.backspace, _): picker.deleteBackward()
            case (.character(let scalar), []) where picker.purpose != .trust: picker.type(scalar)
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
