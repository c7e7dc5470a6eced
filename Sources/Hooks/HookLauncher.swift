package import Sandbox
import Synchronization
package import Wire

/// Where hooks run: in the session's own sandbox, and those that the user excepted with the user's rights.
///
/// Both go through a sandbox helper, because it is what leaves no process behind.
package final class HookLauncher: Sendable {
    /// A sandbox session and the environment of its hooks.
    package struct Place: Sendable {
        package var session: SandboxSession
        package var variables: [String: String]
        /// Done before each start.
        package var prepare: @Sendable () -> Void

        package init(
            session: SandboxSession, variables: [String: String], prepare: @escaping @Sendable () -> Void = {}
        ) {
            self.session = session
            self.variables = variables
            self.prepare = prepare
        }
    }

    private let workingDirectory: String
    private let confined: Place
    private let makeFree: @Sendable () -> Result<Place, LockgateError>
    private let free = Mutex<Place?>(nil)

    /// - Parameter free: makes the place without a sandbox, with the first hook that needs it.
    package init(
        workingDirectory: String, confined: Place, free: @escaping @Sendable () -> Result<Place, LockgateError>
    ) {
        self.workingDirectory = workingDirectory
        self.confined = confined
        makeFree = free
    }

    /// Whether the session's own sandbox holds anything.
    var confines: Bool { confined.session.policy.mode != .dangerFullAccess }

    /// Starts a line of shell. The descriptors stay the caller's.
    ///
    /// - Throws: why it could not be started. It is never started with less protection.
    func start(
        _ command: String, isSandboxed: Bool, input: Int32, output: Int32, errors: Int32
    ) async throws(LockgateError) -> SandboxedProcess {
        let place = isSandboxed ? confined : try freePlace()
        place.prepare()
        return try await place.session.start(
            SandboxCommand(
                arguments: ["/bin/sh", "-c", command], workingDirectory: workingDirectory,
                environment: place.variables, io: .descriptors(input, output, errors)))
    }

    /// Ends the helper of hooks without a sandbox, if there is one.
    package func shutDown() async {
        await free.withLock({ $0 })?.session.shutDown()
    }

    private func freePlace() throws(LockgateError) -> Place {
        try free.withLock { known throws(LockgateError) in
            if let known { return known }
            let place = try makeFree().get()
            known = place
            return place
        }
    }
}
