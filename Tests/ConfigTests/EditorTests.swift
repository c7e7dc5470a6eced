import Basics
import Glibc
import Testing
import Wire

@testable import Config

@Suite("Setting a key in place")
struct EditorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var before: String
        var key: String
        var value: JSONValue
        var after: String
        var testDescription: String { name }
    }

    static let cases: [Case] = [
        Case(name: "empty file", before: "", key: "model", value: "m", after: "model = \"m\"\n"),
        Case(
            name: "a value, with its comments", before: "# top\nmodel  =  'old' # why\n\n[network]\nmode=\"off\"\n",
            key: "model", value: "new", after: "# top\nmodel  =  \"new\" # why\n\n[network]\nmode=\"off\"\n"),
        Case(
            name: "a value over several lines",
            before: "project_root_markers = [\n  \".git\", # git\n]\nmodel = \"m\"\n",
            key: "project_root_markers", value: [".hg"], after: "project_root_markers = [\".hg\"]\nmodel = \"m\"\n"),
        Case(
            name: "a new key in a section", before: "[network]\n# about\n  mode = \"off\" # c\n\n# next\n[history]\n",
            key: "network.extra", value: 1,
            after: "[network]\n# about\n  mode = \"off\" # c\n  extra = 1\n\n# next\n[history]\n"),
        Case(
            name: "a section without keys", before: "[network]\n[history]\n", key: "network.mode", value: "on",
            after: "[network]\nmode = \"on\"\n[history]\n"),
        Case(
            name: "the deepest section", before: "[a]\n[a.b]\nx = 1\n[c]\n", key: "a.b.y.z", value: true,
            after: "[a]\n[a.b]\nx = 1\ny.z = true\n[c]\n"),
        Case(
            name: "a new section", before: "model = \"m\"", key: "network.mode", value: "on",
            after: "model = \"m\"\n\n[network]\nmode = \"on\"\n"),
        Case(
            name: "a section that was only implied", before: "[a.b.c]\nx = 1\n", key: "a.b.y", value: 2,
            after: "[a.b.c]\nx = 1\n\n[a.b]\ny = 2\n"),
        Case(
            name: "dotted keys at the top", before: "network.mode = \"off\"\n\n[history]\n", key: "network.extra",
            value: 1,
            after: "network.mode = \"off\"\nnetwork.extra = 1\n\n[history]\n"),
        Case(
            name: "an inline table", before: "network = { mode = \"off\" } # c\n", key: "network.extra", value: [1, 2],
            after: "network = { mode = \"off\", extra = [1, 2] } # c\n"),
        Case(
            name: "an inline table that ends in another", before: "a = { b = { c = 1 } }\n", key: "a.d", value: 2,
            after: "a = { b = { c = 1 }, d = 2 }\n"),
        Case(
            name: "an empty inline table", before: "network = {}\n", key: "network.mode", value: "on",
            after: "network = { mode = \"on\" }\n"),
        Case(
            name: "a plain key above sections", before: "# licence\n\n[network]\nmode = \"off\"\n", key: "model",
            value: "m",
            after: "# licence\nmodel = \"m\"\n\n[network]\nmode = \"off\"\n"),
        Case(
            name: "a comment without an end", before: "# only this", key: "model", value: "m",
            after: "# only this\nmodel = \"m\"\n"),
        Case(
            name: "names that need quotes", before: "", key: "projects.\"/a b\".trust_level", value: "trusted",
            after: "[projects.\"/a b\"]\ntrust_level = \"trusted\"\n"),
        Case(
            name: "Windows line ends", before: "model = \"a\"\r\n[network]\r\n", key: "network.mode", value: "on",
            after: "model = \"a\"\r\n[network]\r\nmode = \"on\"\r\n"),
        Case(
            name: "a byte order mark", before: "\u{FEFF}[network]\n", key: "model", value: "m",
            after: "\u{FEFF}model = \"m\"\n[network]\n"),
        Case(
            name: "text that needs escapes", before: "model = 1\n", key: "model", value: "a\"b\\c\n\u{7F}",
            after: "model = \"a\\\"b\\\\c\\n\\u007F\"\n"),
    ]

    @Test("Only the key changes", arguments: cases)
    func edits(_ sample: Case) throws {
        let path = try #require(DottedKey.split(sample.key))
        let result = try TOMLEdit.set(
            path, to: sample.value, in: SourceText(name: "x", bytes: Array(sample.before.utf8)))
        #expect(String(decoding: result, as: UTF8.self) == sample.after)
        // Setting the same again changes nothing.
        let again = try TOMLEdit.set(path, to: sample.value, in: SourceText(name: "x", bytes: result))
        #expect(again == result)
    }

    @Test("In any document, a key that can be set is set alone", arguments: TOMLTests.documents)
    func anyDocument(text: String) throws {
        let source = SourceText(name: "x", bytes: Array(text.utf8))
        let before = try TOMLDocument(source)
        for path in before.entries.filter({ $0.kind == .pair }).map(\.path) + [
            ["new"], ["t", "new"], ["p", "q", "new"],
        ] {
            // A value in a list's element has a path, but no key.
            guard let result = try? TOMLEdit.set(path, to: "set", in: source) else { continue }
            let after = try TOMLDocument(SourceText(name: "x", bytes: result))
            let value = path.reduce(JSONValue.object(after.root) as JSONValue?) { $0?[$1] }
            #expect(value == "set", "\(path)")
        }
    }

    @Test("What stands in the way is told with the line to write")
    func noRoom() {
        #expect(
            throws: LockgateError(
                "config.edit", "x has a shape in which network.mode cannot be set safely",
                remedy: "write it yourself: network.mode = \"on\"")
        ) {
            try TOMLEdit.set(
                ["network", "mode"], to: "on", in: SourceText(name: "x", bytes: Array("network = 1\n".utf8)))
        }
    }

    @Test("A file of the user is changed in place, through a link, with its mode kept")
    func file() throws {
        try Fixture.with { fixture in
            let real = "\(fixture.base)/dotfiles/config.toml"
            try fixture.write(real, "# mine\nmodel = \"a\"\n")
            chmod(real, 0o640)
            let link = "\(fixture.home)/config.toml"
            #expect(symlink(real, link) == 0)
            let editor = ConfigurationEditor(fixture.loader())
            let change = try editor.set("model", to: "gpt-5")
            #expect(change == ConfigurationEditor.Change(key: "model", file: link, old: "a", new: "gpt-5"))
            #expect(try PosixFile.read(real, limit: 1000) == Array("# mine\nmodel = \"gpt-5\"\n".utf8))
            var status = stat()
            #expect(lstat(link, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK)
            #expect(stat(real, &status) == 0 && status.st_mode & 0o777 == 0o640)
            #expect(try fixture.load().settings.model == "gpt-5")
        }
    }

    @Test("A missing file and its folder are made, for the user and for a profile")
    func newFiles() throws {
        try Fixture.with { fixture in
            let loader = ConfigurationLoader(
                home: "\(fixture.base)/new/home", systemDirectory: fixture.system, environment: [:],
                workingDirectory: fixture.project)
            _ = try ConfigurationEditor(loader).set("budget.usd", to: "1.5")
            _ = try ConfigurationEditor(loader).set("model", to: "m", in: .profile("fast"))
            let settings = try loader.load(profile: "fast").settings
            #expect(settings.budget.usd == 1.5)
            #expect(settings.model == "m")
        }
    }

    @Test(
        "What would not load is not saved",
        arguments: [
            ("sandbox_mod", "read-only", "config.unknown_key"), ("sandbox_mode", "rw", "config.value"),
            ("network", "on", "config.value"), ("budget.usd", "-1", "config.value"),
            ("a..b", "1", "config.unknown_key"),
        ])
    func refused(key: String, value: String, code: String) throws {
        try Fixture.with { fixture in
            try fixture.writeUser("model = \"m\"\n")
            let error = try #require(throws: LockgateError.self) {
                try ConfigurationEditor(fixture.loader()).set(key, to: value)
            }
            #expect(error.code.name == code)
            #expect(try PosixFile.read("\(fixture.home)/config.toml", limit: 1000) == Array("model = \"m\"\n".utf8))
        }
    }

    @Test("A broken file is not made worse, and a project gets no key it may not set")
    func broken() throws {
        try Fixture.with { fixture in
            try fixture.writeUser("model = \n")
            let editor = ConfigurationEditor(fixture.loader())
            let error = try #require(throws: LockgateError.self) { try editor.set("model", to: "m") }
            #expect(error.code == "config.syntax")
            let refusal = try #require(throws: LockgateError.self) {
                try editor.set("model_provider", to: "x", in: .project(fixture.project))
            }
            #expect(refusal.code == "config.project_refused")
            _ = try editor.set("model", to: "m", in: .project(fixture.project))
            #expect(
                try PosixFile.read("\(fixture.project)/.lockgate/config.toml", limit: 100)
                    == Array("model = \"m\"\n".utf8))
        }
    }
}
