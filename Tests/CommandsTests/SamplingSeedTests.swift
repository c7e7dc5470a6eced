import Basics
import TestSupport
import Testing
import Wire

/// `model_seed` reaches the model, so that runs can be repeated and varied.
@Suite struct SamplingSeedTests {
    /// The seeds of a run's requests.
    private func seeds(_ arguments: String...) async throws -> [Int?] {
        let steps = [ScriptedStep.text("Nothing to do."), .text("Really.")]
        return try await ExecFixture.with(steps, dialect: .chat) { fixture in
            let run = try await fixture.exec(["--json"] + arguments + ["Look around."])
            #expect(run.status == 0, "\(run.errorText)")
            return fixture.server.requests.map { $0.body["seed"]?.int }
        }
    }

    @Test func theSeedIsSentAsItIsAndOnlyIfSet() async throws {
        #expect(try await seeds() == [nil])
        #expect(try await seeds("-c", "model_seed=7") == [7])
    }

    @Test func aSmallModelsRequestsHaveSeedsOfTheirOwn() async throws {
        #expect(try await seeds("-c", "tool_mode=text") == [100])
        #expect(try await seeds("-c", "tool_mode=text", "-c", "model_seed=7") == [700])
    }
}
