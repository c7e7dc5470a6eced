package import Wire

/// Finds in a last message the claims that can be put to the test.
///
/// It reads words, not meaning: a sentence that names tests, a build or a defect together with a word of success, and
/// without a word that takes it back (not, except, should, if, failing, ...). What it does not know it does not flag; so
/// a claim that it misses is never called proved either. English only.
package enum ClaimClassifier {
    /// Longer messages are read to here, in characters.
    static let limit = 20_000

    package static func claims(in message: String) -> [(kind: CompletionEvidence.Claim.Kind, text: String)] {
        var found: [(kind: CompletionEvidence.Claim.Kind, text: String)] = []
        for sentence in sentences(of: String(message.prefix(limit))) {
            guard let kind = kind(of: words(of: sentence)), !found.contains(where: { $0.kind == kind }) else {
                continue
            }
            found.append((kind, sentence))
        }
        return found
    }

    private static let tests: Set<String> = ["test", "tests", "suite", "specs", "spec", "pytest", "checks", "check"]
    private static let passing: Set<String> = [
        "pass", "passes", "passed", "passing", "green", "succeed", "succeeds", "succeeded", "successful",
        "successfully",
    ]
    private static let builds: Set<String> = ["build", "builds", "compiles", "compile", "compilation", "built"]
    private static let building: Set<String> = [
        "succeeds", "succeed", "succeeded", "successful", "successfully", "passes", "passed", "clean", "cleanly",
        "compiles",
        "fine", "works",
    ]
    private static let defects: Set<String> = [
        "bug", "bugs", "issue", "issues", "problem", "problems", "error", "errors", "defect", "crash", "crashes",
        "regression", "failure", "failures", "leak", "race", "deadlock", "typo", "vulnerability",
    ]
    private static let mending: Set<String> = [
        "fixed", "resolved", "solved", "repaired", "corrected", "fixes", "resolves",
    ]
    private static let pronouns: Set<String> = ["it", "this", "that", "them"]
    /// Words before a success that take it back, or put it off.
    private static let doubts: Set<String> = [
        "not", "no", "cannot", "cant", "couldnt", "didnt", "doesnt", "dont", "wont", "isnt", "arent", "wasnt", "havent",
        "unable", "without", "never", "should", "would", "could", "might", "may", "if", "once", "when", "until",
        "unless", "will", "please", "let", "lets", "sure", "ensure", "untested", "unverified", "expect", "expected",
        "need", "needs", "todo",
    ]
    /// Words that do so behind it.
    private static let conditions: Set<String> = ["if", "unless", "except", "once", "until", "not"]
    private static let failing: Set<String> = ["fail", "fails", "failed", "failing"]
    /// "no errors" and "without failures" speak for success, and so do "0 failed" and "no longer fails".
    private static let negatable: Set<String> = [
        "errors", "error", "failures", "failure", "warnings", "regressions", "issues", "longer",
    ]

    static func kind(of words: [String]) -> CompletionEvidence.Claim.Kind? {
        let clauses = words.split { ["but", "however", "although", "though"].contains($0) }
        return clauses.lazy.compactMap { claim(in: plain(Array($0))) }.first
    }

    private static func claim(in words: [String]) -> CompletionEvidence.Claim.Kind? {
        let set = Set(words)
        if !set.isDisjoint(with: tests), holds(words, passing, strictly: true) { return .testsPass }
        if !set.isDisjoint(with: builds), holds(words, building, strictly: true) { return .buildSucceeds }
        // "Fixed the bug", "I fixed it", and "Fixed." alone; what follows describes the defect.
        let mendsPronoun = zip(words, words.dropFirst()).contains { mending.contains($0) && pronouns.contains($1) }
        guard !set.isDisjoint(with: defects) || mendsPronoun || words.count <= 2 else { return nil }
        return holds(words, mending, strictly: false) ? .fixed : nil
    }

    /// Whether one of the words of success stands there and nothing takes it back.
    private static func holds(_ words: [String], _ success: Set<String>, strictly: Bool) -> Bool {
        guard let place = words.firstIndex(where: success.contains),
            Set(words[..<place]).isDisjoint(with: strictly ? doubts.union(failing) : doubts.subtracting(["when"]))
        else { return false }
        return !strictly || Set(words[place...]).isDisjoint(with: conditions.union(failing))
    }

    /// Without the negations of failure.
    private static func plain(_ words: [String]) -> [String] {
        var kept: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            let next = rest.first ?? ""
            if ["no", "without", "0", "zero"].contains(word), negatable.contains(next) || failing.contains(next) {
                rest = rest.dropFirst()
                if next == "longer", let third = rest.first, failing.contains(third) { rest = rest.dropFirst() }
                continue
            }
            kept.append(word)
        }
        return kept
    }

    /// Sentences and lines; code blocks are left out.
    private static func sentences(of message: String) -> [String] {
        var found: [String] = []
        var isCode = false
        for line in message.split(whereSeparator: \.isNewline) {
            if line.drop(while: \.isWhitespace).hasPrefix("```") {
                isCode.toggle()
                continue
            }
            guard !isCode else { continue }
            var sentence = ""
            var last: Character = " "
            for character in line {
                // A point within a word, such as a file's name, ends nothing.
                if character.isWhitespace, ".!?;".contains(last) {
                    found.append(sentence)
                    sentence = ""
                } else {
                    sentence.append(character)
                }
                last = character
            }
            found.append(sentence)
        }
        return found.map { String($0.drop { $0.isWhitespace || "-*#>•".contains($0) }.prefix(300)) }
            .filter { !$0.isEmpty && !$0.hasSuffix("?") }
    }

    private static func words(of sentence: String) -> [String] {
        sentence.lowercased().filter { $0 != "'" && $0 != "’" }
            .split { !$0.isLetter && !$0.isNumber }.map { String($0) }
    }
}
