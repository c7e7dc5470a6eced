import TestSupport
import Testing
import Wire

@testable import Workspace

/// Real keys of gpg and ssh, made for the test, and repositories that want something else.
@Suite(.timeLimit(.minutes(5))) struct CommitSigningTests {
    /// A repository in `work` with three commits, and a home with keys beside it.
    private struct Fixture {
        let folder: TemporaryFolder
        var work: String { folder.at("work") }

        var environment: [String: String] {
            ["HOME": folder.at("h"), "GNUPGHOME": folder.at("h/g"), "PATH": "/usr/local/bin:/usr/bin:/bin"]
        }

        init(_ folder: TemporaryFolder) throws {
            self.folder = folder
            for name in ["work", "h"] { try folder.makeFolder(name) }
            try shell(
                """
                git init -qb main; git config user.name T; git config user.email t@example.org
                for i in 1 2 3; do echo $i > a; git add a; git commit -qm "Work $i"; done
                """)
        }

        @discardableResult
        func shell(_ script: String) throws -> String {
            let variables = environment.map { "export \($0.key)='\($0.value)';" }.joined(separator: " ")
            let run = try OracleCommand.run(["sh", "-ec", "\(variables) cd work; \(script)"], in: folder)
            guard run.status == 0 else { throw TestFailure("\(script): \(run.errorText)") }
            return run.text
        }

        func makeSSHKey() throws {
            try shell(
                "ssh-keygen -q -t ed25519 -N '' -C t -f ../h/key; echo \"t@example.org $(cat ../h/key.pub)\" > ../h/signers"
            )
            try configure("[gpg]\n format = ssh\n[user]\n signingkey = ~/key\n email = t@example.org\n")
        }

        func configure(_ text: String) throws { try folder.write("h/.gitconfig", text) }

        func signing(since base: String? = "HEAD~2") throws -> CommitSigning {
            try CommitSigning(in: work, since: base, environment: environment)
        }

        /// Trees, authors, times and messages of all commits.
        func history() throws -> String { try shell("git log --format='%T %an %ae %ad %cn %ce %cd %B'") }
        func head() throws -> String { try shell("git rev-parse HEAD") }
    }

    private static func with(_ body: (Fixture) throws -> Void) throws {
        try TemporaryFolder.with { try body(try Fixture($0)) }
    }

    private static func code(_ body: () throws -> Void) -> LockgateError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? LockgateError)?.code
        }
    }

    @Test func commitsAreSignedWithAnSSHKeyAndNothingElseChanges() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            let (history, tip) = (try fixture.history(), try fixture.head())
            let signing = try fixture.signing()
            #expect(signing.items.map(\.subject) == ["Work 2", "Work 3"])
            #expect(try fixture.head() == tip)
            #expect(try signing.carryOut().count == 2)
            #expect(try fixture.history() == history)
            let verify = "git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile=../h/signers verify-commit HEAD HEAD~1"
            try fixture.shell(verify)
            #expect(
                try fixture.shell("git status --porcelain; git symbolic-ref HEAD; git fsck --no-dangling")
                    == "refs/heads/main\n")
            #expect(try fixture.shell("git cat-file commit HEAD~2 | grep -c gpgsig || true") == "0\n")
            #expect(try fixture.signing().items == [])
        }
    }

    @Test func commitsAreSignedWithAGPGKey() throws {
        try Self.with { fixture in
            try fixture.shell(
                """
                mkdir -m 700 ../h/g; gpg --batch --quiet --pinentry-mode loopback --passphrase '' \
                --quick-generate-key 'T <t@example.org>' ed25519 sign never 2>/dev/null
                """)
            defer { _ = try? fixture.shell("gpgconf --kill all") }
            try fixture.configure("[user]\n email = t@example.org\n")
            let history = try fixture.history()
            #expect(try fixture.signing().carryOut().count == 2)
            #expect(try fixture.history() == history)
            try fixture.shell("git verify-commit HEAD HEAD~1 2>/dev/null")
        }
    }

    @Test func aSignedCommitAboveAnUnsignedOneIsSignedAnew() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            _ = try fixture.signing(since: "HEAD~1").carryOut()
            #expect(try fixture.signing().items.map(\.subject) == ["Work 2", "Work 3"])
            _ = try fixture.signing().carryOut()
            try fixture.shell(
                "git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile=../h/signers verify-commit HEAD HEAD~1")
            #expect(try fixture.shell("git cat-file commit HEAD | grep -c gpgsig") == "1\n")
        }
    }

    @Test func aMergeKeepsBothParents() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell(
                "git checkout -qb side HEAD~1; echo > b; git add b; git commit -qm Side; git checkout -q main; git merge -qm Merge side"
            )
            let history = try fixture.history()
            #expect(try fixture.signing(since: "HEAD~2").carryOut().count == 3)
            #expect(try fixture.history() == history)
            #expect(try fixture.shell("git rev-list --count HEAD; git rev-list --merges --count HEAD") == "5\n1\n")
        }
    }

    // MARK: Attacks

    @Test func nothingThatTheRepositoryNamesIsRun() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell(
                """
                printf '#!/bin/sh\\necho ran >> %s/ran\\nexit 1\\n' "$HOME" > evil; chmod 755 evil; p=$PWD/evil
                for k in gpg.program gpg.ssh.program gpg.openpgp.program gpg.ssh.defaultKeyCommand core.fsmonitor core.editor \
                core.sshCommand core.pager; do git config $k "$p"; done
                git config gpg.format openpgp; git config user.signingkey nobody; git config user.email evil@example.org
                git config core.hooksPath "$PWD/hooks"; mkdir hooks
                for h in reference-transaction post-commit post-rewrite pre-commit; do cp evil hooks/$h; done
                """)
            #expect(try fixture.signing().carryOut().count == 2)
            #expect(try fixture.folder.text("h/ran") == nil)
            try fixture.shell(
                "rm -r hooks; git -c gpg.format=ssh -c gpg.ssh.program=ssh-keygen -c gpg.ssh.allowedSignersFile=../h/signers verify-commit HEAD"
            )
        }
    }

    @Test func aReplacedObjectIsNotWhatIsSigned() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell(
                "git replace HEAD $(git commit-tree 'HEAD^{tree}' -p HEAD~1 -m Harmless)")
            #expect(try fixture.signing().items.map(\.subject) == ["Work 2", "Work 3"])
        }
    }

    @Test(
        "configuration, program or key within the project is refused",
        arguments: ["configuration", "program", "key", "path"])
    func withinReach(_ what: String) throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            var environment = fixture.environment
            switch what {
            case "configuration":
                try fixture.folder.write("work/config", "[gpg]\n format = ssh\n")
                environment["GIT_CONFIG_GLOBAL"] = fixture.folder.at("work/config")
            case "program":
                try fixture.configure(
                    "[gpg]\n format = ssh\n[gpg \"ssh\"]\n program = \(fixture.work)/p\n[user]\n signingkey = ~/key\n email = t@example.org\n"
                )
                try fixture.shell("cp /bin/true p")
            case "key":
                try fixture.shell("mv ../h/key .; ln -s \"$PWD/key\" ../h/key")
            default:
                try fixture.shell("mkdir bin; cp /bin/true bin/ssh-keygen")
                environment["PATH"] = "\(fixture.work)/bin:/usr/bin:/bin"
            }
            let tip = try fixture.head()
            #expect(
                Self.code { _ = try CommitSigning(in: fixture.work, since: "HEAD~1", environment: environment) }
                    == "sign.in_reach")
            #expect(try fixture.head() == tip)
        }
    }

    @Test("a key that is an option is refused", arguments: ["-oProxyCommand=x", "--batch", "-"])
    func optionKey(_ key: String) throws {
        try Self.with { fixture in
            try fixture.configure("[user]\n email = t@example.org\n signingkey = \(key)\n")
            #expect(Self.code { _ = try fixture.signing() } == "sign.key")
        }
    }

    @Test func anotherPersonsCommitIsNotSigned() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell("git -c user.email=other@example.org commit -q --allow-empty -m Theirs")
            #expect(Self.code { _ = try fixture.signing() } == "sign.foreign")
        }
    }

    @Test func whatWasCommittedMeanwhileIsNotLost() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            let signing = try fixture.signing()
            try fixture.shell("git commit -q --allow-empty -m Later")
            let tip = try fixture.head()
            #expect(Self.code { _ = try signing.carryOut() } == "sign.moved")
            #expect(try fixture.head() == tip)
        }
    }

    @Test func withoutARemoteOrABaseNothingIsGuessed() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            #expect(Self.code { _ = try fixture.signing(since: nil) } == "sign.no_base")
            #expect(Self.code { _ = try fixture.signing(since: "--all") } == "sign.base")
            try fixture.shell("git update-ref refs/remotes/origin/main HEAD~1")
            #expect(try fixture.signing(since: nil).items.map(\.subject) == ["Work 3"])
        }
    }

    @Test func aProgramThatDoesNotSignLeavesEverythingAsItWas() throws {
        try Self.with { fixture in
            try fixture.folder.write("h/liar", "#!/bin/sh\necho not a signature\n")
            try fixture.shell("chmod 755 ../h/liar")
            try fixture.configure("[user]\n email = t@example.org\n[gpg]\n program = ~/liar\n")
            let tip = try fixture.head()
            #expect(Self.code { _ = try fixture.signing().carryOut() } == "sign.failed")
            #expect(try fixture.head() == tip)
        }
    }

    private static let verifyTags = "git -c gpg.format=ssh -c gpg.ssh.allowedSignersFile=../h/signers verify-tag"

    @Test func ownTagsOfTheseCommitsAreSignedAndFollowThem() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell(
                "git tag -a -m 'The first' v1 HEAD~1; git tag -am two v2; git tag light; git tag -am old v0 HEAD~2")
            let old = try fixture.shell("git rev-parse v0 light")
            let signing = try fixture.signing()
            #expect(
                signing.tags.map { "\($0.reference) \($0.subject)" } == ["refs/tags/v1 The first", "refs/tags/v2 two"])
            #expect(try signing.carryOut().count == 4)
            try fixture.shell("\(Self.verifyTags) v1 v2")
            #expect(
                try fixture.shell(
                    "git rev-parse v1^{} v2^{}; git tag -l --format='%(contents:subject) %(taggeremail)' v1")
                    == fixture.shell("git rev-parse HEAD~1 HEAD; echo 'The first <t@example.org>'"))
            #expect(try fixture.shell("git rev-parse v0 light") == old)
            #expect(try fixture.shell("git fsck --no-dangling") == "")
            #expect(try fixture.signing().tags == [])
        }
    }

    @Test func aTagIsSignedWhereItsCommitIsSignedAlready() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            _ = try fixture.signing().carryOut()
            try fixture.shell("git tag -am later v3")
            let signing = try fixture.signing()
            let head = try fixture.head()
            #expect(signing.items == [] && signing.tags.map(\.subject) == ["later"])
            _ = try signing.carryOut()
            try fixture.shell("\(Self.verifyTags) v3")
            #expect(try fixture.head() == head)
        }
    }

    @Test func tagsOfOthersSignedOnesAndThoseOfSentCommitsStay() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell(
                """
                git -c user.email=o@example.org tag -am other other
                git -c gpg.format=ssh -c user.signingkey=$HOME/key tag -s -m signed signed
                git tag -am nested inner; git tag -am outer outer inner
                git update-ref refs/tags/alias $(git rev-parse inner); git tag -d inner
                git update-ref refs/remotes/o/main HEAD~1; git tag -am sent sent HEAD~1
                """)
            let all = try fixture.shell("git for-each-ref refs/tags")
            let signing = try fixture.signing()
            #expect(signing.tags == [])
            _ = try signing.carryOut()
            #expect(try fixture.shell("git for-each-ref refs/tags") == all)
        }
    }

    @Test func nothingIsSignedWhereATagHasChanged() throws {
        try Self.with { fixture in
            try fixture.makeSSHKey()
            try fixture.shell("git tag -am one v1")
            let signing = try fixture.signing()
            try fixture.shell("git tag -fam two v1")
            let before = try fixture.shell("git for-each-ref")
            #expect(Self.code { _ = try signing.carryOut() } == "sign.moved")
            #expect(try fixture.shell("git for-each-ref") == before)
        }
    }

    @Test func everyPrefixAndChangedByteOfATagIsTakenApartOrRefused() {
        let text =
            "object \(String(repeating: "a", count: 40))\ntype commit\ntag v1\ntagger T <t@x> 1 +0000\n\nmessage\n"
        let whole = Array(text.utf8)
        #expect(TagObject(whole)?.payload(replacing: [:]) == whole)
        for end in whole.indices {
            #expect(TagObject(Array(whole[..<end])).map { $0.payload(replacing: [:]) == Array(whole[..<end]) } ?? true)
        }
        for at in whole.indices {
            for byte: UInt8 in [0, 0x0A, 0x20, 0x61, 0xFF] {
                var changed = whole
                changed[at] = byte
                #expect(TagObject(changed).map { $0.payload(replacing: [:]) == changed } ?? true)
            }
        }
    }
}
