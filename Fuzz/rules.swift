// libFuzzer target: rule files, which a repository may bring along.
import Policy
import Wire

/// Reads a rule file; what loads has to match by itself, as its own self-tests would ask.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
    guard size < 16384 else { return -1 }
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    guard let rules = try? CommandRules(bytes, file: "/f.rules", layer: .user) else { return 0 }
    for rule in rules.prefixes {
        let first = rule.pattern.map { ShellWord.known($0[0]) }
        guard rules.match(rule, first) == .yes || rule.decision == .allow && (first[0].text ?? "").contains("/") else {
            fatalError("\(rule.text) does not match its own words")
        }
        // What is written must be readable, and mean the same.
        guard let again = try? CommandRules(Array(rule.text.utf8), file: "/f.rules", layer: .user),
            again.prefixes.map(\.pattern) == [rule.pattern], again.prefixes.map(\.decision) == [rule.decision]
        else { fatalError("\(rule.text) is not read back") }
    }
    return 0
}
