import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Workspace

/// The tree is hostile: an agent wrote it, and may still be running.
@Suite struct RestoreAttackTests {
    @Test func aFolderThatBecameALinkIsNotWrittenThrough() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkdir d ../outside; echo 1 > d/f; echo outside > ../outside/f")
            let store = try fixture.store()
            let turn = try store.begin("attack")
            try fixture.shell("echo 2 > d/f")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            // Between preview and undo.
            try fixture.shell("rm -rf d; ln -s ../outside d")
            let conflicts = try store.apply(plan)
            #expect(conflicts.map(\.path) == [Array("d/f".utf8)])
            #expect(try fixture.folder.text("outside/f") == "outside\n")
            #expect(try fixture.folder.names("outside") == ["f"])
        }
    }

    @Test func anEditBetweenPreviewAndUndoSurvives() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("echo 1 > f; echo 1 > g")
            let store = try fixture.store()
            let turn = try store.begin("edit")
            try fixture.shell("echo 2 > f; echo 2 > g; echo 2 > h")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            try fixture.shell("echo mine > f; echo mine > h")
            #expect(try store.apply(plan).map(\.path.shownPath).sorted() == ["f", "h"])
            #expect(try ["f", "g", "h"].map { try fixture.text($0) } == ["mine\n", "1\n", "mine\n"])
        }
    }

    @Test func configurationAttributesAndHooksRunNothing() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.makeRepository()
            try fixture.shell(
                """
                touch ../ran.log && rm ../ran.log
                for key in core.fsmonitor core.hooksPath filter.x.clean filter.x.smudge diff.external core.pager; do
                  git config $key 'touch ../ran.log; cat'
                done
                printf '* filter=x text=auto eol=crlf ident diff=x\\n' > .gitattributes
                printf '#!/bin/sh\\ntouch ../ran.log\\n' > .git/hooks/post-index-change
                chmod 755 .git/hooks/post-index-change; printf 'a\\r\\nb\\n$Id$\\n' > mixed.txt
                """)
            let before = try fixture.picture()
            let store = try fixture.store()
            let turn = try store.begin("attack")
            try fixture.shell("rm -rf mixed.txt src .gitattributes")
            _ = try store.end(turn)
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.picture() == before)
            #expect(try fixture.folder.names().contains("ran.log") == false)
        }
    }

    @Test func namesAreBytes() throws {
        try WorkspaceFixture.with { fixture in
            let names: [[UInt8]] = [
                Array("new\nline".utf8), [0xFF, 0xFE], Array("-rf".utf8), Array("\u{1B}[31m".utf8), Array(" ".utf8),
                Array("a\\b".utf8), Array("\u{202E}x".utf8), [UInt8](repeating: 0x61, count: 255),
            ]
            for name in names {
                let path = Array(fixture.path.utf8) + [0x2F] + name
                close(open(path.cString, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600))
            }
            let before = try fixture.picture()
            #expect(before.count == names.count + 1)
            let store = try fixture.store()
            let turn = try store.begin("names")
            try fixture.shell("find . -type f -delete")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            #expect(try store.apply(plan) == [])
            #expect(try fixture.picture() == before)
            // What a preview prints cannot steer a terminal.
            #expect(plan.steps.allSatisfy { $0.path.shownPath.unicodeScalars.allSatisfy { $0.value >= 0x20 } })
        }
    }

    @Test func coveredFoldersCannotBeHidden() throws {
        try WorkspaceFixture.with { fixture in
            for script in ["mkdir src; echo 1 > src/f", "touch src/CACHEDIR.TAG", "rm src/f"] {
                // A process each: that the folder was covered is on disk.
                let store = try fixture.store()
                let turn = try store.begin(script)
                try fixture.shell(script)
                _ = try store.end(turn)
            }
            let store = try fixture.store()
            _ = try store.apply(try store.planUndo())
            #expect(try fixture.text("src/f") == "1\n")
        }
    }

    @Test func devicesAndPipesDoNotBlock() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.shell("mkfifo pipe; echo 1 > f")
            let store = try fixture.store()
            let turn = try store.begin("pipe")
            try fixture.shell("rm f; mkfifo f")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            #expect(plan.conflicts.map(\.reason) == ["not covered now"])
            _ = try store.apply(plan)
            #expect(try fixture.text("f.lockgate-undo") == "1\n")
        }
    }

    /// Without openat2 every folder would count as unreadable and a checkpoint would hold nothing.
    @Test(arguments: [ENOSYS, EPERM]) func aKernelWithoutOpenat2IsRefused(reason: Int32) throws {
        try WorkspaceFixture.with { fixture in
            let error = #expect(throws: SystemError.self) {
                try FolderHandle.root(fixture.path) { _, _, _, _, _ in -reason }
            }
            #expect(error == SystemError("openat2", fixture.path, errno: ENOSYS))
            let shown = LockgateError.workspace(try #require(error))
            #expect(shown.code == "workspace.kernel_too_old")
            #expect(shown.message == "There is no openat2, without which \(fixture.path) is not safe to read")
            #expect(shown.remedy?.contains("Linux 5.6") == true)
            _ = try FolderHandle.root(fixture.path)
        }
    }

    @Test func aDamagedStoreRestoresNothingWrong() throws {
        try WorkspaceFixture.with { fixture in
            try fixture.write("f", "precious\n")
            let store = try fixture.store()
            let turn = try store.begin("damage")
            try fixture.shell("rm f")
            _ = try store.end(turn)
            let plan = try store.planUndo()
            try fixture.folder.damage("precious", in: "home/workspaces")
            let problems = try fixture.store().apply(plan)
            #expect(problems.map(\.path) == [Array("f".utf8)])
            #expect(problems.first?.reason.contains("damaged") == true)
            #expect(try fixture.text("f") == nil)
        }
    }
}

extension TemporaryFolder {
    /// Overwrites a text wherever it occurs in the files below a folder.
    fileprivate func damage(_ text: String, in name: String) throws {
        let run = try OracleCommand.run(
            ["sh", "-c", "find \(name) -name data -exec sed -i 's/\(text)/\(String(text.reversed()))/' {} +"], in: self)
        guard run.status == 0 else { throw TestFailure(run.errorText) }
    }
}
