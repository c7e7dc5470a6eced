import Testing
import Wire

@testable import Models

/// A server that speaks another dialect than the one configured: an answer is never made up from it.
@Suite struct WrongDialectTests {
    private static let streams: [(dialect: WireDialect, name: String)] = [
        (.chat, "chat-text"), (.chat, "chat-parallel"), (.messages, "messages-text"),
        (.messages, "messages-thinking-and-calls"), (.responses, "responses-only-in-closing-event"),
    ]

    private func decoder(_ dialect: WireDialect) -> any StreamDecoder {
        switch dialect {
        case .chat: ChatDecoder(context: labContext(.chat), replaysReasoning: false)
        case .messages: MessagesDecoder(context: labContext(.messages))
        case .responses: ResponsesDecoder(context: labContext(.responses))
        }
    }

    @Test(arguments: WireDialect.allCases) func isAFailureAndNotAnEmptyAnswer(_ dialect: WireDialect) throws {
        for stream in Self.streams where stream.dialect != dialect {
            let outcome = StreamFile.decode(try StreamFile.bytes(stream.name), by: 4096, decoder(dialect))
            #expect(outcome.response == nil, "\(stream.name) read as \(dialect)")
            #expect(outcome.failure != nil, "\(stream.name) read as \(dialect)")
        }
    }
}
