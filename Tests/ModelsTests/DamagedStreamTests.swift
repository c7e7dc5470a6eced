import TestSupport
import Testing
import Wire

@testable import Models

/// Streams that were damaged on the way, at random but reproducibly.
@Suite struct DamagedStreamTests {
    private static let files: [(String, WireDialect)] = [
        ("chat-parallel", .chat), ("chat-reasoning-details", .chat), ("chat-fenced-call", .chat),
        ("responses-reasoning-and-calls", .responses), ("messages-thinking-and-calls", .messages),
    ]

    @Test(arguments: files) func `never trap, and end as an answer or a failure`(
        _ file: String, _ dialect: WireDialect
    ) throws {
        let good = try StreamFile.bytes(file)
        let codec = labProvider(dialect).codec(profile: .unknown)
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: at)
                case 2: bytes.removeSubrange(at..<min(bytes.count, at + 40))
                default: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 40)], at: at)
                }
                guard !bytes.isEmpty else { break }
            }
            let decoder = codec.makeDecoder(for: SampleTools.request())
            let outcome = StreamFile.decode(bytes, by: 97, decoder)
            #expect((outcome.response == nil) != (outcome.failure == nil), "seed \(seed)")
            for item in outcome.response?.items ?? [] {
                // Whatever came, what goes back is an object.
                if case .toolCall(let call) = item.content { #expect(ToolCall.isObject(call.safeArguments)) }
            }
        }
    }

    @Test(arguments: files) func `a stream cut anywhere is a failure unless it was closed`(
        _ file: String, _ dialect: WireDialect
    ) throws {
        let good = try StreamFile.bytes(file)
        let whole = StreamFile.decode(
            good, by: 512, labProvider(dialect).codec(profile: .unknown).makeDecoder(for: SampleTools.request()))
        let calls = whole.response?.items.count
        for end in stride(from: 0, to: good.count, by: 13) {
            let decoder = labProvider(dialect).codec(profile: .unknown).makeDecoder(for: SampleTools.request())
            let outcome = StreamFile.decode(Array(good[..<end]), by: 64, decoder)
            if let response = outcome.response {
                #expect(response.items.count == calls)
            } else {
                #expect(outcome.failure?.failure.kind == .streamCut)
            }
        }
    }
}
