package import Basics

/// A change to something that a program outside the sandbox runs or obeys by itself.
package struct SensitiveChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable { case added, modified, removed }

    /// Absolute.
    package var path: String
    package var kind: Kind
    /// Who would run or obey it: `git`, `VS Code`.
    package var runner: String

    package init(path: String, kind: Kind, runner: String) {
        self.path = path
        self.kind = kind
        self.runner = runner
    }

    package var json: JSONValue {
        ["path": .string(path), "kind": .string(kind.rawValue), "run_by": .string(runner)]
    }
}
