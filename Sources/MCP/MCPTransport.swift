package import Wire

/// The way to a server: bytes to it, and bytes and its end from it.
package protocol MCPTransport: Sendable {
    /// Starts the server. `receive` is called with what it prints, in order, and with nil once after its end.
    func start(receive: @escaping @Sendable ([UInt8]?) async -> Void) async throws(LockgateError)
    /// Queues bytes for the server.
    ///
    /// - Throws: where it has ended, or does not read what was queued before.
    func send(_ bytes: [UInt8]) throws(LockgateError)
    /// Ends the server, with everything that it started.
    func stop() async
    /// What it said about itself: the end of its standard error.
    var errorOutput: String { get }
    /// How it ended; nil while it runs.
    var ending: String? { get }
}
