import Basics
import Journal
import TestSupport
import Testing
import Wire

@Suite struct ResponseScanTests {
    @Test func numbersAreThoseThatJSONHolds() throws {
        let payloads: [JSONValue] = [
            [:], ["usage": nil, "cost_usd": nil],
            ["usage": ["input_tokens": 12], "cost_usd": 0.25, "stop": "completed"],
            ["cost_usd": 1e-7], ["cost_usd": 3, "usage": ["output_tokens": 1.5, "input_tokens": -4]],
            ["stop": "\"cost_usd\":9", "usage": ["cached_input_tokens": 7, "reasoning_output_tokens": 2]],
            ["stop": "\\", "cost_usd": 0.5],
            ["stop": "\\\"", "usage": ["cache_write_input_tokens": 9_007_199_254_740_993]],
            ["usage": ["input_tokens": "12"], "cost_usd": "x"],
        ]
        try TemporaryFolder.with { folder in
            let journal = try SessionJournal.create(in: SessionStore(home: folder.path))
            try journal.append("session", ["id": .string(journal.id.text), "cwd": "/w"])
            for payload in payloads { try journal.append("model.response", payload) }
            let records = try JournalReader(path: #require(journal.path)).records
            #expect(records.first?.response == nil)
            for (record, payload) in zip(records.dropFirst(), payloads) {
                let response = try #require(record.response)
                #expect(response.usage == TokenUsage(json: payload["usage"] ?? .null), "\(payload.text)")
                #expect(response.cost == payload["cost_usd"]?.double, "\(payload.text)")
            }
        }
    }
}
