import CEarlyStart
import Commands
import Dispatch

@main
enum Main {
    static func main() {
        let early = early_helper_take()
        Lockgate.handOver(early: early.socket >= 0 ? (early.socket, early.pid) : nil)
        Task.detached { await Lockgate.start() }
        dispatchMain()
    }
}
