import Audit
import Basics
import Glibc

/// A session's files as the folders name them, with what tells whether they changed.
package struct SessionListing: Sendable, Hashable {
    /// What a file is, without its content: another inode, size or time is another content.
    package struct Identity: Sendable, Hashable, CustomStringConvertible {
        package let inode: UInt64
        package let size: Int
        /// Nanoseconds since 1970.
        package let modified: Int

        fileprivate init(_ status: stat) {
            inode = UInt64(status.st_ino)
            size = Int(status.st_size)
            modified = Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
        }

        package var description: String { "\(inode):\(size):\(modified)" }
    }

    package let location: SessionLocation
    package let file: Identity
    /// nil where nothing is noted.
    package let notes: Identity?
}

extension SessionStore {
    /// All sessions with what their files are, newest first. Costs a system call a file and opens none.
    package var listing: [SessionListing] {
        var found: [SessionListing] = []
        for folder in dayFolders {
            let directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard directory >= 0 else { continue }
            defer { close(directory) }
            func identity(_ name: String) -> SessionListing.Identity? {
                var status = stat()
                guard fstatat(directory, name, &status, 0) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
                return SessionListing.Identity(status)
            }
            let names = PosixFile.list(folder)
            let noted = Set(names.filter { $0.hasSuffix(".notes") })
            for (name, location) in SessionLocation.named(in: folder, names) {
                guard let file = identity(name) else { continue }
                let notes = "\(location.id).notes"
                found.append(
                    SessionListing(
                        location: location, file: file, notes: noted.contains(notes) ? identity(notes) : nil))
            }
        }
        return found
    }

    /// The folders that hold a day's sessions, newest first.
    var dayFolders: some Sequence<String> {
        // Names are dates, so plain order is time order.
        PosixFile.list(root).reversed().lazy.flatMap { [root] year in
            PosixFile.list("\(root)/\(year)").reversed().lazy.flatMap { month in
                PosixFile.list("\(root)/\(year)/\(month)").reversed().lazy.map { "\(root)/\(year)/\(month)/\($0)" }
            }
        }
    }
}

extension SessionLocation {
    /// The sessions of a folder's names, newest first. Of two forms of one journal, as a crash may leave them, the plain one
    /// counts.
    static func named(in folder: String, _ names: [String]) -> [(name: String, location: SessionLocation)] {
        var found: [(name: String, location: SessionLocation)] = []
        for name in names.reversed() {
            guard let id = JournalFile.stem(name).flatMap({ SessionID($0) }) else { continue }
            if found.last?.location.id == id { found.removeLast() }
            found.append((name, SessionLocation(id: id, path: "\(folder)/\(name)")))
        }
        return found
    }
}
