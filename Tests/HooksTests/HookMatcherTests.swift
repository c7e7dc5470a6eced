import Hooks
import Testing

@Suite struct HookMatcherTests {
    static let cases: [(matcher: String, names: [String], matches: Bool)] = [
        ("", ["Bash"], true), ("*", ["Bash"], true), ("Bash", ["Bash"], true), ("Bash", ["BashOutput"], false),
        ("bash", ["Bash"], false), ("Edit|Write", ["apply_patch", "Edit", "Write"], true),
        ("Edit, Write", ["Write"], true), ("Edit", ["Bash", "exec_command"], false),
        // An expression is searched for; it is not anchored.
        ("mcp__.*", ["mcp__memory__read"], true), ("mcp__memory.*", ["mcp__files__read"], false),
        ("^Bash$", ["BashOutput"], false), ("Ba.h", ["xBashx"], true), ("(Edit|Bash)$", ["Bash"], true),
        ("mcp__*", ["mcp__x"], true),
    ]

    @Test(arguments: cases)
    func namesAreExactAndExpressionsAreSearched(_ matcher: String, _ names: [String], _ matches: Bool) throws {
        let read = try #require(HookMatcher(matcher))
        #expect(read.matches(names) == matches)
        #expect(read.matches(names) == matches)
    }

    @Test(arguments: ["(", "[a", "a{2,1}", "*x"])
    func whatIsNoExpressionIsNoMatcher(_ text: String) {
        #expect(HookMatcher(text) == nil)
    }
}
