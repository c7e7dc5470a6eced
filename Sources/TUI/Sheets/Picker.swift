package import Terminal
import Text

/// A list to choose from, narrowed by typing, with a preview of what is chosen.
package struct Picker: Sendable, Hashable {
    package struct Item: Sendable, Hashable {
        package var id: String
        package var title: String
        package var detail: String
        /// Whether it is what counts now.
        package var isCurrent: Bool

        package init(id: String, title: String, detail: String = "", isCurrent: Bool = false) {
            self.id = id
            self.title = title
            self.detail = detail
            self.isCurrent = isCurrent
        }
    }

    package enum Purpose: Sendable, Hashable {
        case turn, model, permissions, history, trust
        /// An earlier message of the person's, and what becomes of the files that were changed after it.
        case message, rewind
        /// What becomes of a plan; how the screen looks; whether a session goes for good.
        case plan, theme, delete
        /// What the status line and the window's title show, each switched on and off.
        case statusLine, title
        /// What of another program's comes over, and whether it is written.
        case importing, writing
    }

    package var purpose: Purpose
    package var title: String
    package private(set) var all: [Item]
    package private(set) var items: [Item]
    package private(set) var filter = ""
    package private(set) var selected = 0
    /// Lines about an item, by its id, as far as they were asked for.
    package var previews: [String: [StyledLine]] = [:]
    /// Whether items have previews at all.
    package var hasPreviews: Bool
    /// Whether a choice waits to be confirmed.
    package var isConfirming = false

    package init(_ purpose: Purpose, title: String, items: [Item], hasPreviews: Bool = false) {
        self.purpose = purpose
        self.title = title
        self.hasPreviews = hasPreviews
        all = items
        self.items = items
        selected = items.firstIndex(where: \.isCurrent) ?? 0
    }

    package var current: Item? { items.indices.contains(selected) ? items[selected] : nil }

    package mutating func move(_ step: Int) {
        guard !items.isEmpty else { return }
        selected = max(0, min(items.count - 1, selected + step))
        isConfirming = false
    }

    package mutating func type(_ scalar: Unicode.Scalar) {
        filter.unicodeScalars.append(scalar)
        narrow()
    }

    package mutating func deleteBackward() {
        guard !filter.isEmpty else { return }
        filter.removeLast()
        narrow()
    }

    private mutating func narrow() {
        isConfirming = false
        selected = 0
        let words = filter.lowercased().split(separator: " ")
        // Words in any order: titles are sentences, and fuzzy letters would match all of them.
        items = all.filter { item in
            let text = "\(item.title) \(item.detail)".lowercased()
            return words.allSatisfy { text.contains($0) }
        }
    }
}
