package import Basics
import Wire

/// Turns a provider's refusals into kinds, and says which may be tried again.
///
/// A status or code that names the request's own fault (400, 401, 403, 404, 422, an exhausted quota, too long a
/// prompt) is never retried: the same bytes would get the same answer.
package enum FailureClassifier {
    /// The most characters of a provider's message that are kept.
    package static let messageLimit = 2_000

    /// An answer with a status other than 2xx.
    ///
    /// - Parameters:
    ///   - header: Looks a header up by its lower-case name.
    ///   - now: Seconds since 1970, for a `Retry-After` that is a date.
    package static func http(
        status: Int, header: (String) -> String?, body: [UInt8], now: Int
    ) -> AttemptFailure {
        let error = errorObject(body)
        let codes = Self.codes(error)
        let text = message(error) ?? String(decoding: body.prefix(messageLimit), as: UTF8.self)
        let shown = cleaned(text.isEmpty ? "HTTP \(status)" : text)
        func failure(_ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry) -> AttemptFailure {
            AttemptFailure(ModelFailure(kind, status: status, message: shown), retry: retry)
        }
        if isContextWindow(codes: codes, text: text) || status == 413 { return failure(.contextWindowExceeded, .never) }
        if status == 402 || isQuota(codes: codes, text: text) { return failure(.usageLimit, .never) }
        let wait = retryAfter(header, now: now) ?? retryAfter(error, text)
        let retry = wait.map { AttemptFailure.Retry.after(milliseconds: $0) } ?? .backoff
        switch status {
        case 401: return failure(.unauthorized, .never)
        case 403: return failure(.forbidden, .never)
        case 404, 410: return failure(.notFound, .never)
        case 429: return failure(.rateLimited, retry)
        case 408, 409, 500...599: return failure(.server, retry)
        case 300..<400:
            return AttemptFailure(
                ModelFailure(
                    .badRequest, status: status,
                    message: cleaned(
                        "the server redirects to \(header("location") ?? "another address"); set base_url to the final one"
                    )),
                retry: .never)
        default: return failure(.badRequest, .never)
        }
    }

    /// An error reported inside a stream whose status was 200.
    package static func inStream(_ error: JSONValue) -> AttemptFailure {
        let codes = Self.codes(error)
        let text = message(error) ?? "the provider reported a failure without a message"
        func failure(_ kind: ModelFailure.Kind, _ retry: AttemptFailure.Retry) -> AttemptFailure {
            AttemptFailure(
                ModelFailure(kind, status: codes.lazy.compactMap { Int($0) }.first, message: cleaned(text)),
                retry: retry)
        }
        if isContextWindow(codes: codes, text: text) { return failure(.contextWindowExceeded, .never) }
        if isQuota(codes: codes, text: text) || codes.contains("402") { return failure(.usageLimit, .never) }
        let retry = retryAfter(error, text).map { AttemptFailure.Retry.after(milliseconds: $0) } ?? .backoff
        if !rateCodes.isDisjoint(with: codes) { return failure(.rateLimited, retry) }
        if let status = codes.lazy.compactMap({ Int($0) }).first {
            return failure(.inStream, [408, 409].contains(status) || status >= 500 ? retry : .never)
        }
        // A failure that gives no reason is as likely to pass as a server error.
        return failure(.inStream, codes.isEmpty || !serverCodes.isDisjoint(with: codes) ? retry : .never)
    }

    private static let rateCodes: Set<String> = ["429", "rate_limit_exceeded", "rate_limit_error", "rate_limited"]

    private static let serverCodes: Set<String> = [
        "server_error", "api_error", "internal_error", "internal_server_error", "overloaded_error", "overloaded",
        "server_is_overloaded", "slow_down", "server_overloaded", "timeout", "timeout_error", "service_unavailable",
        "upstream_error", "bad_gateway", "unavailable", "provider_error",
    ]

    private static func isQuota(codes: Set<String>, text: String) -> Bool {
        !codes.isDisjoint(with: [
            "insufficient_quota", "billing_hard_limit_reached", "usage_limit_reached", "usage_not_included",
            "billing_error", "insufficient_credits",
        ]) || text.lowercased().contains("credit balance is too low")
    }

    private static func isContextWindow(codes: Set<String>, text: String) -> Bool {
        let known: Set<String> = [
            "context_length_exceeded", "context_window_exceeded", "exceed_context_size_error",
            "string_above_max_length",
            "model_context_window_exceeded", "request_too_large",
        ]
        if !codes.isDisjoint(with: known) { return true }
        let text = text.lowercased()
        return [
            "maximum context length", "prompt is too long", "context window", "exceeds the available context size",
            "exceeds the maximum number of tokens", "input is too long", "exceeds model context",
        ].contains { text.contains($0) }
    }

    // MARK: Bodies

    /// `{"error": {...}}`, also in a list of one (Gemini), or an object that is the error itself.
    private static func errorObject(_ body: [UInt8]) -> JSONValue {
        guard let json = try? JSONValue(parsing: body) else { return .null }
        let object = json[0] ?? json
        guard let error = object["error"], !error.isNull else { return object }
        return error
    }

    /// What the error calls itself: `code`, `type` and `status`, as far as they are there.
    private static func codes(_ error: JSONValue) -> Set<String> {
        var codes: Set<String> = []
        for candidate in [error["code"], error["type"], error["status"]] {
            switch candidate {
            case .string(let code)? where !code.isEmpty && code != "error": codes.insert(code)
            case .number(let number)?: codes.insert(number.text)
            default: continue
            }
        }
        return codes
    }

    private static func message(_ error: JSONValue) -> String? {
        if let text = error.string { return text }
        let text = error["message"]?.string ?? error["detail"]?.string ?? error["msg"]?.string
        // OpenRouter puts the real reason one level down.
        if let raw = error["metadata"]?["raw"]?.string { return (text.map { $0 + ": " } ?? "") + raw }
        return text
    }

    /// Without control characters, so that a server cannot write to the terminal, and cut to the limit.
    package static func cleaned(_ text: String) -> String {
        var out = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(messageLimit) {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            out.append(isControl ? " " : scalar)
        }
        return String(out)
    }

    // MARK: Waiting

    private static func retryAfter(_ header: (String) -> String?, now: Int) -> Int? {
        if let text = header("retry-after-ms"), let value = Double(text), value >= 0 {
            return milliseconds(value / 1_000)
        }
        guard let text = header("retry-after") else { return nil }
        if let seconds = Double(text), seconds >= 0 { return milliseconds(seconds) }
        return HTTPDate.seconds(text).map { milliseconds(Double(max(0, $0 - now))) }
    }

    /// A delay in the error itself: Gemini's `retryDelay: "34s"`, or OpenAI's "try again in 1.5s" or "in 28ms".
    private static func retryAfter(_ error: JSONValue, _ text: String) -> Int? {
        for detail in error["details"]?.array ?? [] {
            if let delay = detail["retryDelay"]?.string, let wait = duration(delay[...]) { return wait }
        }
        let text = text.lowercased()
        guard let range = text.firstRange(of: "try again in ") else { return nil }
        return duration(text[range.upperBound...])
    }

    private static func duration(_ text: Substring) -> Int? {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let rest = text[digits.endIndex...].drop { $0 == " " }
        guard let value = Double(digits) else { return nil }
        if rest.hasPrefix("ms") { return milliseconds(value / 1_000) }
        return rest.hasPrefix("s") ? milliseconds(value) : nil
    }

    /// Rounded up; anything beyond a year is a year, so that no number overflows.
    private static func milliseconds(_ seconds: Double) -> Int {
        Int((min(seconds, 31_536_000) * 1_000).rounded(.up))
    }
}
