import TestSupport
import Testing

@testable import Engine

@Suite struct ReviewReplyTests {
    private static let whole = Array(#"{"outcome": "allow", "risk_level": "low", "rationale": "it builds"}"#.utf8)

    @Test func everyPrefixIsNoReply() {
        #expect(ReviewReply(String(decoding: Self.whole, as: UTF8.self))?.allows == true)
        for length in Self.whole.indices {
            #expect(ReviewReply(String(decoding: Self.whole.prefix(length), as: UTF8.self)) == nil)
        }
    }

    @Test func aChangedByteNeverMakesAnotherAnswer() {
        var random = SeededGenerator(seed: 9)
        for _ in 0..<20_000 {
            var changed = Self.whole
            changed[random.pick(Array(changed.indices))] = UInt8.random(in: 0...255, using: &random)
            guard let reply = ReviewReply(String(decoding: changed, as: UTF8.self)) else { continue }
            #expect(reply.allows && reply.risk == "low")
        }
    }
}
