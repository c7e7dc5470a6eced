import CLinux
import Glibc
import Wire

/// A survey under way: the helper tries the layers while the caller does something else.
final class SurveyRun: Sendable {
    private let helper: String
    private let process: HelperProcess
    private let socket: Int32

    /// Starts the helper.
    init(helper: String) throws(LockgateError) {
        var pair: [Int32] = [-1, -1]
        let paired = clinux_message_pair(&pair)
        guard paired == 0 else { throw .noResources("socketpair", -paired) }
        defer { close(pair[1]) }
        do {
            process = try HelperProcess.start(helper, policy: PolicyMessage.survey(), socket: pair[1])
        } catch {
            close(pair[0])
            throw error
        }
        self.helper = helper
        socket = pair[0]
    }

    /// A helper whose answer nobody reads any more ends by itself.
    deinit { close(socket) }

    /// Waits for the helper's one answer. Call once.
    ///
    /// - Throws: `sandbox.no_survey` when none comes in time, or it is none.
    func result() throws(LockgateError) -> LayerSurvey {
        if case .surveyed(let text) = ReservedNames.answer(socket), let survey = LayerSurvey(text) { return survey }
        process.kill()
        throw LockgateError(
            "sandbox.no_survey", "The sandbox helper \(helper) did not say what this machine grants.",
            remedy: "Install it and the program from one release.")
    }
}
