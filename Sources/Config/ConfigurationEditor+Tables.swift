import Basics
import Glibc
package import Wire

extension ConfigurationEditor {
    /// Takes a table with all below it out of the user's file.
    ///
    /// Lines are taken out from the table's heading to the next one. What is left has to say all the rest as before, or nothing
    /// is written: a table that is stated in another way is the user's to edit.
    /// - Returns: the file; nil where it does not state the table.
    /// - Throws: `config.edit`, `config.write`.
    package func removeTable(_ path: [String], from loader: ConfigurationLoader) throws(LockgateError) -> String? {
        let file = loader.userFile
        guard let bytes = try ConfigurationFile.read(file) else { return nil }
        let old = try TOMLDocument(SourceText(name: file, bytes: bytes)).root
        guard let expected = Self.removing(path, from: old) else { return nil }
        var kept: [UInt8] = []
        var isInside = false
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            if let heading = Self.heading(line) { isInside = heading.starts(with: path) }
            if !isInside { kept += line + [0x0A] }
        }
        kept.removeLast()
        guard let new = try? TOMLDocument(SourceText(name: file, bytes: kept)).root, new == expected else {
            throw LockgateError(
                "config.edit", "\(file.printable) states \(DottedKey.join(path)) in a way that is not edited here",
                remedy: "take it out by hand")
        }
        let real = PosixFile.canonical(file) ?? file
        var status = stat()
        let mode = stat(real, &status) == 0 ? status.st_mode & 0o777 : 0o600
        do throws(SystemError) {
            try PosixFile.replace(real, with: kept, mode: mode)
        } catch {
            throw LockgateError(
                "config.write", "cannot write \(file.printable): \(error.reason)",
                remedy: "check the permissions of \(PathText.parent(real).printable) and the disk")
        }
        return file
    }

    /// The names of a line `[a.b]`; nil for any other.
    private static func heading(_ line: ArraySlice<UInt8>) -> [String]? {
        let text = String(decoding: line, as: UTF8.self)
        let start = text.drop { $0 == " " || $0 == "\t" }
        guard start.hasPrefix("["), let end = start.lastIndex(of: "]") else { return nil }
        return DottedKey.split(String(start[start.index(after: start.startIndex)..<end]))
    }

    /// Nil where there is no such table. Tables that are left empty go as well.
    private static func removing(_ path: [String], from object: JSONObject) -> JSONObject? {
        guard let first = path.first, let value = object[first] else { return nil }
        var object = object
        guard path.count > 1 else {
            object[first] = nil
            return object
        }
        guard let inner = value.object.flatMap({ removing(Array(path.dropFirst()), from: $0) }) else { return nil }
        object[first] = inner.isEmpty ? nil : .object(inner)
        return object
    }
}
