package import Basics

/// What a session came to, counted record by record; each seal holds it, so that a list need not read whole files.
package struct SessionTotals: Sendable, Hashable {
    package private(set) var turns = 0
    package private(set) var requests = 0
    /// USD; nil as soon as one request's price is unknown.
    package private(set) var cost: Double? = 0

    package init() {}

    package init(turns: Int, requests: Int, cost: Double?) {
        self.turns = turns
        self.requests = requests
        self.cost = cost
    }

    /// Counts a record without reading its payload as JSON.
    mutating func count(_ record: JournalRecord) {
        if let response = record.response {
            count(response)
        } else if record.isEvent("turn.started") {
            turns += 1
        }
    }

    mutating func count(_ response: ResponseScan) {
        requests += 1
        cost = if let cost, let more = response.cost { cost + more } else { nil }
    }

    mutating func count(turns more: Int) { turns += more }

    package mutating func count(_ type: String, _ payload: JSONValue) {
        switch type {
        case "event": if payload["type"] == "turn.started" { turns += 1 }
        // The second is of a model that reviews what the first wants to do.
        case "model.response", "review.response":
            requests += 1
            cost = if let cost, let more = payload["cost_usd"]?.double { cost + more } else { nil }
        default: break
        }
    }

    package var json: JSONValue {
        ["turns": .int(turns), "requests": .int(requests), "cost_usd": cost.map { .double($0) } ?? .null]
    }

    /// Reads what `json` writes; nil for anything else.
    package init?(json: JSONValue?) {
        guard let json, let turns = json["turns"]?.int, let requests = json["requests"]?.int else { return nil }
        self.turns = turns
        self.requests = requests
        cost = json["cost_usd"]?.double
    }
}
