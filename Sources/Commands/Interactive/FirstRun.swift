import Basics
import Config
import Models
import TUI
import Terminal
import Wire

/// What is asked before a session can begin: whether a folder's own settings count, and which model answers.
enum FirstRun {
    static let trust = "trust"
    static let lookOnly = "look"
    static let quit = "quit"
    static let local = "local"

    /// Nothing of the folder has been executed or obeyed when this is asked.
    static func trustQuestion(_ setup: SessionSetup) throws(LockgateError) -> Picker {
        let loader = ConfigurationLoader(home: setup.home, environment: setup.environment, workingDirectory: setup.cwd)
        let status = try ProjectTrust(loader).status()
        let count = status.review.content.items.count
        let brings =
            switch count {
            case 0: "nothing that it brings is executed"
            case 1: "one thing it brings would be executed"
            default: "\(count) things it brings would be executed"
            }
        var picker = Picker(
            .trust, title: "Do you trust \(status.project.root)?",
            items: [
                Picker.Item(
                    id: "\(trust) \(status.review.content.digest)", title: "Trust it",
                    detail: "the agent may write here; \(brings)"),
                Picker.Item(
                    id: lookOnly, title: "Look only",
                    detail: "changes wait until you apply them; nothing it brings is obeyed"),
                Picker.Item(id: quit, title: "Quit"),
            ], hasPreviews: count > 0)
        let review = TrustReview(status).text(all: true).split(separator: "\n", omittingEmptySubsequences: false)
        for item in picker.all { picker.previews[item.id] = review.map { StyledLine(String($0), .dim) } }
        return picker
    }

    /// A trusted folder whose executable content is another one by now.
    static let changedContentQuestion = Picker(
        .trust, title: "What this folder would execute has changed since you trusted it",
        items: [
            Picker.Item(id: "review", title: "Show it, and decide"),
            Picker.Item(
                id: lookOnly, title: "Look only",
                detail: "changes wait until you apply them; nothing it brings is obeyed"),
            Picker.Item(id: quit, title: "Quit"),
        ])

    static func modelQuestion(_ environment: [String: String]) -> Picker {
        let local = Picker.Item(
            id: local, title: "Use the local model \(ModelSelection.localModel)",
            detail: "free, offline, small; downloads 1.1 GB once")
        let keyed = Provider.presets.filter { preset in
            preset.envKey.map { !(environment[$0] ?? "").isEmpty } ?? false
        }
        let known = keyed.flatMap { provider in
            models(of: provider.id).map {
                Picker.Item(id: "\(provider.id)/\($0)", title: $0, detail: "via \(provider.name); its key is set")
            }
        }
        let other = Provider.presets.compactMap { preset in preset.envKey.map { "\(preset.name): \($0)" } }
        return Picker(
            .model, title: "No model yet. Which one answers?",
            items: known + [local]
                + [
                    Picker.Item(
                        id: quit, title: "Quit, to set a provider's key", detail: other.joined(separator: " · "))
                ])
    }

    /// Well-known models of a provider, the newest first.
    static func models(of provider: String) -> [String] {
        switch provider {
        case "openai": PriceTable.names(prefix: "gpt-").sorted(by: >).prefix(8).map(\.self)
        case "anthropic": PriceTable.names(prefix: "claude-").sorted(by: >).prefix(8).map(\.self)
        case "gemini": PriceTable.names(prefix: "gemini-").sorted(by: >).prefix(8).map(\.self)
        default: []
        }
    }
}
