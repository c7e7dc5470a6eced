import CLinux
import Glibc
import TestSupport
import Testing
import Text
import Wire

@testable import Files

/// A workspace with a file, beside a folder that is none of the session's business.
struct FilesFixture {
    let folder: TemporaryFolder

    static func with(_ body: (FilesFixture) throws -> Void) throws {
        try TemporaryFolder.with { folder in
            try folder.write("ws/file", "one\n")
            try folder.write("ws/sub/inner", "inner\n")
            try folder.write("out/secret", "secret\n")
            try folder.write("masked/key", "key\n")
            try body(FilesFixture(folder: folder))
        }
    }

    func files(roots: [String] = ["ws"], protected: [String] = []) throws -> WorkspaceFiles {
        try WorkspaceFiles(
            roots: roots.map { folder.at($0) }, workspace: folder.at("ws"),
            protectedPaths: protected.map { folder.at($0) }, maskedPaths: [folder.at("masked")])
    }

    func link(_ name: String, to target: String) throws {
        guard symlink(target, folder.at(name)) == 0 else { throw TestFailure("symlink \(name): errno \(errno)") }
    }

    /// Every name below the folder with what it holds: files their text, links their target.
    func tree(_ start: String = ".") throws -> [String: String] {
        var result: [String: String] = [:]
        for name in try folder.names(start) {
            let path = start == "." ? name : "\(start)/\(name)"
            var status = stat()
            guard lstat(folder.at(path), &status) == 0 else { continue }
            if status.isLink {
                result[path] = "link"
            } else if status.isFolder {
                result[path] = "folder"
                result.merge(try tree(path)) { first, _ in first }
            } else if status.isRegular {
                result[path] = try folder.text(path) ?? "gone"
            } else {
                result[path] = "special"
            }
        }
        return result
    }

    /// The code of the error that `body` throws, and whether it left everything as it was.
    func refusal(_ body: () throws -> Void) throws -> LockgateError.Code? {
        let before = try tree()
        var code: LockgateError.Code?
        do { try body() } catch let error as LockgateError { code = error.code }
        #expect(try tree() == before)
        return code
    }
}

extension String {
    var bytes: [UInt8] { Array(utf8) }
}
