import Basics
import Config
import Journal
import TUI
import Wire
import Workspace

/// The session of this screen goes on in another folder.
extension SessionHost {
    /// Hands the session and the uncommitted changes over to a worktree, as `lockgate worktree handoff` does.
    func handOver(to worktree: String) async throws {
        guard let id, let setup else {
            throw LockgateError(
                "session.none", "the session begins with the first prompt; there is nothing to hand over")
        }
        let path = try SessionStore(home: setup.home).find(id)
        await close(reason: "other")
        do {
            var handoff = WorktreeHandoff.Move(home: setup.home, to: worktree, keeps: false)
            let moved = try handoff.carryOut(SessionLocation(id: id, path: path))
            post(.boardClosed)
            request.directory = moved.folder
            await begin(.resume(id))
            post(.note(.init(.info, "The session goes on in \(moved.folder).", details: handoff.notes)))
        } catch {
            // It goes on where it was.
            await begin(.resume(id))
            throw error
        }
    }
}
