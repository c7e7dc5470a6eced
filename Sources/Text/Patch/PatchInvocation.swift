/// A patch that a model sends as a shell command and not through the patch tool.
///
/// Recognised are `apply_patch PATCH` as an argument list and, as a script or behind `bash -lc`, the heredoc
///
///     cd FOLDER && apply_patch <<'EOF'
///     ...
///     EOF
///
/// with or without the `cd`. Anything that follows the heredoc, or that a shell would have to expand to know what is
/// meant, makes it an ordinary command. The heredoc's body is taken literally also where its marker is not quoted: a
/// patch is never meant to be expanded.
package struct PatchInvocation: Sendable, Hashable {
    /// The patch's text, not yet parsed.
    package let patch: String
    /// The folder that the paths are relative to, if the command changes there first.
    package let folder: String?

    /// Recognises a command by its argument list; nil for any other command.
    package init?(arguments: [String]) {
        switch arguments.count {
        case 2 where Self.names.contains(arguments[0]):
            self.init(patch: arguments[1], folder: nil)
        case 3 where Self.shells.contains(Self.baseName(arguments[0])) && ["-c", "-lc"].contains(arguments[1]):
            self.init(script: arguments[2])
        default: return nil
        }
    }

    /// Recognises a command by its shell script; nil for any other command.
    package init?(script: String) {
        var rest = Array(script.utf8)[...].trimmed
        var folder: String?
        if rest.take(word: "cd") {
            guard let argument = rest.takeArgument(), rest.take(symbol: "&&") else { return nil }
            folder = argument
        }
        guard Self.names.contains(where: { rest.take(word: $0) }), rest.take(symbol: "<<"),
            let marker = rest.takeArgument(), !marker.isEmpty, rest.first == 0x0A
        else { return nil }
        rest.removeFirst()
        guard let end = Self.end(of: rest, marker: Array(marker.utf8)),
            let patch = String(validating: rest[..<end], as: UTF8.self)
        else { return nil }
        self.init(patch: patch, folder: folder)
    }

    private init(patch: String, folder: String?) {
        self.patch = patch
        self.folder = folder
    }

    private static let names = ["apply_patch", "applypatch"]
    private static let shells = ["bash", "sh", "zsh", "dash"]

    private static func baseName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// Where the body ends, if its first line that is the marker alone is also the script's last.
    private static func end(of body: ArraySlice<UInt8>, marker: [UInt8]) -> Int? {
        var start = body.startIndex
        while start < body.endIndex {
            let lineEnd = body[start...].firstIndex(of: 0x0A) ?? body.endIndex
            if body[start..<lineEnd].elementsEqual(marker) {
                return body[lineEnd...].trimmed.isEmpty ? start : nil
            }
            start = lineEnd + 1
        }
        return nil
    }
}

extension ArraySlice<UInt8> {
    /// Takes a word that white space or a `<` follows, with the blanks after it.
    fileprivate mutating func take(word: String) -> Bool {
        guard starts(with: word.utf8) else { return false }
        let after = dropFirst(word.utf8.count)
        guard let next = after.first, next.isBlank || next == UInt8(ascii: "<") else { return false }
        self = after.droppingBlanks
        return true
    }

    fileprivate mutating func take(symbol: String) -> Bool {
        guard starts(with: symbol.utf8) else { return false }
        self = dropFirst(symbol.utf8.count).droppingBlanks
        return true
    }

    /// Takes one argument, quoted or not, with the blanks after it; nil if a shell would expand any of it.
    fileprivate mutating func takeArgument() -> String? {
        guard let first else { return nil }
        let text: ArraySlice<UInt8>
        if first == UInt8(ascii: "'") || first == UInt8(ascii: "\"") {
            guard let end = dropFirst().firstIndex(of: first) else { return nil }
            text = self[(startIndex + 1)..<end]
            if first == UInt8(ascii: "\""), text.contains(where: { "$`\\!".utf8.contains($0) }) { return nil }
            self = self[(end + 1)...]
            guard self.first.map({ $0.isBlank || $0 == 0x0A || $0 == UInt8(ascii: "&") }) ?? true else { return nil }
        } else {
            text = prefix { !$0.isASCIISpace && $0 != UInt8(ascii: "&") }
            // A leading `-` would be an option and a leading `~` a home folder.
            guard !text.isEmpty, first != UInt8(ascii: "-"), first != UInt8(ascii: "~"),
                !text.contains(where: { "$`\\'\"*?[]{}();|<>#!".utf8.contains($0) })
            else { return nil }
            self = dropFirst(text.count)
        }
        self = droppingBlanks
        return String(validating: text, as: UTF8.self)
    }

    private var droppingBlanks: ArraySlice<UInt8> { drop { $0.isBlank } }
}

extension UInt8 {
    /// What separates words on one line of a shell script.
    fileprivate var isBlank: Bool { self == 0x20 || self == 0x09 }
}
