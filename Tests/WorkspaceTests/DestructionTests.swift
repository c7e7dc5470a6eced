import TestSupport
import Testing

@testable import Workspace

/// Ways in which an agent's commands destroy work. After undo everything is as it was.
@Suite struct DestructionTests {
    @Test(arguments: DestructionScripts.ways) func undoBringsEverythingBack(way: String) throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("destroy")
            try fixture.shell(way, mayFail: true)
            _ = try store.end(turn)
            // Another day, another process.
            let later = try fixture.store()
            let plan = try later.planUndo()
            #expect(plan.conflicts == [])
            #expect(try later.apply(plan) == [])
            let after = try fixture.picture()
            #expect(after.withoutObjects == before.withoutObjects)
            for (path, content) in before where path.contains(".git/objects") {
                #expect(after[path] == content, "\(path)")
            }
            try fixture.shell("git fsck --full --strict >/dev/null && git stash list && git status >/dev/null")
        }
    }

    @Test func whatIsHiddenInABuildFolderComesBack() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("hide")
            try fixture.shell("mv src node_modules")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            #expect(plan.conflicts == [])
            #expect(try store.apply(plan) == [])
            let after = try fixture.picture()
            #expect(after.filter { !$0.key.hasPrefix("node_modules") } == before)
            // It is not covered, so it is not deleted either.
            #expect(after["node_modules/main.c"] == before["src/main.c"])
            #expect(try store.omissions().map(\.path) == [Array("node_modules".utf8)])
        }
    }
}
