/// A dotted key as a list of names, with TOML's own quoting in its printed form.
enum DottedKey {
    /// `projects."/srv/a.b".trust_level`: bare where TOML allows it, quoted elsewhere.
    static func join(_ path: some Sequence<String>) -> String {
        var text = ""
        for name in path {
            if !text.isEmpty { text += "." }
            text += quoted(name)
        }
        return text
    }

    /// The names of a dotted key; nil when the text is not one.
    static func split(_ text: String) -> [String]? { TOMLReader.splitKey(text) }

    private static func quoted(_ name: String) -> String {
        !name.isEmpty && name.utf8.allSatisfy(\.isBareKey) ? name : TOMLText.quoted(name)
    }
}
