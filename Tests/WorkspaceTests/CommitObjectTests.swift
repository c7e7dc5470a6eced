import Testing

@testable import Workspace

@Suite struct CommitObjectTests {
    private static let tree = String(repeating: "a", count: 40)
    private static let parent = String(repeating: "b", count: 40)
    static let text = """
        tree \(tree)
        parent \(parent)
        author A U Thor <a@example.org> 1700000000 +0100
        committer C O Mitter <c@example.org> 1700000001 +0000
        encoding UTF-8

        Subject

        body

        """
    private static let signature = Array("-----BEGIN PGP SIGNATURE-----\n\nabc\n-----END PGP SIGNATURE-----\n".utf8)

    @Test func isReadAndWrittenAsItIs() throws {
        let commit = try #require(CommitObject(Array(Self.text.utf8)))
        #expect(commit.tree == Self.tree)
        #expect(commit.parents == [Self.parent])
        #expect(commit.committerEmail == "c@example.org")
        #expect(commit.subject == "Subject")
        #expect(!commit.isSigned)
        #expect(commit.payload(replacing: [:]) == Array(Self.text.utf8))
    }

    @Test func aSignatureIsTheLastHeaderAndNoPartOfThePayload() throws {
        let signed = try #require(
            CommitObject.signed(Array(Self.text.utf8), with: Self.signature, format: "sha1"))
        let header = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"
        let at = try #require(Self.text.range(of: "encoding UTF-8\n")?.upperBound)
        #expect(String(decoding: signed, as: UTF8.self) == Self.text[..<at] + header + Self.text[at...])
        let commit = try #require(CommitObject(signed))
        #expect(commit.isSigned)
        #expect(commit.payload(replacing: [:]) == Array(Self.text.utf8))
    }

    @Test func aReplacedParentIsTheOnlyChange() throws {
        let commit = try #require(CommitObject(Array(Self.text.utf8)))
        let other = String(repeating: "c", count: 40)
        let payload = String(decoding: commit.payload(replacing: [Self.parent: other]), as: UTF8.self)
        #expect(payload == Self.text.split(separator: Self.parent).joined(separator: other))
    }

    static let foreignTexts: [String] = [
        "", "\n", "hello", "tree \(tree)\n\n", "object \(tree)\ntype commit\ntag v1\ntagger A <a> 1 +0\n\nx",
        text + "\0", "tree " + text, "parent \(parent)\n" + text,
        text.split(separator: "committer").joined(separator: "tree \(tree)\ncommitter"),
        text.split(separator: "encoding").joined(separator: "parent \(parent)\nencoding"),
        text.split(separator: "UTF-8").joined(separator: "UTF\0-8"),
        text.split(separator: tree).joined(separator: "HEAD"),
        text.split(separator: "1700000001").joined(separator: "now"), " " + text,
    ]

    @Test("what is no commit is not taken for one", arguments: foreignTexts)
    func foreign(_ text: String) {
        // A message may hold anything; everything before it may not.
        let isOnlyMessage = text == Self.text + "\0"
        #expect((CommitObject(Array(text.utf8)) == nil) == !isOnlyMessage)
    }

    @Test func everyPrefixIsRefusedUntilTheMessageBegins() throws {
        let bytes = Array(Self.text.utf8)
        let message = try #require(Self.text.range(of: "\n\n")?.upperBound).utf16Offset(in: Self.text)
        for end in 0..<bytes.count { #expect((CommitObject(Array(bytes[..<end])) == nil) == (end < message), "\(end)") }
    }

    @Test func aHugeOneIsRefused() {
        let bytes = Array(Self.text.utf8) + [UInt8](repeating: 0x61, count: CommitObject.largest)
        #expect(CommitObject(bytes) == nil)
    }
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        var at = startIndex
        while at < endIndex {
            if self[at...].hasPrefix(part) { return at..<index(at, offsetBy: part.count) }
            at = index(after: at)
        }
        return nil
    }

    fileprivate func split(separator: String) -> [String] {
        guard let found = range(of: separator) else { return [self] }
        return [String(self[..<found.lowerBound]), String(self[found.upperBound...])]
    }
}
