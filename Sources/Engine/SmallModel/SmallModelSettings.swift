/// How a turn with a small model is run.
package struct SmallModelSettings: Sendable, Hashable {
    /// Requests in one turn.
    package var requests = 10
    /// The most tokens of an answer: a file of a hundred lines and an explanation.
    package var maxOutputTokens = 1_000
    package var temperature = 0.2
    /// How much warmer each fresh view asks, since what failed at one temperature is said again at it.
    package var temperatureStep = 0.2
    package var maximumTemperature = 0.8
    /// Added once after an answer that was cut off.
    package var cutOffTemperature = 0.3
    /// Each request gets `seed * 100` and its number in the turn.
    package var seed = 1
    /// Bytes of files in the first message; a workspace with more text is listed by name.
    package var viewBytes = 8_192
    /// Names in the first message.
    package var viewFiles = 100
    /// Bytes of a command's output that the model reads.
    package var outputBytes = 2_000
    /// After which a command is stopped; small models cannot tend background commands.
    package var commandLimit = Duration.seconds(60)
    /// Whether the server holds an answer to a grammar (llama.cpp). Others are told in words alone.
    package var hasGrammar = true
    /// What commands can count on, for the first message.
    package var programs: [String] = []

    package init() {}
}
