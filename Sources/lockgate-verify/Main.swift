import Audit
import Basics
import Glibc

/// `lockgate-verify`: checks journals on any machine, with nothing else of Lockgate.
@main
enum Main {
    static let usage = """
        usage: lockgate-verify [--json] [--key KEY|FILE]... [--expect-head HASH|FILE]... FILE|FOLDER...

        Checks session journals: each record's hash, the chain, the numbers, the seals. Says where a journal breaks.
          --key          accept seals by this key only: ed25519:… or a file that holds it
          --expect-head  a hash that has to occur, or a file of anchors (lockgate audit anchor)
          --json         one JSON object a journal
        Exits with 0 when all is whole, 1 when something is broken, 2 for wrong usage.
        """

    static func main() {
        do {
            exit(try run(CommandLine.arguments.dropFirst()))
        } catch let fault as AuditFault {
            write(STDERR_FILENO, "lockgate-verify: \(fault)")
            exit(2)
        } catch {
            write(STDERR_FILENO, "lockgate-verify: \(error)")
            exit(1)
        }
    }

    private static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        var expectation = Expectation()
        var paths: [String] = []
        var isJSON = false
        var arguments = arguments
        func value(of option: String) throws -> String {
            guard let value = arguments.popFirst() else { throw AuditFault("\(option) needs a value") }
            return value
        }
        while let word = arguments.popFirst() {
            switch word {
            case "--help", "-h":
                write(STDOUT_FILENO, usage)
                return 0
            case "--json": isJSON = true
            case "--key": try expectation.require(key: value(of: word))
            case "--expect-head": try expectation.require(head: value(of: word))
            case "--":
                paths += arguments
                arguments = []
            case _ where word.hasPrefix("-"): throw AuditFault("there is no option \(word)\n\(usage)")
            default: paths.append(word)
            }
        }
        guard !paths.isEmpty else { throw AuditFault("no journal was named\n\(usage)") }
        var run = VerificationRun(expecting: expectation, isJSON: isJSON) { text in
            try PosixFile.writeAll(STDOUT_FILENO, Array((HarmlessText.clean(text) + "\n").utf8))
        }
        return try run.verify(paths)
    }

    private static func write(_ descriptor: Int32, _ text: String) {
        try? PosixFile.writeAll(descriptor, Array((HarmlessText.clean(text) + "\n").utf8))
    }
}
