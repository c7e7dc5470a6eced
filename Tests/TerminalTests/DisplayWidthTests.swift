import Basics
import TestSupport
import Testing

@testable import Terminal

@Suite struct DisplayWidthTests {
    @Test(arguments: [
        ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("漢字", 4), ("ｆｕｌｌ", 8), ("한국", 4),
        ("\u{1112}\u{1161}\u{11AB}", 2),
        ("👍", 2), ("👍🏽", 2), ("❤", 1), ("❤\u{FE0F}", 2), ("👩‍👩‍👧‍👦", 2), ("🏳️‍🌈", 2), ("🇩🇪", 2), ("1️⃣", 2), ("ก็", 1),
        ("กำ", 2), ("क्ष", 2), ("→", 1), ("│", 1), ("…", 1), ("½", 1), ("\u{AD}", 1),
    ])
    func columns(text: String, width: Int) {
        #expect(DisplayWidth.of(text) == width)
    }

    /// Another reading of the same rule by another program: every code point, one by one.
    private static let oracle = """
        import sys, unicodedata as u
        def w(c):
            x = chr(c)
            if 0x1160 <= c <= 0x11FF or 0xD7B0 <= c <= 0xD7FF: return 0
            if c == 0 or (c != 0xAD and (u.category(x) in ("Mn", "Me") or u.category(x) == "Cf")): return 0
            if u.east_asian_width(x) in ("W", "F"): return 2
            return 1
        out = bytearray()
        for c in range(0x110000):
            if 0xD800 <= c <= 0xDFFF or u.category(chr(c)) in ("Cn", "Cc"): out.append(57)
            else: out.append(48 + w(c))
        sys.stdout.write(u.unidata_version + "\\n")
        sys.stdout.buffer.flush(); sys.stdout.flush()
        sys.stdout.buffer.write(bytes(out))
        """

    @Test func agreesWithPythonOnEveryCodePoint() throws {
        let output = try TemporaryFolder.with { try OracleCommand.run(["python3", "-c", Self.oracle], in: $0).output }
        let end = try #require(output.firstIndex(of: UInt8(ascii: "\n")))
        let widths = output[(end + 1)...]
        try #require(widths.count == 0x110000)
        var differences: [String] = []
        for (code, expected) in widths.enumerated() where expected != 57 {
            guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else { continue }
            let width = DisplayWidth.of(scalar)
            if width != Int(expected) - 48 { differences.append("\(String(code, radix: 16)): \(width)") }
        }
        // Another version of Unicode knows other characters; a few hundred come with each.
        let isSame = String(decoding: output[..<end], as: UTF8.self) == DisplayWidthTable.unicode
        #expect(isSame ? differences.isEmpty : differences.count < 2000, "\(differences.prefix(20))")
    }

    @Test func theTableIsWhatItsGeneratorWrites() throws {
        let root = PathText.parent(PathText.parent(PathText.parent(#filePath)))
        let check = """
            import runpy, sys, unicodedata
            sys.argv = ["width-table.py", "--check"]
            if unicodedata.unidata_version != "\(DisplayWidthTable.unicode)": sys.exit(0)
            runpy.run_path("\(root)/scripts/width-table.py", run_name="__main__")
            """
        let run = try TemporaryFolder.with { try OracleCommand.run(["python3", "-c", check], in: $0) }
        #expect(run.status == 0, "run scripts/width-table.py")
    }
}
