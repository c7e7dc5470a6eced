import Basics
import TestSupport
import Testing

/// Plan mode in a real terminal, with a model that tries to change things all the same.
@Suite(.timeLimit(.minutes(5))) struct PlanScreenTests {
    private static let plan = "<proposed_plan>\n1. Write made\n</proposed_plan>"
    private static let patch = "*** Begin Patch\n*** Add File: made\n+x\n*** End Patch\n"

    /// A turn of plan mode in which the model tries commands and patches, asks, and proposes.
    private static let planning: [ScriptedStep] = [
        ExecFixture.shell("touch made; touch .git/made; cat README.md"),
        .call("exec_command", ["cmd": .string("apply_patch <<'X'\n\(patch)X")]),
        .call(
            "request_user_input",
            [
                "questions": [
                    [
                        "id": "name", "question": "What is it called?",
                        "options": [
                            ["label": "made", "description": "short"], ["label": "other", "description": "long"],
                        ],
                    ]
                ]
            ]),
        .text("I looked.\n\n\(plan)"),
    ]

    private func made(_ fixture: ExecFixture) -> Bool {
        PosixFile.exists("\(fixture.repository.path)/made") || PosixFile.exists("\(fixture.repository.path)/.git/made")
    }

    /// Up to the question about the plan.
    private func talk(
        _ then: [ScriptedStep], settings: String = "", _ body: (ExecFixture, TerminalMultiplexer) async throws -> Void
    ) async throws {
        try await ExecFixture.with(Self.planning + then, settings: settings) { fixture in
            try await TerminalMultiplexer.with(fixture, []) { terminal in
                try await terminal.wait(for: "? keys")
                try terminal.send("BTab")
                try await terminal.wait(for: "plan mode ·")
                try terminal.type("plan it")
                try terminal.send("Enter")
                let question = try await terminal.wait(for: "What is it called?")
                #expect(question.contains("Read-only file system"), "\(question)")
                #expect(question.contains("1 made") && question.contains("2 other"), "\(question)")
                // Keys answer after a moment of quiet.
                try await Task.sleep(for: .milliseconds(500))
                try terminal.send("2", "Enter")
                let screen = try await terminal.wait(for: "Go on with this plan?")
                #expect(screen.contains("1. Write made") && !screen.contains("proposed_plan"), "\(screen)")
                #expect(screen.contains("you: other"), "\(screen)")
                #expect(!made(fixture))
                let told = fixture.server.requests.last?.body.text ?? ""
                #expect(told.contains("[Plan mode]") && told.contains("\\\"name\\\":\\\"other\\\""), "\(told)")
                try await body(fixture, terminal)
            }
        }
    }

    @Test func aPlanIsCarriedOutUnderTheFormerPermissions() async throws {
        try await talk([ExecFixture.shell("touch made"), .text("Done.")]) { fixture, terminal in
            try terminal.send("Enter")
            let screen = try await terminal.wait(for: "  Done.\n")
            #expect(screen.contains("Plan mode is over.") && screen.contains("› Carry out this plan:"), "\(screen)")
            #expect(made(fixture))
            // One journal, which says under which policy each turn was run.
            #expect(fixture.journals.count == 1)
        }
    }

    @Test func aPlanIsEdited() async throws {
        try await talk([.text("Done.")]) { fixture, terminal in
            try terminal.send("Down", "Enter")
            try await terminal.wait(for: "─\n› Carry out this plan:")
            try terminal.type(" and test it")
            try terminal.send("Enter")
            try await terminal.wait(for: "Done.")
            #expect(fixture.server.requests.last?.body.text.contains("1. Write made and test it") == true)
        }
    }

    @Test func aRefusedPlanGoesOnInPlanMode() async throws {
        try await talk([ExecFixture.shell("touch made"), .text("Looked again.")]) { fixture, terminal in
            try terminal.send("Down", "Down", "Enter")
            try await terminal.wait(for: "The plan was not taken.")
            try terminal.type("otherwise")
            try terminal.send("Enter")
            let screen = try await terminal.wait(for: "Looked again.")
            #expect(screen.contains("plan mode ·"), "\(screen)")
            #expect(!made(fixture))
        }
    }

    /// Rules, grants and modes that give more outside of plan mode give nothing in it.
    @Test(arguments: [
        "sandbox_mode = \"danger-full-access\"", "approval_policy = \"untrusted\"", "network.mode = \"on\"",
    ])
    func nothingMakesPlanModeLess(settings: String) async throws {
        try await talk([.text("Never.")], settings: settings) { fixture, terminal in
            try terminal.send("Escape")
            try await terminal.wait(for: "─\n› What next?")
            try terminal.type("/permissions danger-full-access")
            try terminal.send("Enter")
            let screen = try await terminal.wait(for: "It counts when plan mode is over.")
            #expect(screen.contains("plan mode · scripted · read-only · network off"), "\(screen)")
        }
    }

    @Test func execIsNotOfferedQuestions() async throws {
        try await ExecFixture.with([.text("Done.")]) { fixture in
            let run = try await fixture.exec(["go"])
            #expect(run.status == 0, "\(run.errorText)")
            #expect(fixture.server.requests.last?.body.text.contains("request_user_input") == false)
        }
    }
}
