import Basics
import Glibc
import Wire

/// A program of the user's that answers questions about effects (`approvals_reviewer = "command"`); for CI.
///
/// It reads the request of the event `approval` as one JSON object and writes
/// `{"decision": "approve" | "deny" | "abort", "scope": "once", "message": "..."}`. Everything but exit code 0 and exactly
/// that is a no.
struct CommandReviewer: Reviewer {
    let approver = Approver.command
    private let arguments: [String]
    private let seconds: Int
    private let environment: [String: String]

    /// - Parameters:
    ///   - command: `approvals.command`.
    ///   - roots: folders that the agent may change. A reviewer there would be the agent's own.
    /// - Throws: `approvals.command` for a program that is not there or lies where the agent may change it.
    init(
        _ command: [String], seconds: Int, environment: [String: String], roots: [String]
    ) throws(LockgateError) {
        func failure(_ message: String) -> LockgateError {
            LockgateError(
                "approvals.command", message,
                remedy: "set approvals.command to an absolute path and arguments; `lockgate explain approvals.command`")
        }
        guard let name = command.first, !name.isEmpty else {
            throw failure("approvals_reviewer is \"command\", but approvals.command names no program")
        }
        let candidates =
            name.contains("/")
            ? [name] : (environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
        guard let program = candidates.first(where: { $0.hasPrefix("/") && access($0, X_OK) == 0 }) else {
            throw failure(
                "approvals.command: there is no program \(name.debugDescription) by an absolute path or on PATH")
        }
        for word in [program] + command.dropFirst() where word.hasPrefix("/") {
            let real = PosixFile.canonical(word) ?? word
            guard let root = roots.first(where: { PathText.isWithin(real, $0) || PathText.isWithin(word, $0) }) else {
                continue
            }
            throw failure("approvals.command: \(word) lies in \(root), where the agent may change it")
        }
        arguments = [program] + command.dropFirst()
        self.seconds = seconds
        self.environment = environment
    }

    func review(_ request: ApprovalRequest) async throws -> ApprovalAnswer {
        let process = try ReviewProcess(arguments, input: request.json.bytes + [0x0A], environment: environment)
        let end = await process.end(within: seconds)
        try Task.checkCancellation()
        let name = PathText.name(arguments[0])
        switch end {
        case .exited(0, let output):
            guard let answer = Self.answer(output) else {
                throw LockgateError("approvals.answer", "what \(name) wrote is no answer")
            }
            return answer
        case .exited(let code, _): throw LockgateError("approvals.answer", "\(name) ended with code \(code)")
        case .killed(let signal): throw LockgateError("approvals.answer", "\(name) was ended by signal \(signal)")
        case .overdue: throw LockgateError("approvals.answer", "\(name) took longer than \(seconds) s")
        case .flooded: throw LockgateError("approvals.answer", "\(name) wrote more than an answer can hold")
        }
    }

    /// Nil for everything that is not one object of the documented shape.
    static func answer(_ output: [UInt8]) -> ApprovalAnswer? {
        guard let object = (try? JSONValue(parsing: output))?.object,
            object.keys.allSatisfy({ ["decision", "scope", "message"].contains($0) }),
            let decision = object["decision"]?.string
        else { return nil }
        var message = ""
        if let value = object["message"] {
            guard let text = value.string else { return nil }
            message = String(text.prefix(2000))
        }
        var scope = Grant.Scope.once
        if let value = object["scope"] {
            guard decision == "approve", let stated = value.string.flatMap(Grant.Scope.init(rawValue:)) else {
                return nil
            }
            scope = stated
        }
        switch decision {
        case "approve": return ApprovalAnswer(.approve(scope), message: message)
        case "deny": return ApprovalAnswer(.deny, message: message)
        case "abort": return ApprovalAnswer(.abort, message: message)
        default: return nil
        }
    }
}
