package import Wire

/// A request in a provider's own language, ready for HTTP.
package struct EncodedRequest: Sendable, Hashable {
    /// The endpoint below the provider's base address, without a leading slash.
    package var path: String
    /// Headers of the dialect; the client adds authentication and the configured ones.
    package var headers: [Header]
    /// A compact JSON object whose last member is the list of items, so that the body of a longer conversation
    /// begins with the body of a shorter one but for its closing brackets.
    package var body: [UInt8]

    package struct Header: Sendable, Hashable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// A dialect: requests to bytes, events to a response.
///
/// A pure value without a clock or a socket.
package protocol DialectCodec: Sendable {
    /// Writes the request. Equal requests give equal bytes.
    func encode(_ request: ModelRequest) -> EncodedRequest
    /// A decoder for the answer to one request.
    func makeDecoder(for request: ModelRequest) -> any StreamDecoder
}

/// What a decoder has understood.
package enum DecoderOutput: Sendable, Hashable {
    case text(String)
    case reasoning(String)
    /// The closing event came: this is the whole answer. Nothing follows it.
    case finished(ModelResponse)
}

/// The state of one answer while its events arrive.
package protocol StreamDecoder: Sendable {
    /// Takes one event.
    ///
    /// - Throws: `AttemptFailure` when the provider reports an error or the event cannot be understood without loss.
    mutating func receive(_ event: SSEEvent) throws(AttemptFailure) -> [DecoderOutput]

    /// Says that the body ended in good order, as HTTP's own framing tells it.
    ///
    /// - Throws: `AttemptFailure` of kind `streamCut` when the closing event is missing. Calls that were already
    ///   complete are discarded with it: nothing was run, so the retry doubles nothing.
    mutating func finish() throws(AttemptFailure) -> [DecoderOutput]
}

/// Why one attempt failed, and whether another may follow.
package struct AttemptFailure: Error, Sendable, Hashable {
    package enum Retry: Sendable, Hashable {
        case never
        /// After the policy's own delay.
        case backoff
        /// After the delay that the provider asked for.
        case after(milliseconds: Int)
    }

    package var failure: ModelFailure
    package var retry: Retry

    package init(_ failure: ModelFailure, retry: Retry) {
        self.failure = failure
        self.retry = retry
    }

    static func cut(_ message: String = "the stream ended before the answer was complete") -> AttemptFailure {
        AttemptFailure(ModelFailure(.streamCut, message: message), retry: .backoff)
    }

    static func malformed(_ message: String) -> AttemptFailure {
        AttemptFailure(ModelFailure(.malformed, message: message), retry: .backoff)
    }
}

extension Provider {
    /// The codec of the provider's dialect.
    package func codec(profile: ModelProfile) -> any DialectCodec {
        switch wireAPI {
        case .responses: ResponsesCodec(provider: self, profile: profile)
        case .chat: ChatCodec(provider: self, profile: profile)
        case .messages: MessagesCodec(provider: self, profile: profile)
        }
    }
}
