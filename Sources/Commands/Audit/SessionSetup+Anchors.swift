import Audit
import Basics
import Config
import Journal
import Wire

extension SessionSetup {
    /// How long all anchors of a session's end may take together.
    private static let anchorLimit = Duration.seconds(5)

    /// The places that `audit.anchor` names.
    ///
    /// - Throws: `audit.anchor`.
    func anchorPlaces() throws(LockgateError) -> [AnchorPlace] {
        var places: [AnchorPlace] = []
        for text in settings.audit.anchor {
            places.append(try AnchorPlace(text, from: home, home: environment["HOME"]))
        }
        return places
    }

    /// Ends a session's record: signs it, keeps what going on later needs, and its anchors elsewhere.
    ///
    /// - Parameter warn: told of each anchor that was not kept; the session is no worse for it.
    func conclude(_ journal: SessionJournal, warn: (String) -> Void) async {
        // What came after the turn, if anything, is signed as well.
        try? journal.seal()
        journal.keepResumePoint()
        guard journal.path != nil, let places = try? anchorPlaces(), !places.isEmpty else { return }
        do throws(LockgateError) {
            guard let anchor = try journal.anchor() else { return }
            let failures = await AnchorEnd.keep(
                anchor.json.text, in: places, within: Self.anchorLimit, environment: environment)
            for failure in failures { warn(failure) }
        } catch {
            warn("the anchor was not kept: \(error.message)")
        }
    }
}

/// Keeps one anchor in several places beside each other, and waits for none longer than its time.
enum AnchorEnd {
    /// - Returns: what was not kept, each with its reason.
    static func keep(
        _ line: String, in places: [AnchorPlace], within limit: Duration, environment: [String: String]
    ) async -> [String] {
        let (results, feed) = AsyncStream.makeStream(of: (place: AnchorPlace, error: LockgateError?).self)
        // Not children of this task: one that hangs in a disk would be waited for.
        let work = places.map { place in
            Task {
                do throws(LockgateError) {
                    try await place.keep(line, environment: environment)
                    feed.yield((place, nil))
                } catch {
                    feed.yield((place, error))
                }
            }
        }
        let timer = Task {
            if (try? await Task.sleep(for: limit)) != nil { feed.finish() }
        }
        var open = places
        var failures: [String] = []
        for await (place, error) in results {
            if let index = open.firstIndex(of: place) { open.remove(at: index) }
            if let error { failures.append(error.message) }
            if open.isEmpty { break }
        }
        timer.cancel()
        for task in work { task.cancel() }
        return failures + open.map { "the anchor was not kept in \($0): it took longer than \(limit)" }
    }
}
