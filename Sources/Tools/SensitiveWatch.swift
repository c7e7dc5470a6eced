package import Wire

/// Notices changes to what programs outside the sandbox run or obey.
package protocol SensitiveWatch: Sendable {
    /// Takes things as they are, before the first effect.
    func begin()
    /// What changed since the last look.
    func changes() -> [SensitiveChange]
}
