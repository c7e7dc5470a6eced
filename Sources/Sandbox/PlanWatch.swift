import CLinux
import Glibc

/// Tells whether anything changed that a plan was made of, by inotify(7): the kernel queues a change before the call
/// that made it returns, so what an ended command did is seen.
///
/// File systems whose changes come from elsewhere (network, FUSE) and exhausted limits cannot be watched: then every
/// command gets a new plan.
final class PlanWatch {
    private static let bufferBytes = 32 << 10

    private let queue: Int32
    private var interests: [Int32: PlanWitness.Interest] = [:]
    private var isValid = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 8)

    /// nil when the kernel grants no queue.
    init?(queue: Int32 = clinux_notify_create()) {
        self.queue = queue
        // All is set by now, so `deinit` runs for what is given up here too.
        if queue < 0 { return nil }
    }

    deinit {
        if queue >= 0 { close(queue) }
        buffer.deallocate()
    }

    /// Whether there was a change since `follow` was told of what a plan was made of.
    func hasChanged() -> Bool {
        while true {
            let count = clinux_notify_read(queue, buffer.baseAddress, buffer.count)
            if count == 0 { return !isValid }
            guard count > 0 else {
                isValid = false
                return true
            }
            if isValid { scan(count) }
        }
    }

    /// A record for the plan that is to be made now. It watches each folder before the plan looks into it.
    func begin() -> PlanWitness { PlanWitness { [self] in watch($0) } }

    /// From now on what the plan was made of is what counts. False if some of it cannot be watched.
    func follow(_ witness: PlanWitness) -> Bool {
        var followed: [Int32: PlanWitness.Interest] = [:]
        for (watch, interest) in witness.watched { followed[watch, default: interest].formUnion(interest) }
        interests = followed
        isValid = witness.isComplete
        return isValid
    }

    private func watch(_ folder: String) -> PlanWitness.Watch {
        let watch = clinux_notify_add(queue, folder)
        switch watch {
        case 0...: return interests[watch] == nil && clinux_notify_is_blind(folder) != 0 ? .impossible : .number(watch)
        // Nobody else can look into it either, or it is not there and its parent will tell.
        case -ENOENT, -ENOTDIR, -EACCES, -ELOOP: return .needless
        default: return .impossible
        }
    }

    private func scan(_ count: Int) {
        var at = 0
        var notice = clinux_notice()
        while at < count {
            at = clinux_notify_next(buffer.baseAddress, count, at, &notice)
            if notice.has_overflowed != 0 { isValid = false }
            guard let interest = interests[notice.watch] else { continue }
            if notice.has_ended != 0 || interest.covers(notice.name, isFolder: notice.is_folder != 0) {
                isValid = false
            }
            if !isValid { return }
        }
    }
}
