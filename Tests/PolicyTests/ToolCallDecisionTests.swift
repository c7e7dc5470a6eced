import Basics
import Testing
import Wire

@testable import Policy

@Suite struct ToolCallDecisionTests {
    private func decision(
        _ mode: ToolApprovalMode?, claimsToRead: Bool = false, approval: ApprovalPolicy = .onRequest,
        grant: GrantRule? = nil, definition: String = "d1"
    ) -> Verdict.Decision {
        var policy = AccessPolicy(
            sandboxMode: Sourced(.workspaceWrite), network: Sourced(.off), writableRoots: [Sourced("/w")],
            approvalPolicy: Sourced(approval))
        if let mode { policy.toolServers["s"] = Sourced(mode) }
        if let grant { policy.grants = [Grant(id: "g", scope: .project, rule: grant)] }
        let call = ServerToolCall(
            server: "s", tool: "t", arguments: ["a": 1], definition: definition, claimsToRead: claimsToRead)
        return policy.verdict(on: .callTool(call)).decision
    }

    @Test func aServersClaimsLoosenNothingByThemselves() {
        #expect(decision(nil) == .ask)
        #expect(decision(nil, claimsToRead: true) == .ask)
        #expect(decision(.prompt, claimsToRead: true) == .ask)
    }

    @Test func theUsersTrustInTheServerDoes() {
        #expect(decision(.writes, claimsToRead: true) == .allow)
        #expect(decision(.writes) == .ask)
        #expect(decision(.approve) == .allow)
    }

    @Test func whereNobodyIsAskedItIsRefused() {
        #expect(decision(nil, approval: .never) == .deny)
        #expect(decision(.approve, approval: .never) == .allow)
    }

    @Test func aGrantCountsForOneToolAsItWasDescribed() {
        let grant = GrantRule.tool(server: "s", tool: "t", definition: "d1")
        #expect(decision(nil, grant: grant) == .allow)
        #expect(decision(nil, grant: grant, definition: "d2") == .ask)
        #expect(decision(nil, grant: .tool(server: "s", tool: "u", definition: "d1")) == .ask)
        #expect(decision(nil, grant: .tool(server: "z", tool: "t", definition: "d1")) == .ask)
        #expect(GrantRule(json: grant.json) == grant)
    }
}
