/// A command line in its plainest spelling, read by a table of names.
///
/// The argument parser builds its whole tree of verbs by reflection before it looks at a word, which takes longer than
/// the rest of a start. Verbs that are started often read plain command lines themselves, and leave everything else
/// (help, abbreviations, joined values, mistakes) to the parser: nil here is never an error of its own.
struct PlainArguments {
    enum Token: Hashable {
        case word(String)
        case flag(String)
        case option(String, value: String)
    }

    private(set) var tokens: [Token] = []
    /// What stands after `--`; nil without it.
    private(set) var rest: [String]?

    /// - Parameters:
    ///   - flags: names without a value, with their dashes.
    ///   - options: names with one; `--name value` and `--name=value` are read.
    ///   - repeatable: those of the options that may come more than once.
    ///   - spellings: other spellings of names, whose first one the tokens have.
    init?(
        _ arguments: ArraySlice<String>, flags: Set<String>, options: Set<String>, repeatable: Set<String> = [],
        spellings: [String: String] = [:], takesRest: Bool = false
    ) {
        var arguments = arguments
        var seen: Set<String> = []
        while let word = arguments.popFirst() {
            guard word != "--" else {
                guard takesRest else { return nil }
                rest = Array(arguments)
                return
            }
            guard word.utf8.first == UInt8(ascii: "-"), word != "-" else {
                tokens.append(.word(word))
                continue
            }
            if flags.contains(word) {
                let flag = spellings[word] ?? word
                guard seen.insert(flag).inserted else { return nil }
                tokens.append(.flag(flag))
                continue
            }
            var name = word
            var value: String?
            if word.hasPrefix("--"), let equals = word.firstIndex(of: "=") {
                name = String(word[..<equals])
                value = String(word[word.index(after: equals)...])
            } else {
                value = arguments.popFirst()
                // What looks like an option may be a forgotten value.
                if let next = value, next.utf8.first == UInt8(ascii: "-") { return nil }
            }
            guard let value, !value.isEmpty, options.contains(name) else { return nil }
            // Two spellings of one option: which wins is the parser's to say.
            name = spellings[name] ?? name
            guard seen.insert(name).inserted || repeatable.contains(name) else { return nil }
            tokens.append(.option(name, value: value))
        }
    }
}
