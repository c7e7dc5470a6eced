import Glibc
import Wire

/// Finds out where a path really leads, without opening anything on the way.
struct PathResolver {
    /// Where a path leads.
    enum Place {
        /// To a file, of any type.
        case existing(Existing)
        /// Nowhere yet: `names` are the parts that do not exist, below a folder that does.
        case missing(folder: [UInt8], names: [[UInt8]])

        /// The path with every link resolved; for a missing file the one it would get.
        var canonicalPath: [UInt8] {
            switch self {
            case .existing(let existing): existing.canonicalPath
            case .missing(let folder, let names): names.reduce(folder) { $0.appending(name: $1) }
            }
        }
    }

    struct Existing {
        let file: OpenFile
        let status: stat
        let canonicalPath: [UInt8]
        /// Whether the path's last name is a symbolic link.
        let isReachedByLink: Bool
    }

    /// Canonical; what relative paths start from.
    let workspace: [UInt8]
    /// Where absolute paths start; nil for the process's own root.
    var view: (any FileView)?

    /// Resolves a path.
    ///
    /// What comes out is only a finding: names may change their meaning at any time after. A reader therefore uses
    /// the descriptor that comes with it, and a writer opens the canonical path anew with no link allowed.
    func resolve(_ path: [UInt8]) throws(PathProblem) -> Place {
        guard !path.isEmpty, !path.contains(0) else { throw .invalid("is empty or holds a NUL byte") }
        let absolute = path.first == UInt8(ascii: "/") ? path : workspace.appending(name: path)
        do throws(SystemError) {
            return .existing(try existing(absolute))
        } catch {
            guard error.number == ENOENT else { throw PathProblem(error) }
        }
        return try missing(absolute)
    }

    private func existing(_ path: [UInt8]) throws(SystemError) -> Existing {
        let file = try OpenFile.locate(path, view: view, links: .follow)
        // A file without a name was removed a moment ago.
        guard let canonical = try file.canonicalPath() else { throw SystemError(number: ENOENT) }
        let isLink = try OpenFile.locate(path, view: view, links: .followToParent).status().isLink
        return Existing(
            file: file, status: try file.status(), canonicalPath: canonical, isReachedByLink: isLink)
    }

    /// Goes up from a path that does not exist to the first folder that does.
    private func missing(_ path: [UInt8]) throws(PathProblem) -> Place {
        guard path.last != UInt8(ascii: "/") else { throw .invalid("names a folder") }
        var names: [[UInt8]] = []
        var rest = path[...]
        while true {
            let split = rest.lastIndex(of: UInt8(ascii: "/")).map { (rest[..<$0], rest[($0 + 1)...]) }
            guard let (above, name) = split else { throw .notFound }
            rest = above
            if name.isEmpty || name.elementsEqual(".".utf8) { continue }
            // Going up from a folder that does not exist means nothing to the kernel, and nothing safe to us.
            guard !name.elementsEqual("..".utf8) else { throw .invalid("has '..' after a folder that does not exist") }
            names.insert(Array(name), at: 0)
            let parent = above.isEmpty ? [UInt8(ascii: "/")] : Array(above)
            do throws(SystemError) {
                let folder = try OpenFile.locate(parent, view: view, links: .follow, folderOnly: true)
                guard let canonical = try folder.canonicalPath() else { throw SystemError(number: ENOENT) }
                try refuseDanglingLink(names[0], in: folder)
                return .missing(folder: canonical, names: names)
            } catch {
                if error.number == ELOOP { throw .danglingLink }
                guard error.number == ENOENT else { throw PathProblem(error) }
            }
        }
    }

    /// A missing name must be free: a link that leads nowhere would decide where a new file goes.
    private func refuseDanglingLink(_ name: [UInt8], in folder: OpenFile) throws(SystemError) {
        do throws(SystemError) {
            let file = try OpenFile.locate(name, in: folder, links: .none)
            throw SystemError(number: try file.status().isLink ? ELOOP : EAGAIN)
        } catch {
            if error.number != ENOENT { throw error }
        }
    }
}

/// Why a path leads nowhere.
enum PathProblem: Error {
    case invalid(String)
    case notFound
    case danglingLink
    case system(SystemError)

    init(_ error: SystemError) {
        switch error.number {
        case ENOENT, ENOTDIR: self = .notFound
        case ELOOP: self = .invalid("runs through a loop of links or through a magic link")
        case ENAMETOOLONG: self = .invalid("is too long")
        default: self = .system(error)
        }
    }
}

extension [UInt8] {
    /// The path with one more name.
    func appending(name: some Sequence<UInt8>) -> [UInt8] {
        last == UInt8(ascii: "/") ? self + name : self + [UInt8(ascii: "/")] + name
    }

    /// The names of a canonical path below a canonical folder; nil if it lies elsewhere. Empty for the folder itself.
    func names(below folder: [UInt8]) -> [ArraySlice<UInt8>]? {
        let prefix = folder == [UInt8(ascii: "/")] ? [] : folder
        guard starts(with: prefix), count == prefix.count || self[prefix.count] == UInt8(ascii: "/") else { return nil }
        return self[prefix.count...].split(separator: UInt8(ascii: "/"))
    }

    /// The folder and the last name of a canonical path that is not the root.
    var folderAndName: (folder: [UInt8], name: [UInt8])? {
        guard let slash = lastIndex(of: UInt8(ascii: "/")), slash + 1 < count else { return nil }
        return (slash == 0 ? [UInt8(ascii: "/")] : Array(self[..<slash]), Array(self[(slash + 1)...]))
    }

    /// For messages.
    var shown: String { String(decoding: self, as: UTF8.self) }
}
