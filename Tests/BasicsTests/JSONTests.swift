import Basics
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        #"{"b":1,"a":[true,false,null,"x"],"c":{"d":-0.50e+3}}"#, #"[]"#, #"{}"#, #""\u0001\"\\\n""#, #"1e400"#,
        #"123456789012345678901234567890"#,
    ])
    func printingKeepsKeyOrderAndNumberText(_ text: String) throws {
        #expect(try JSONValue(parsing: text).text == text)
    }

    @Test(arguments: [
        (#""\ud83d\ude00\u00e9\/""#, "😀é/"), (#""\ud83d""#, "\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
        (#""\udc00x""#, "\u{FFFD}x"),
    ])
    func escapesDecode(_ text: String, _ expected: String) throws {
        #expect(try JSONValue(parsing: text) == .string(expected))
    }

    @Test(arguments: [
        "", " ", "{", "[1,]", "{\"a\":1,}", "{\"a\" 1}", "{a:1}", "01", "1.", "-", "+1", "tru", "nulll", "\"a",
        "\"\n\"",
        "\"\\x\"", "\"\\u12g4\"", "1 2", "[1 2]", "\u{FEFF}1",
    ])
    func malformedTextIsRefused(_ text: String) {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
    }

    @Test func invalidUTF8IsRefused() {
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xC3, 0x28, 0x22] as [UInt8]) }
    }

    @Test func nestingIsBounded() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONSyntaxError(offset: 256, reason: "nested deeper than 256")) { try JSONValue(parsing: deep) }
    }

    @Test func aRepeatedKeyKeepsItsLastValueAndFirstPlace() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
    }

    @Test func membersOfAnySizeKeepTheirPlaces() {
        for count in [0, 1, 15, 16, 17, 18, 40, 200] {
            let keys = (0..<count).map { "k\($0)" }
            let pairs = (keys + keys.reversed()).enumerated().map { ($1, JSONValue.int($0)) }
            let expected = keys.enumerated().map { "\"\($1)\":\(2 * count - 1 - $0)" }.joined(separator: ",")
            #expect(JSONValue.object(JSONObject(pairs)).text == "{\(expected)}")
        }
    }

    @Test func textsAreWrittenAroundWhatIsEscaped() {
        #expect(JSONValue.string("\"a\u{1}bc\\\n").text == #""\"a\u0001bc\\\n""#)
        #expect(JSONValue.string("").text == #""""#)
    }

    @Test func everyPrefixAndEveryChangedByteParsesOrThrows() throws {
        let bytes = Array(#"{"k":[1,-2.5e3,"é\n\u00e9"],"t":true}"#.utf8)
        for length in bytes.indices {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bytes[..<length]) }
        }
        for place in bytes.indices {
            for value in UInt8.min...UInt8.max {
                var changed = bytes
                changed[place] = value
                if let json = try? JSONValue(parsing: changed) { #expect(try JSONValue(parsing: json.bytes) == json) }
            }
        }
    }

    @Test func aPrefixDocumentSaysItsLength() throws {
        let found = try JSONParser.parsePrefix(Array(#"{"a":1} trailing"#.utf8))
        #expect(found.length == 7)
        #expect(found.value == ["a": 1])
    }
}

@Suite struct TimeAndIDTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (1_709_210_096_789, "2024-02-29T12:34:56.789Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
    func timesPrintAsRFC3339(_ milliseconds: Int, _ text: String) {
        #expect(WallTime(milliseconds: Int64(milliseconds)).rfc3339 == text)
    }

    @Test func idsAreVersionSevenAndSortByTime() throws {
        let early = SessionID(now: WallTime(milliseconds: 1_700_000_000_000))
        let late = SessionID(now: WallTime(milliseconds: 1_700_000_000_001))
        #expect(early.text < late.text)
        #expect(early.text.dropFirst(14).first == "7")
        #expect("89ab".contains(try #require(early.text.dropFirst(19).first)))
        #expect(SessionID(early.text) == early)
    }

    @Test(arguments: [
        "", "../../etc/passwd", "0190163d-8694-739b-aea5-966c26f8ad9/", "0190163D-8694-739B-AEA5-966C26F8AD90",
    ])
    func foreignTextIsNoID(_ text: String) {
        #expect(SessionID(text) == nil)
    }

    @Test(arguments: [
        ("a/../b", "/r/b"), ("/x/./y//z", "/x/y/z"), ("../../../q", "/q"), (".", "/r"),
    ])
    func pathsAreCleanedByName(_ path: String, _ expected: String) {
        #expect(PathText.absolute(path, from: "/r") == expected)
    }

    @Test func withinMeansBelowByWholeNames() {
        #expect(PathText.isWithin("/a/b", "/a"))
        #expect(PathText.isWithin("/a", "/a"))
        #expect(!PathText.isWithin("/ab", "/a"))
        #expect(PathText.relative("/a/b/c", to: "/a") == "b/c")
    }
}
