/// Where grants for projects and for the user are kept from one session to the next.
package protocol GrantStorage: Sendable {
    /// All grants that are kept, expired ones included.
    ///
    /// - Throws: `grants.store` for a file that cannot be read or is damaged: nothing counts then.
    func grants() throws(LockgateError) -> [Grant]

    /// Keeps grants.
    ///
    /// - Throws: `grants.store`; the grants do not count then.
    func add(_ grants: [Grant]) throws(LockgateError)
}
