// libFuzzer target: command lines as a model writes them, read by the parser that decides whether to ask.
import Policy

/// Reads a script as a command of bash and of sh.
///
/// Beyond not crashing: what the parser calls exact it must read back as the same when it is written with its own quotes.
/// Otherwise a rule would be matched against words that are not those that run.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size < 4096 else { return -1 }
    let script = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
    for shell in ["/bin/bash", "/bin/sh"] {
        let analysis = ShellAnalysis(argv: [shell, "-c", script])
        guard analysis.isExact else { continue }
        for command in analysis.commands where command.role == .runs {
            guard let argv = command.argv, !argv.isEmpty else { fatalError("exact, and yet without words") }
            let again = ShellAnalysis(argv: [shell, "-c", command.shown])
            let isRead = again.isExact && again.commands.contains { $0.argv == argv }
            // What another program starts is not written as the script has it.
            guard isRead || !command.within.isEmpty else {
                fatalError("\(argv) is written \(command.shown) and read as \(again)")
            }
        }
    }
    return 0
}
