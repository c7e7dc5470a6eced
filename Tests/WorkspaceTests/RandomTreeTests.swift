import TestSupport
import Testing

@testable import Workspace

@Suite struct RandomTreeTests {
    private static let names = ["a", "b", "c", "d e", "é", ".x"]

    /// One random change as a shell command.
    private static func change(_ random: inout SeededGenerator) -> String {
        func path() -> String {
            (0..<Int.random(in: 1...3, using: &random)).map { _ in random.pick(names) }.joined(separator: "/")
        }
        let (one, two) = (path(), path())
        return switch Int.random(in: 0..<9, using: &random) {
        case 0, 1, 2: "mkdir -p \"$(dirname '\(one)')\"; echo \(random.next()) > '\(one)'"
        case 3: "rm -rf './\(one)'"
        case 4: "mkdir -p '\(one)'"
        case 5: "mv './\(one)' './\(two)'"
        case 6: "chmod \(random.pick(["600", "644", "755", "700", "4755"])) './\(one)'"
        case 7: "ln -s '\(two)' './\(one)'"
        default: "test -d './\(one)' || echo more >> './\(one)'"
        }
    }

    /// So many changes, whatever becomes of each.
    static func script(_ count: Int, _ random: inout SeededGenerator) -> String {
        (0..<count).map { _ in "(\(change(&random))) 2>/dev/null" }.joined(separator: "\n") + "\ntrue"
    }

    @Test(arguments: 1...12) func undoAndRedoAreExact(seed: UInt64) throws {
        try WorkspaceFixture.with { fixture in
            var random = SeededGenerator(seed: seed)
            func script() -> String { Self.script(25, &random) }
            try fixture.shell(script())
            var pictures = [try fixture.picture()]
            let store = try fixture.store()
            for _ in 0..<3 {
                let turn = try store.begin("random")
                try fixture.shell(script())
                _ = try store.end(turn)
                pictures.append(try fixture.picture())
            }
            for number in (0..<3).reversed() {
                let plan = try store.planUndo()
                #expect(plan.conflicts == [])
                #expect(try store.apply(plan) == [])
                #expect(try fixture.picture() == pictures[number])
            }
            for number in 1...3 {
                #expect(try store.apply(try store.planRedo()) == [])
                #expect(try fixture.picture() == pictures[number])
            }
            // The stat cache and a reading from scratch agree.
            let before = try store.begin("cached").before
            try fixture.folder.removeCache()
            #expect(try fixture.store().begin("afresh").before == before)
        }
    }
}

extension TemporaryFolder {
    fileprivate func removeCache() throws {
        let run = try OracleCommand.run(["find", "home", "-name", "cache", "-delete"], in: self)
        guard run.status == 0 else { throw TestFailure(run.errorText) }
    }
}
