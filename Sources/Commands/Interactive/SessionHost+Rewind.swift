import Basics
import Journal
import TUI
import Terminal
import Wire
import Workspace

/// Going on from before an earlier message.
///
/// The conversation is forked there: a new session begins with what was said until then, and the one before stays as it
/// is, so that its journal only ever grows, its replay holds, and nothing that was said is lost.
extension SessionHost {
    private func earlierMessages() throws -> EarlierMessages? {
        guard let setup else { return nil }
        let store = SessionStore(home: setup.home)
        if let id { return try EarlierMessages(of: id, in: store) }
        // A fork has no journal of its own before its first prompt.
        guard case .fork(.session(let parent), let turn) = request.origin else { return nil }
        return try EarlierMessages(of: parent, through: turn, in: store)
    }

    func listMessages() throws {
        let messages = try earlierMessages()?.all ?? []
        guard !messages.isEmpty else {
            return post(.note(.init(.info, "There is no earlier message of yours to go back to.")))
        }
        let items = messages.reversed().map { message in
            Picker.Item(id: message.id, title: message.text, detail: message.time.map(LocalTime.text) ?? "")
        }
        post(.pick(Picker(.message, title: "Go back to before", items: Array(items), hasPreviews: true)))
    }

    func messagePreview(_ id: String) -> [StyledLine] {
        guard let message = try? earlierMessages()?.message(id) else { return [] }
        let words = EntryText.lines(TranscriptReader.tail(of: Array(message.records), count: 12).entries[...])
        guard let plan = plan(message) else { return words }
        return [StyledLine("files changed since then: \(plan.steps.count)", .dim)] + words
    }

    /// What would bring the files back to before a message; nil where nothing of it is in effect any more.
    private func plan(_ message: EarlierMessages.Message) -> RestorePlan? {
        guard let store = try? store() else { return nil }
        for turn in message.checkpoints {
            if let plan = try? store.planUndo(backTo: turn) { return plan.isEmpty ? nil : plan }
        }
        return nil
    }

    /// A message was chosen: asks about the files where any were changed since.
    func chooseMessage(_ id: String) async {
        guard let message = try? earlierMessages()?.message(id) else { return }
        guard let plan = plan(message) else { return await rewind("keep \(id)") }
        var picker = Picker(
            .rewind, title: "Files were changed since then. Take them back too?",
            items: [
                Picker.Item(id: "files \(id)", title: "Yes, the conversation and the files"),
                Picker.Item(id: "keep \(id)", title: "No, the conversation alone", detail: "files stay as they are"),
                Picker.Item(id: "cancel", title: "Cancel", detail: "everything stays"),
            ], hasPreviews: true)
        let lines = Self.lines(of: plan)
        picker.previews = [
            "files \(id)": lines, "keep \(id)": [StyledLine("no file is changed; /undo can do it later", .dim)],
            "cancel": [StyledLine("neither the conversation nor a file is changed", .dim)],
        ]
        post(.pick(picker))
    }

    /// - Parameter choice: `files` or `keep`, and the message.
    func rewind(_ choice: String) async {
        let parts = choice.split(separator: " ", maxSplits: 1).map(String.init)
        do {
            guard parts.count == 2, let message = try earlierMessages()?.message(parts[1]) else { return }
            let staged = open?.assembled.isStaged == true ? id : nil
            // The session's programs end before files are written, and the journal is whole before it is forked. Where
            // the files cannot be brought back the conversation stays as well.
            await close(reason: "other")
            let restored = try (parts[0] == "files" ? plan(message) : nil).map(carriedOut)
            await begin(.fork(.session(message.session), turn: message.turn - 1))
            if let restored { post(.note(restored)) }
            if let staged {
                post(.note(.init(.info, "What was staged waits in its own session: lockgate apply \(staged.text)")))
            }
            post(.edited(message.text))
        } catch {
            fail(error)
        }
    }
}
