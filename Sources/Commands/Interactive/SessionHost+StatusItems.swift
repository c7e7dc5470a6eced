import Basics
import Config
import TUI
import Wire

/// `/statusline` and `/title`: what is shown, switched on and off at once and kept in the user's configuration.
extension SessionHost {
    private func preferences() throws -> ScreenPreferences {
        try ScreenPreferences(try loader().load(trust: .untrusted))
    }

    func chooseStatusItems(at id: String? = nil) throws {
        let shown = try preferences().statusItems
        let items = StatusItem.allCases.map { Self.item($0.rawValue, $0.summary, isShown: shown.contains($0)) }
        pick(.statusLine, "The line beneath the composer shows", items, at: id)
    }

    func chooseTitleItems(at id: String? = nil) throws {
        let shown = try preferences().titleItems
        let items = TitleItem.allCases.map { Self.item($0.rawValue, $0.summary, isShown: shown.contains($0)) }
        pick(.title, "The window's title shows", items, at: id)
    }

    private static func item(_ name: String, _ summary: String, isShown: Bool) -> Picker.Item {
        Picker.Item(id: name, title: "[\(isShown ? "x" : " ")] \(name)", detail: summary)
    }

    private func pick(_ purpose: Picker.Purpose, _ title: String, _ items: [Picker.Item], at id: String?) {
        var picker = Picker(purpose, title: title, items: items)
        picker.move(items.firstIndex { $0.id == id } ?? 0)
        post(.pick(picker))
    }

    func switchStatusItem(_ id: String) {
        do {
            var shown = Set(try preferences().statusItems)
            guard let item = StatusItem(rawValue: id) else { return }
            if shown.remove(item) == nil { shown.insert(item) }
            try keep("tui.status_line", StatusItem.allCases.filter(shown.contains).map(\.rawValue))
            try chooseStatusItems(at: id)
        } catch {
            fail(error)
        }
    }

    func switchTitleItem(_ id: String) {
        do {
            var shown = Set(try preferences().titleItems)
            guard let item = TitleItem(rawValue: id) else { return }
            if shown.remove(item) == nil { shown.insert(item) }
            try keep("tui.terminal_title", TitleItem.allCases.filter(shown.contains).map(\.rawValue))
            try chooseTitleItems(at: id)
        } catch {
            fail(error)
        }
    }

    private func keep(_ key: String, _ names: [String]) throws {
        let value = JSONValue.array(names.map(JSONValue.string))
        _ = try ConfigurationEditor(loader()).set(key, to: TOMLText.inline(value), in: .user)
        for event in try preferences().events { post(event) }
    }
}
