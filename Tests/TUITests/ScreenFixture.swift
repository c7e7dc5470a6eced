import Basics
import Glibc
import TUI
import Terminal
import Testing
import Wire

/// A screen that things happen to, one a moment after the other.
struct ScreenFixture {
    private(set) var state: ScreenState
    private(set) var actions: [ScreenAction] = []
    private var time = Duration.zero

    init(width: Int = 80, height: Int = 24, isWhole: Bool = false) {
        state = ScreenState(width: width, height: height, isWhole: isWhole)
    }

    /// A screen with a session that takes prompts.
    static func ready(width: Int = 80, height: Int = 24, isWhole: Bool = false) -> ScreenFixture {
        var screen = ScreenFixture(width: width, height: height, isWhole: isWhole)
        screen.happen(.banner(facts), .ready(facts))
        return screen
    }

    static let facts = SessionFacts(
        version: "1.2.3", id: nil, cwd: "/home/ann/project", model: "gpt-9", provider: "openai",
        sandboxMode: .workspaceWrite, network: .off, approvals: "asks on-request", enforcement: "sandbox full",
        contextWindow: 200_000)

    mutating func happen(_ events: ScreenEvent...) { happen(events) }

    mutating func happen(_ events: [ScreenEvent]) {
        for event in events {
            time += .milliseconds(400)
            actions += state.update(event, at: time)
        }
    }

    mutating func press(_ keys: Key...) { for key in keys { happen(.input(.key(key))) } }

    /// Keys as fast as they come in one read.
    mutating func type(_ text: String) {
        for scalar in text.unicodeScalars {
            time += .milliseconds(1)
            actions += state.update(.input(.key(.character(scalar))), at: time)
        }
    }

    mutating func takeActions() -> [ScreenAction] {
        defer { actions = [] }
        return actions
    }

    mutating func forget(printed: Int) { state.forget(printed: printed) }

    mutating func wait(_ duration: Duration) { time += duration }

    /// The live area alone.
    var live: [String] { ScreenView(state).frame.lines.map { Self.right($0.text) } }

    /// What went into the scrollback, and the live area beneath it.
    var everything: [String] {
        let view = ScreenView(state)
        let above = view.isWhole ? [] : view.scrollback(state.firstShown..<state.entries.count)
        return (above.flatMap { $0.wrapped(to: state.width) } + view.frame.lines).map { Self.right($0.text) }
    }

    private static func right(_ text: String) -> String {
        var text = text
        while text.last == " " { text.removeLast() }
        return text
    }

    /// Compares with the kept screen. With `LOCKGATE_UPDATE_SCREENS=1` in the environment it is written instead.
    func expect(_ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let folder = PathText.parent(#filePath) + "/Screens"
        let path = "\(folder)/\(name)-\(state.width).txt"
        let text = everything.joined(separator: "\n") + "\n"
        #expect(
            everything.allSatisfy { DisplayWidth.of($0) <= state.width }, "a line is wider than the screen",
            sourceLocation: sourceLocation)
        if getenv("LOCKGATE_UPDATE_SCREENS") != nil {
            try PosixFile.makeDirectory(folder, mode: 0o755)
            try PosixFile.replace(path, with: Array(text.utf8), mode: 0o644)
        }
        let kept = (try? PosixFile.read(path, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        #expect(
            kept == text, "\(path) differs: look at it, then LOCKGATE_UPDATE_SCREENS=1 swift test --filter TUITests",
            sourceLocation: sourceLocation)
    }
}

extension ScreenEvent {
    static func started(_ item: ThreadItem) -> ScreenEvent { .thread(.itemStarted(item)) }
    static func completed(_ kind: ThreadItem.Kind, id: String = "item_0") -> ScreenEvent {
        .thread(.itemCompleted(ThreadItem(id: id, kind: kind)))
    }
}
