import Basics
import Config
import Glibc
import Journal
import Policy
import Wire

/// What another policy would have said to the effects of a recorded session: the same pure functions as the gate's.
///
/// It judges names, as the gate does. What a sandbox under that policy would have refused a running command is not
/// known from a record.
struct PolicyReview {
    struct Row: Hashable {
        var record: Int
        var effect: Effect
        /// How it went: `allow`, or `deny` for what was refused.
        var then: Verdict.Decision
        var thenRule: String
        var approver: String?
        var now: Verdict

        /// Whether it ran and would not have, or not without somebody's yes that nobody gave.
        var isStopped: Bool {
            guard then == .allow else { return false }
            return now.decision == .deny || (now.decision == .ask && approver == nil)
        }
    }

    let rows: [Row]

    /// Whether anything that ran would have been refused or asked about.
    var wouldHaveStopped: Bool { rows.contains(where: \.isStopped) }

    /// - Parameter file: a configuration, or rules where its name ends with `.rules`.
    init(_ records: [JournalRecord], file: String) throws {
        let header = records.first?.payload ?? .null
        let policy = try Self.policy(file: file, header: header)
        rows = records.compactMap { record in
            let isDenial = record.type == "event" && record.payload["type"] == "effect.denied"
            guard isDenial || record.type == "effect.requested", let json = record.payload["effect"],
                let effect = Effect(recorded: json)
            else { return nil }
            let verdict = record.payload["verdict"]
            return Row(
                record: record.sequence, effect: effect, then: isDenial ? .deny : .allow,
                thenRule: verdict?["rule"]?.string ?? "?",
                approver: record.payload["approval"]?["answered_by"]?.string,
                now: Self.verdict(policy, effect, file: file))
        }
    }

    /// The verdict with the file's own name as its place, not that of the copy that was read.
    private static func verdict(_ policy: AccessPolicy, _ effect: Effect, file: String) -> Verdict {
        var verdict = policy.verdict(on: effect)
        if verdict.origin.layer == .user, verdict.origin.file != nil { verdict.origin.file = file }
        return verdict
    }

    private static func policy(file: String, header: JSONValue) throws -> AccessPolicy {
        let cwd = header["cwd"]?.string ?? "/"
        let recorded = header["policy"]
        guard !file.hasSuffix(".rules") else {
            return AccessPolicy(
                sandboxMode: Sourced(
                    recorded?["sandbox_mode"]?.string.flatMap(SandboxMode.init(rawValue:)) ?? .workspaceWrite),
                network: Sourced(recorded?["network"]?.string.flatMap(NetworkMode.init(rawValue:)) ?? .off),
                writableRoots: [Sourced(cwd)],
                approvalPolicy: Sourced(
                    recorded?["approval_policy"]?.string.flatMap(ApprovalPolicy.init(rawValue:)) ?? .onRequest),
                rules: try RuleFiles.read(file, .flag("--policy")))
        }
        // The file stands alone: neither this machine's settings nor the project's have a part in the answer.
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try PosixFile.read(file, limit: 4 << 20)
        } catch {
            throw LockgateError("replay.policy", "cannot read the policy: \(error)")
        }
        let home = try temporaryFolder()
        defer {
            unlink("\(home)/\(ConfigurationLoader.fileName)")
            rmdir(home)
        }
        try PosixFile.replace("\(home)/\(ConfigurationLoader.fileName)", with: bytes)
        let loader = ConfigurationLoader(
            home: home, systemDirectory: "\(home)/none", environment: [:], workingDirectory: "/")
        do throws(LockgateError) {
            let configuration = try loader.load(trust: .untrusted)
            return try AccessPolicy(configuration, rules: CommandRules(), workspace: cwd)
        } catch {
            throw LockgateError(
                error.code, error.message.replacing(home, with: PathText.parent(file)), remedy: error.remedy)
        }
    }

    private static func temporaryFolder() throws(LockgateError) -> String {
        var template = Array("\(ProcessEnvironment.variables["TMPDIR"] ?? "/tmp")/lockgate-policy-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LockgateError(
                "replay.policy", "no temporary folder can be made: \(SystemError("mkdtemp", "", errno: errno))")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    // MARK: - Output

    var text: String {
        var lines: [String] = []
        for row in rows where row.then.rawValue != row.now.decision.rawValue {
            let by = row.approver.map { ", approved by \($0)" } ?? ""
            lines.append("record \(row.record): \(row.effect.kind) \(row.effect.words)")
            lines.append("  then: \(row.then.rawValue) (\(row.thenRule)\(by))")
            lines.append("  now:  \(row.now.decision.rawValue) (\(row.now.rule)) \(row.now.reason)")
        }
        let count = rows.count { $0.then.rawValue != $0.now.decision.rawValue }
        lines.append("\(count) of \(rows.count) effects would have been decided differently")
        return lines.joined(separator: "\n")
    }

    var json: JSONValue {
        [
            "would_have_stopped": .bool(wouldHaveStopped),
            "effects": .array(
                rows.map { row in
                    [
                        "record": .int(row.record), "effect": row.effect.json,
                        "then": [
                            "decision": .string(row.then.rawValue), "rule": .string(row.thenRule),
                            "approved_by": .optional(row.approver),
                        ], "now": row.now.json,
                    ]
                }),
        ]
    }
}

extension Effect {
    /// Reads an effect that a policy judges back from its record; nil for others.
    init?(recorded json: JSONValue) {
        switch json["kind"]?.string {
        case "command":
            let argv = (json["argv"]?.array ?? []).compactMap(\.string)
            self = .runCommand(argv: argv, display: argv.last ?? "", cwd: json["cwd"]?.string ?? "/")
        case "input": self = .writeInput(terminal: json["terminal"]?.int ?? 0, bytes: json["bytes"]?.int ?? 0)
        case "file_change":
            self = .changeFiles(
                (json["changes"]?.array ?? []).compactMap { change in
                    guard let path = change["path"]?.string,
                        let kind = change["kind"]?.string.flatMap(FileChangeSummary.Kind.init(rawValue:))
                    else { return nil }
                    return FileChangeSummary(path: path, kind: kind, movedTo: change["moved_to"]?.string)
                })
        case "mcp_tool":
            guard let call = ServerToolCall(json: json) else { return nil }
            self = .callTool(call)
        case "file_read": self = .readFile(path: json["path"]?.string ?? "/")
        default: return nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .runCommand(let argv, _, _): argv.joined(separator: " ")
        case .changeFiles(let changes): changes.map(\.path).joined(separator: ", ")
        case .readFile(let path): path
        case .writeInput(let terminal, let bytes): "\(bytes) bytes to terminal \(terminal)"
        case .callTool(let call): call.name
        case .access, .askModel: kind
        }
    }
}
