package import Terminal
package import Wire

/// A whole screen with rows that can be looked into and acted on: what was staged, attempts, worktrees, hooks, sessions.
///
/// A board knows how it looks and what is chosen; what its rows mean is known to whoever made it.
package struct Board: Sendable, Hashable {
    package enum Subject: String, Sendable, Hashable {
        case attempts, worktrees, review, hooks, sessions, terminals, servers

        /// Where the keys of its commands are.
        var context: KeyAction.Context { KeyAction.Context(rawValue: rawValue) ?? .board }
    }

    package enum Tone: Sendable, Hashable { case plain, good, bad, warning, busy, dim }

    package struct Row: Sendable, Hashable {
        package var id: String
        package var title: String
        package var facts: [String]
        package var tone: Tone
        /// How deep in a tree.
        package var depth: Int
        /// Whether space marks it.
        package var canBeMarked: Bool

        package init(
            _ id: String, _ title: String, _ facts: [String] = [], tone: Tone = .plain, depth: Int = 0,
            canBeMarked: Bool = false
        ) {
            self.id = id
            self.title = title
            self.facts = facts
            self.tone = tone
            self.depth = depth
            self.canBeMarked = canBeMarked
        }
    }

    /// What can be done about a row, and how it is said at the bottom.
    package struct Command: Sendable, Hashable {
        package var action: KeyAction
        package var words: String

        package init(_ action: KeyAction, _ words: String) {
            self.action = action
            self.words = words
        }
    }

    /// What would happen, before it does.
    package struct Question: Sendable, Hashable {
        package var text: String
        package var preview: [StyledLine]
        /// What is said to whoever asked, when the answer is yes.
        package var command: KeyAction
        package var rows: [String]

        package init(_ text: String, preview: [StyledLine], command: KeyAction, rows: [String]) {
            self.text = text
            self.preview = preview
            self.command = command
            self.rows = rows
        }
    }

    package var subject: Subject
    package var title: String
    package var all: [Row]
    package var commands: [Command]
    /// Said where there is no row.
    package var emptyText: String
    /// Whether it changes by itself, so that it is asked for anew now and then.
    package var isLive: Bool
    /// Whether letters after `/` are looked for in more than the rows.
    package var searches: Bool

    package private(set) var rows: [Row]
    package private(set) var selected = 0
    package private(set) var marked: Set<String> = []
    package private(set) var filter = ""
    package private(set) var isFiltering = false
    package var details: [String: [StyledLine]] = [:]
    package private(set) var scroll = 0
    package var question: Question?
    /// What came of the last command.
    package var notice: String?

    package init(
        _ subject: Subject, title: String, rows: [Row], commands: [Command], emptyText: String, isLive: Bool = false,
        searches: Bool = false
    ) {
        self.subject = subject
        self.title = title
        self.commands = commands
        self.emptyText = emptyText
        self.isLive = isLive
        self.searches = searches
        all = rows
        self.rows = rows
    }

    package var current: Row? { rows.indices.contains(selected) ? rows[selected] : nil }

    /// What a command is about: the marked rows, or the chosen one.
    package var meant: [String] {
        let rows = all.filter { marked.contains($0.id) }.map(\.id)
        return rows.isEmpty ? current.map { [$0.id] } ?? [] : rows
    }

    /// Goes on where the board before it was.
    package mutating func takeOver(from old: Board) {
        guard old.subject == subject else { return }
        filter = old.filter
        isFiltering = old.isFiltering
        if !searches { narrow() }
        marked = old.marked.intersection(all.map(\.id))
        if let id = old.current?.id, let place = rows.firstIndex(where: { $0.id == id }) {
            selected = place
            if rows[place] == old.current {
                details[id] = old.details[id]
                scroll = old.scroll
            }
        } else {
            selected = max(0, min(old.selected, rows.count - 1))
        }
        if notice == nil { notice = old.notice }
    }

    package mutating func move(_ step: Int) {
        let place = max(0, min(rows.count - 1, selected + step))
        if place != selected { scroll = 0 }
        selected = max(0, place)
    }

    package mutating func scroll(_ step: Int) { scroll = max(0, scroll + step) }

    /// Keeps the scrolling within what there is.
    package mutating func limitScroll(_ limit: Int) { scroll = max(0, min(scroll, limit)) }

    package mutating func mark() {
        guard let current, current.canBeMarked else { return }
        if marked.remove(current.id) == nil { marked.insert(current.id) }
        move(1)
    }

    package mutating func beginFilter() {
        isFiltering = true
        filter = ""
        narrow()
    }

    package mutating func endFilter(keeps: Bool) {
        isFiltering = false
        guard !keeps else { return }
        filter = ""
        narrow()
    }

    package mutating func type(_ scalar: Unicode.Scalar) {
        filter.unicodeScalars.append(scalar)
        narrow()
    }

    package mutating func deleteBackward() {
        guard !filter.isEmpty else { return isFiltering = false }
        filter.removeLast()
        narrow()
    }

    private mutating func narrow() {
        let words = filter.lowercased().split(separator: " ")
        rows = all.filter { row in
            let text = ([row.title] + row.facts).joined(separator: " ").lowercased()
            return words.allSatisfy { text.contains($0) }
        }
        selected = max(0, min(selected, rows.count - 1))
        scroll = 0
    }
}

/// What a board wants of whoever made it.
package enum BoardRequest: Sendable, Hashable {
    case detail(row: String)
    /// Something is to be done about these rows; `isConfirmed` after its question was answered with yes.
    case command(KeyAction, rows: [String], isConfirmed: Bool)
    /// The same again, as things stand now.
    case refresh
    case search(String)
}
