import Commands
import Dispatch

@main
enum Main {
    static func main() {
        Lockgate.handOver()
        Task.detached { await Lockgate.start() }
        dispatchMain()
    }
}
