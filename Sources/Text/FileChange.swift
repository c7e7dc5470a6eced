/// What becomes of one file, worked out in full before anything is written.
package struct FileChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        case add, update, delete, move
    }

    /// The file as the author of the change names it: relative to the working folder, or absolute.
    ///
    /// Not checked in any way; whoever writes the file decides whether the path may be written.
    package let path: String
    /// Where a moved file goes; nil for every other kind.
    package let destination: String?
    /// The bytes that the change was made for; nil where the file must not exist yet.
    package let old: [UInt8]?
    /// The bytes afterwards; nil where the file is to go.
    package let new: [UInt8]?
    /// Permission bits (0o777) to give the file; nil keeps what it has, or takes the default for a new one.
    package let mode: UInt32?

    private init(path: String, destination: String?, old: [UInt8]?, new: [UInt8]?, mode: UInt32?) {
        self.path = path
        self.destination = destination
        self.old = old
        self.new = new
        self.mode = mode
    }

    package static func add(_ path: String, _ new: [UInt8], mode: UInt32? = nil) -> FileChange {
        FileChange(path: path, destination: nil, old: nil, new: new, mode: mode)
    }

    package static func update(_ path: String, from old: [UInt8], to new: [UInt8], mode: UInt32? = nil) -> FileChange {
        FileChange(path: path, destination: nil, old: old, new: new, mode: mode)
    }

    package static func delete(_ path: String, _ old: [UInt8]) -> FileChange {
        FileChange(path: path, destination: nil, old: old, new: nil, mode: nil)
    }

    /// A rename, with or without a change of the bytes.
    package static func move(
        _ path: String, to destination: String, from old: [UInt8], to new: [UInt8], mode: UInt32? = nil
    ) -> FileChange {
        FileChange(path: path, destination: destination, old: old, new: new, mode: mode)
    }

    /// The same change with other bytes afterwards, for one that leaves a file.
    package func leaving(_ new: [UInt8]) -> FileChange {
        self.new == nil ? self : FileChange(path: path, destination: destination, old: old, new: new, mode: mode)
    }

    package var kind: Kind {
        if destination != nil { return .move }
        if old == nil { return .add }
        return new == nil ? .delete : .update
    }

    /// The change as git would print it.
    ///
    /// - Parameters:
    ///   - oldMode: the file's mode before, as git keeps it.
    ///   - context: common lines around each change.
    package func unifiedDiff(oldMode: UInt32 = 0o100644, context: Int = 3) -> [UInt8] {
        let newMode = mode.map { 0o100000 | $0 } ?? oldMode
        let before = old.map { UnifiedDiff.Version(path: path, bytes: $0, mode: oldMode) }
        let after = new.map { UnifiedDiff.Version(path: destination ?? path, bytes: $0, mode: newMode) }
        return UnifiedDiff(old: before, new: after).rendered(context: context)
    }
}
