import Glibc
import TestSupport
import Testing
import Text
import Wire

@testable import Files

@Suite struct ReadingTests {
    @Test func whateverIsNotMaskedCanBeRead() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            #expect(chmod(fixture.folder.at("ws/file"), 0o750) == 0)
            #expect(try files.read("file") == FileContents(bytes: "one\n".bytes, mode: 0o750))
            #expect(try files.read("../out/secret").bytes == "secret\n".bytes)
            #expect(try files.read(fixture.folder.at("ws/sub/../file")).bytes == "one\n".bytes)
            #expect(try files.readIfPresent("nothing") == nil)
            #expect(try files.readIfPresent("file/x") == nil)
            #expect(try files.status("sub")?.kind == .folder)
            #expect(try files.status("file")?.size == 4)
            #expect(try files.status("nothing") == nil)
        }
    }

    static let refused: [(String, LockgateError.Code)] = [
        ("../masked/key", "files.masked"), ("../masked", "files.masked"), ("to-key", "files.masked"),
        ("to-masked/key", "files.masked"), ("/proc/self/environ", "files.masked"),
        ("/proc/self/fd/0", "files.invalid_path"),
        ("/proc/self/root/etc/passwd", "files.invalid_path"), ("sub", "files.not_a_file"), ("sub/", "files.not_a_file"),
        ("nothing", "files.not_found"), ("", "files.invalid_path"), ("fi\0le", "files.invalid_path"),
    ]

    @Test(arguments: refused)
    func theRestIsRefused(path: String, code: LockgateError.Code) throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/to-key", to: fixture.folder.at("masked/key"))
            try fixture.link("ws/to-masked", to: "../masked")
            let error = #expect(throws: LockgateError.self) { try fixture.files().read(path) }
            #expect(error?.code == code)
        }
    }

    @Test func aMaskThatIsALinkHidesWhatItLeadsTo() throws {
        try FilesFixture.with { fixture in
            try fixture.link("alias", to: "masked")
            let files = try WorkspaceFiles(
                roots: [], workspace: fixture.folder.at("ws"), maskedPaths: [fixture.folder.at("alias")])
            #expect(throws: LockgateError.self) { try files.read("../masked/key") }
            #expect(throws: LockgateError.self) { try files.entries("../alias") }
        }
    }

    @Test func aWorkspaceBelowAMaskIsUsable() throws {
        try FilesFixture.with { fixture in
            let files = try WorkspaceFiles(
                roots: [fixture.folder.at("ws")], workspace: fixture.folder.at("ws"),
                maskedPaths: [fixture.folder.path])
            #expect(try files.read("file").bytes == "one\n".bytes)
            try files.write("new", "n".bytes)
            #expect(throws: LockgateError.self) { try files.read("../out/secret") }
        }
    }

    @Test func largeFilesAreRefusedAndReadInParts() throws {
        try FilesFixture.with { fixture in
            let files = try fixture.files()
            #expect(truncate(fixture.folder.at("ws/file"), 1 << 40) == 0)
            let error = #expect(throws: LockgateError.self) { try files.read("file") }
            #expect(error?.code == "files.too_large")
            #expect(try files.readPart("file", offset: 0, count: 6) == "one\n\0\0".bytes)
            #expect(try files.readPart("file", offset: 1 << 40, count: 6) == [])
            #expect(try files.readPart("file", offset: -5, count: -5) == [])
            #expect(try files.read("sub/inner", limit: 6).bytes == "inner\n".bytes)
            #expect(throws: LockgateError.self) { try files.read("sub/inner", limit: 5) }
        }
    }

    @Test func namesNeedNotBeUTF8() throws {
        try FilesFixture.with { fixture in
            let name: [UInt8] = [0x66, 0xFF, 0x6F]
            let path = fixture.folder.at("ws/sub/").bytes + name
            #expect(creat(path.map { CChar(bitPattern: $0) } + [0], 0o600) >= 0)
            let files = try fixture.files()
            #expect(
                try files.entries("sub") == [
                    FolderEntry(name: name, kind: .file), FolderEntry(name: "inner".bytes, kind: .file),
                ])
            #expect(try files.read(path).bytes == [])
            #expect(throws: LockgateError.self) { try files.read(String(decoding: path, as: UTF8.self)) }
        }
    }

    @Test func foldersAreListedInOrder() throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/z", to: "nowhere")
            #expect(mkfifo(fixture.folder.at("ws/a"), 0o600) == 0)
            let files = try fixture.files()
            #expect(try files.entries(".").map(\.text) == ["a", "file", "sub", "z"])
            #expect(try files.entries(".").map(\.kind) == [.other, .file, .folder, .link])
            #expect(try files.entries(".", limit: 2).count == 2)
            #expect(throws: LockgateError.self) { try files.entries("file") }
        }
    }

    @Test func aMissingWorkspaceIsSaid() throws {
        try FilesFixture.with { fixture in
            for path in ["nowhere", "ws/file"] {
                let error = #expect(throws: LockgateError.self) {
                    try WorkspaceFiles(roots: [], workspace: fixture.folder.at(path))
                }
                #expect(error?.code == "files.not_found")
            }
        }
    }

    /// The way taken where the kernel has no openat2 refuses the same links.
    @Test func goingNameByNameFollowsNoLink() throws {
        try FilesFixture.with { fixture in
            try fixture.link("ws/to-sub", to: "sub")
            let root = fixture.folder.path.bytes
            #expect(try OpenFile.walk(root + "/ws/sub".bytes, from: nil, folderOnly: true).status().isFolder)
            #expect(try OpenFile.walk(root + "/ws/to-sub".bytes, from: nil, folderOnly: false).status().isLink)
            for (path, folderOnly) in [("/ws/to-sub", true), ("/ws/to-sub/inner", false)] {
                #expect(throws: SystemError(number: ENOTDIR)) {
                    try OpenFile.walk(root + path.bytes, from: nil, folderOnly: folderOnly)
                }
            }
        }
    }
}
