import Basics
import Testing

@Suite struct JSONPlacesTests {
    @Test func membersAndElementsHaveTheirPlaces() throws {
        let places = try JSONPlaces(Array("{\"a\": [1, {\"b\": null}],\n \"c\\u0064\": {}}".utf8))
        #expect(
            places.offsets == [["a"]: 1, ["a", "0"]: 7, ["a", "1"]: 10, ["a", "1", "b"]: 11, ["cd"]: 25])
        #expect(places.repeated.isEmpty)
    }

    @Test func aNameThatStandsTwiceIsToldEachTime() throws {
        let places = try JSONPlaces(Array("{\"a\": 1, \"b\": {\"a\": 1}, \"a\": 2, \"\\u0061\": 3}".utf8))
        #expect(places.offsets[["a"]] == 1)
        #expect(places.repeated == [.init(path: ["a"], offset: 24), .init(path: ["a"], offset: 32)])
    }

    @Test(arguments: [
        "", "{", "{\"a\"", "{\"a\":", "{\"a\": 1,}", "[1,]", "[1 2]", "1 2", "{'a': 1}", "{\"a\" 1}", "tru",
        "[\"\\x\"]",
    ])
    func whatIsNoDocumentIsRefusedWithTheParsersError(_ text: String) {
        let expected = #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text) }
        let found = #expect(throws: JSONSyntaxError.self) { try JSONPlaces(Array(text.utf8)) }
        #expect(found == expected)
    }

    @Test func nestingIsBounded() {
        let deep = Array(repeating: UInt8(ascii: "["), count: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONPlaces(deep) }
    }
}
