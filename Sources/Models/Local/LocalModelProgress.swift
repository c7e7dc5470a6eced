/// What a long step of the local model tells its user.
package enum LocalModelProgress: Sendable, Hashable {
    /// A step began, in a few words.
    case step(String)
    /// Bytes of the model that are here, of how many.
    case received(Int64, of: Int64)
    /// Bytes of the model that were checked against its SHA-256, of how many.
    case verified(Int64, of: Int64)
}
