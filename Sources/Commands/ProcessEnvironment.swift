import Basics
import Glibc

/// The process's own surroundings, read once at the edge and passed on as values.
enum ProcessEnvironment {
    /// The environment; names without a value and entries that are not UTF-8 are repaired, not dropped.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let pair = String(cString: text)
            if let equals = pair.firstIndex(of: "=") {
                variables[String(pair[..<equals])] = String(pair[pair.index(after: equals)...])
            }
            entry += 1
        }
        return variables
    }

    /// What follows the program's name.
    static var arguments: ArraySlice<String> { CommandLine.arguments.dropFirst() }

    /// The current folder with links resolved, `/` if it has been removed.
    static var workingDirectory: String { PosixFile.canonical(".") ?? "/" }
}
