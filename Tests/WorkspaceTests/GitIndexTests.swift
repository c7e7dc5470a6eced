import Basics
import TestSupport
import Testing

@testable import Workspace

/// An index written anew with other times says the same; everything else is told apart or not taken for an index.
@Suite struct GitIndexTests {
    private static func index(_ fixture: WorkspaceFixture, _ script: String) throws -> [UInt8] {
        try fixture.shell(script)
        return try #require(try fixture.folder.read("work/.git/index"))
    }

    @Test(arguments: [2, 3]) func timesDoNotCountAndContentDoes(version: Int) throws {
        try WorkspaceFixture.with { fixture in
            let first = try Self.index(
                fixture,
                """
                git init -q; for n in a ab abc abcd abcde abcdef abcdefg abcdefgh dir/long-name; do mkdir -p dir; echo $n > $n; done
                git add -A; \(version == 3 ? "git add -N . ; echo later > later; git add -N later" : "true")
                """)
            #expect(first[7] == UInt8(version))
            let again = try Self.index(fixture, "touch -d 2001-01-01 a ab dir/long-name; git status >/dev/null")
            #expect(first != again)
            let one = try #require(GitIndex(first))
            #expect(one == GitIndex(again))
            #expect(try one != GitIndex(Self.index(fixture, "chmod 755 ab; git add ab")))
            #expect(try GitIndex(again) != GitIndex(Self.index(fixture, "git rm -q --cached abc")))
        }
    }

    @Test func damageIsNoIndex() throws {
        try WorkspaceFixture.with { fixture in
            let bytes = try Self.index(fixture, "git init -q; for n in a b c; do echo $n > $n; done; git add -A")
            let whole = try #require(GitIndex(bytes))
            // Shorter by less than what follows the entries, such as the cached trees, it may still say the same.
            for count in bytes.indices {
                let cut = GitIndex(Array(bytes[..<count]))
                #expect(cut == nil || cut == whole)
            }
            for offset in bytes.indices {
                for mask: UInt8 in [1, 0x80, 0xFF] {
                    var changed = bytes
                    changed[offset] ^= mask
                    _ = GitIndex(changed)
                }
            }
            #expect(GitIndex([]) == nil)
            #expect(GitIndex(Array("DIRC".utf8) + [UInt8](repeating: 0xFF, count: 64)) == nil)
        }
    }
}
