/// The one error type that reaches a person: what went wrong, a stable code to search for, and what to do.
package struct LockgateError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable machine-readable name such as `config.unknown_key`. Extensible: new codes need no new case.
    package struct Code: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
        package let name: String
        package init(_ name: String) { self.name = name }
        package init(stringLiteral value: String) { name = value }
        package var description: String { name }
    }

    package let code: Code
    /// One sentence that names the thing (path, key, host) and what is wrong with it.
    package let message: String
    /// The command or change that mends it; nil only where nothing can be done.
    package let remedy: String?
    /// The process exit code if this error ends a run. DESIGN: 1 failed, 2 usage, 3 budget, 5 trust.
    package let exitCode: Int32

    package init(_ code: Code, _ message: String, remedy: String? = nil, exitCode: Int32 = 1) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.exitCode = exitCode
    }

    package var description: String {
        remedy.map { "\(message)\n  fix: \($0)" } ?? message
    }
}
