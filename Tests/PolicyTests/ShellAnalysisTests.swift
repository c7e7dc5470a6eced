import Testing

@testable import Policy

@Suite struct ShellAnalysisTests {
    private func check(_ item: ShellCase) {
        let analysis = ShellAnalysis(argv: ["/bin/bash", "-c", item.script])
        let found = analysis.commands.filter { $0.role == .runs }.map { command in
            command.words.map { $0.text.map(ShellText.quoted) ?? "?" }.joined(separator: " ")
        }
        #expect(found == item.commands, "\(analysis)")
        #expect(analysis.isExact == item.isExact, "\(analysis)")
    }

    @Test(arguments: ShellCase.words) func wordsAreReadAsTheShellReadsThem(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.structure) func commandsAreFoundInEveryStructure(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.substitutions) func commandsAreFoundInSubstitutions(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.effects) func whatGoesBeyondTheArgumentsIsSeen(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.wrappers) func wrappersAreFollowed(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.git) func gitIsReadForWhatItStarts(_ item: ShellCase) { check(item) }
    @Test(arguments: ShellCase.bypasses) func knownBypassesAreSeen(_ item: ShellCase) { check(item) }

    @Test func theCasesAreMany() {
        let all = [
            ShellCase.words, ShellCase.structure, ShellCase.substitutions, ShellCase.effects, ShellCase.wrappers,
            ShellCase.git, ShellCase.bypasses,
        ].joined()
        #expect(all.count >= 150)
    }

    @Test func depthAndLengthAreBounded() {
        for script in [
            String(repeating: "(", count: 10_000), String(repeating: "$(", count: 10_000),
            String(repeating: "echo \"${x:-", count: 5_000), String(repeating: "! ", count: 10_000) + "a",
            String(repeating: "sudo ", count: 1_000) + "a", String(repeating: "a;", count: 200_000),
            String(repeating: "`", count: 9_999),
        ] {
            #expect(!ShellAnalysis(argv: ["bash", "-c", script]).isExact)
        }
    }
}
