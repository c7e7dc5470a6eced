import Basics
import Glibc
import Telemetry

/// The counts of all sessions in one file that another program reads, such as node_exporter's textfile collector.
struct PrometheusFile: Sendable {
    let path: String
    /// LOCKGATE_HOME, where the lock lies: it must not be taken for a file of counts.
    let home: String

    private static let sizeLimit = 16 << 20
    /// Other sessions hold the lock for as long as it takes to write the file.
    private static let attempts = 50

    /// Adds what one run of a session has counted; waits half a second for others at most.
    ///
    /// - Parameter warn: told in a line when it could not be done.
    func add(_ metrics: TelemetryMetrics, warn: (String) -> Void) async {
        do {
            let lock = open("\(home)/prometheus.lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard lock >= 0 else { throw SystemError("open", "\(home)/prometheus.lock", errno: errno) }
            defer { close(lock) }
            var attempt = 1
            while flock(lock, LOCK_EX | LOCK_NB) != 0 {
                guard attempt < Self.attempts else { throw SystemError("flock", path, errno: EWOULDBLOCK) }
                attempt += 1
                try? await Task.sleep(for: .milliseconds(10))
            }
            let known: [UInt8]
            do throws(SystemError) {
                known = try PosixFile.read(path, limit: Self.sizeLimit)
            } catch {
                // Nothing there yet is the beginning; what cannot be read is not written over.
                guard error.errno == ENOENT else { throw error }
                known = []
            }
            var text = PrometheusText(parsing: known)
            text.add(metrics)
            try PosixFile.replace(path, with: text.bytes, mode: 0o644, isDurable: false)
        } catch {
            warn("the counts are not in the file (otel.prometheus_file): \(error)")
        }
    }
}
