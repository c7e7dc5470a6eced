package import Wire

/// Explains a failed command: what its output complains of, as far as the policy refuses just that.
///
/// A pure function of output, end, rules and folder. Other troubles, such as a missing permission or a server that is
/// down, are not the sandbox's and yield nothing.
package struct DenialAnalysis: Sendable {
    /// Bytes that are read of the output's start and of its end.
    package static let head = 32 << 10
    package static let tail = 96 << 10
    /// Different denials that one command is told; more are of one kind.
    static let most = 16

    let rules: DenialRules
    /// Where the command was started, canonical.
    let cwd: String

    package init(rules: DenialRules, cwd: String) {
        self.rules = rules
        self.cwd = rules.host.resolve(cwd)
    }

    /// - Parameters:
    ///   - reported: what the sandbox itself saw.
    ///   - failed: whether the command did not end with 0; the output of one that did is not read.
    package func denials(output: String, failed: Bool, reported: [SandboxDenial]) -> [EffectDenial] {
        var found: [EffectDenial] = []
        func add(_ denial: EffectDenial?) {
            guard let denial, found.count < Self.most,
                !found.contains(where: { $0.target == denial.target && $0.operation == denial.operation })
            else { return }
            found.append(denial)
        }
        for denial in reported { add(explain(denial)) }
        guard failed, rules.policy.mode != .dangerFullAccess else { return found }
        let mentions = FailureScanner.mentions(in: Self.bounded(output))
        for mention in mentions { add(explain(mention)) }
        if Self.asksForKey(output) { add(rules.signingRefusal) }
        if !found.contains(where: { $0.operation == .write }), mentions.contains(where: leavesOpen) {
            add(unnamedWrite)
        }
        // A network failure without a name says nothing that one with a name has not said.
        if found.contains(where: { $0.operation == .connect && $0.target != .network("") }) {
            found.removeAll { $0.target == .network("") }
        }
        return found
    }

    /// A read-only file system at a place that this reading does not find: unnamed, or relative to a folder that the
    /// command went to. Some of the sandbox's it was, in all likelihood.
    private func leavesOpen(_ mention: FailureMention) -> Bool {
        guard mention.cause == .readOnly, case .path(let path) = mention.subject else { return false }
        return !path.hasPrefix("/") && !path.hasPrefix("~")
    }

    private var unnamedWrite: EffectDenial {
        EffectDenial(.write, .path(""), certainty: .inferred, verdict: rules.anyWriteRefusal)
    }

    /// What git says when gpg or ssh-keygen found no key to sign with.
    private static func asksForKey(_ output: String) -> Bool {
        ["gpg failed to sign the data", "failed to sign the data", "Couldn't load public key"].contains {
            bounded(output).contains($0)
        }
    }

    static func bounded(_ output: String) -> String {
        let bytes = output.utf8
        guard bytes.count > head + tail else { return output }
        return String(decoding: bytes.prefix(head), as: UTF8.self) + "\n"
            + String(decoding: bytes.suffix(tail), as: UTF8.self)
    }

    private func explain(_ denial: SandboxDenial) -> EffectDenial? {
        switch denial.kind {
        case .localSocket:
            rules.socketRefusal(denial.target).map {
                EffectDenial(.connect, .socket(denial.target), certainty: .reported, verdict: $0)
            }
        }
    }

    private func explain(_ mention: FailureMention) -> EffectDenial? {
        switch mention.subject {
        case .path(let path): explain(path, mention.cause)
        case .network(let endpoint): explain(endpoint: endpoint, mention.cause)
        case .socket(let socket):
            // Where nothing is outside either, the daemon is simply not there.
            rules.host.exists(socket)
                ? rules.socketRefusal(socket).map {
                    EffectDenial(.connect, .socket(socket), certainty: .confirmed, verdict: $0)
                } : nil
        case .systemCall(let call):
            rules.callRefusal(call).map { EffectDenial(.call, .systemCall(call), certainty: .inferred, verdict: $0) }
        }
    }

    private func explain(_ written: String, _ cause: FailureMention.Cause) -> EffectDenial? {
        guard !written.isEmpty else { return nil }
        let isAbsolute = written.hasPrefix("/") || written.hasPrefix("~")
        let path = rules.host.resolve(rules.absolute(written, in: cwd))
        switch cause {
        case .missing:
            guard isAbsolute, let verdict = rules.readRefusal(path) else { return nil }
            return EffectDenial(.read, .path(path), certainty: .confirmed, verdict: verdict)
        case .readOnly, .busy:
            guard var verdict = rules.writeRefusal(path), !rules.host.isReadOnly(path) else { return nil }
            if cause == .busy, !verdict.rule.hasPrefix("protected") { return nil }
            if rules.isRefusedOutside(path) {
                verdict.reason += "; this user may not write it outside the sandbox either"
                verdict.grant = nil
            }
            // A relative name may be another folder's: the command can have changed its own.
            let isCertain = isAbsolute || rules.isReadOnly || verdict.rule.hasPrefix("protected")
            return EffectDenial(
                .write, .path(path), certainty: isCertain ? .confirmed : .inferred, verdict: verdict,
                root: isCertain ? rules.grantableRoot(path) : nil)
        case .denied, .notPermitted:
            // Ordinary permissions say the same words; only where those would allow it can the sandbox be the reason.
            guard !rules.isRefusedOutside(path), let verdict = rules.writeRefusal(path) else { return nil }
            return EffectDenial(.write, .path(path), certainty: .inferred, verdict: verdict)
        case .unresolved, .unreachable, .refused: return nil
        }
    }

    private func explain(endpoint: String, _ cause: FailureMention.Cause) -> EffectDenial? {
        guard let verdict = rules.networkRefusal() else { return nil }
        if HostName.isLoopback(endpoint) || endpoint.isEmpty && cause == .refused {
            guard cause == .refused, !endpoint.isEmpty else { return nil }
            var verdict = verdict
            verdict.reason = "localhost is the sandbox's own; a server outside is not reached through it"
            return EffectDenial(.connect, .network(endpoint), certainty: .inferred, verdict: verdict)
        }
        return EffectDenial(.connect, .network(endpoint), certainty: .confirmed, verdict: verdict)
    }
}
