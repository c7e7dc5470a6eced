package import Basics

/// What became of the claims in a turn's last message: `completion.evidence`.
package struct CompletionEvidence: Sendable, Hashable {
    /// One claim and what speaks for or against it.
    package struct Claim: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case testsPass = "tests_pass"
            case buildSucceeds = "build_succeeds"
            case fixed
        }

        package enum Standing: String, Sendable, Hashable {
            /// A check ran on the resulting tree and succeeded.
            case proved
            /// A check ran on the resulting tree and failed.
            case refuted
            /// Nothing was run that could tell.
            case unproved
        }

        package var kind: Kind
        /// The sentence that claims it.
        package var text: String
        package var standing: Standing
        /// Why, in one sentence.
        package var reason: String
        /// Places in `runs`.
        package var runs: [Int]

        package init(kind: Kind, text: String, standing: Standing, reason: String, runs: [Int] = []) {
            self.kind = kind
            self.text = text
            self.standing = standing
            self.reason = reason
            self.runs = runs
        }
    }

    /// A command that ran on the resulting tree.
    package struct Run: Sendable, Hashable {
        package enum Source: String, Sendable, Hashable {
            /// `--check`, or the configuration.
            case check
            /// The agent itself had run it in this turn.
            case agent
        }

        package var command: String
        package var source: Source
        package var exitCode: Int
        package var milliseconds: Int

        package init(command: String, source: Source, exitCode: Int, milliseconds: Int) {
            self.command = command
            self.source = source
            self.exitCode = exitCode
            self.milliseconds = milliseconds
        }
    }

    /// A change that makes a passing check worth less, or that somebody should look at.
    package struct Flag: Sendable, Hashable {
        package enum Kind: String, Sendable, Hashable {
            case testsRemoved = "tests_removed"
            case testsSkipped = "tests_skipped"
            case assertionsRemoved = "assertions_removed"
            case ci
            case auth
            case lockFile = "lock_file"
        }

        package var kind: Kind
        package var path: String
        package var detail: String

        package init(kind: Kind, path: String, detail: String) {
            self.kind = kind
            self.path = path
            self.detail = detail
        }
    }

    package var claims: [Claim]
    package var runs: [Run]
    package var flags: [Flag]
    /// Digest of the tree after the turn and the runs; nil where none was recorded.
    package var tree: String?

    package init(claims: [Claim] = [], runs: [Run] = [], flags: [Flag] = [], tree: String? = nil) {
        self.claims = claims
        self.runs = runs
        self.flags = flags
        self.tree = tree
    }

    package var isEmpty: Bool { claims.isEmpty && runs.isEmpty && flags.isEmpty }

    package var json: JSONObject {
        [
            "claims": .array(
                claims.map { claim in
                    [
                        "claim": .string(claim.kind.rawValue), "text": .string(claim.text),
                        "standing": .string(claim.standing.rawValue), "reason": .string(claim.reason),
                        "runs": .array(claim.runs.map { .int($0) }),
                    ]
                }),
            "runs": .array(
                runs.map { run in
                    [
                        "command": .string(run.command), "source": .string(run.source.rawValue),
                        "exit_code": .int(run.exitCode), "duration_ms": .int(run.milliseconds),
                    ]
                }),
            "flags": .array(
                flags.map {
                    ["kind": .string($0.kind.rawValue), "path": .string($0.path), "detail": .string($0.detail)]
                }),
            "tree": .optional(tree),
        ]
    }
}

/// A file that a turn changed, on both sides.
package struct ChangedFile: Sendable, Hashable {
    /// Relative to the workspace; unprintable bytes escaped.
    package var path: String
    /// Nil for nothing, and for what is too large to be read.
    package var old: [UInt8]?
    package var new: [UInt8]?
    package var isRemoved: Bool

    package init(path: String, old: [UInt8]?, new: [UInt8]?, isRemoved: Bool) {
        self.path = path
        self.old = old
        self.new = new
        self.isRemoved = isRemoved
    }
}
