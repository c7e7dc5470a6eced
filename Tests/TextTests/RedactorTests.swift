import Basics
import TestSupport
import Testing

@testable import Text

@Suite struct RedactorTests {
    private let redactor = Redactor(scanner: SecretScanner()) { value in
        String(repeating: "0", count: 8)
            + String(value.reduce(UInt32(7)) { $0 &* 31 &+ UInt32($1) }, radix: 16).leftPadded
    }
    private static let token = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"

    @Test func aSecretBecomesAMarkThatTurnsBack() {
        let text = "a \(Self.token) b \(Self.token)\nDB_PASSWORD=hunter2hunter\n"
        let redacted = redactor.redacted(text)
        #expect(!redacted.contains("ghp_") && !redacted.contains("hunter2"))
        #expect(redacted.hasPrefix("a [redacted github-token "))
        #expect(redactor.restored(redacted) == text)
        #expect(Redactor.firstMark(in: redacted)?.hasPrefix("[redacted github-token ") == true)
    }

    @Test func whatIsRedactedStaysAsItIs() {
        for (text, _) in SecretScannerTests.secrets {
            let plain = text.replacing("«", with: "").replacing("»", with: "")
            let once = redactor.redacted(plain)
            #expect(once != plain)
            #expect(redactor.redacted(once) == once)
            #expect(redactor.restored(once) == plain)
        }
        #expect(redactor.redacted("nothing here") == "nothing here")
    }

    @Test func unknownMarksAndBrokenOnesStay() {
        for text in [
            "[redacted value 0123456789abcdef]", "[redacted ", "[redacted value 0123]", "[redacted x y z]",
            "[redacted value 0123456789ABCDEF]",
        ] { #expect(redactor.restored("a\(text)b") == "a\(text)b") }
        #expect(
            Redactor.firstMark(in: "x [redacted y [redacted value 0123456789abcdef]")
                == "[redacted value 0123456789abcdef]")
        #expect(Redactor.firstMark(in: "[redacted value 0123456789ABCDEF]") == nil)
    }

    @Test func everyTextOfAValueIsLookedAtButWhatGoesBackByteForByte() {
        let value: JSONValue = [
            "a": [.string(Self.token), 1], "blob": ["b": .string(Self.token)], "c": ["d": .string("x \(Self.token)")],
        ]
        let redacted = redactor.redacted(value)
        #expect(redacted["blob"] == value["blob"])
        #expect(redacted["a"]?.array?[1] == 1)
        #expect(
            redacted["c"]?["d"]?.string?.contains("ghp_") == false
                && redacted["a"]?.array?[0].string?.contains("ghp_") == false)
    }
}

extension String {
    fileprivate var leftPadded: String { String(repeating: "0", count: 8 - count) + self }
}
