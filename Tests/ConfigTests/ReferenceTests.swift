import Basics
import Config
import Glibc
import TestSupport
import Testing

@Suite("Reference")
struct ReferenceTests {
    /// The repository's `docs` folder.
    private static let docs = PathText.parent(PathText.parent(PathText.parent(#filePath))) + "/docs"

    /// With `LOCKGATE_UPDATE_REFERENCE=1` in the environment the files are written instead of compared.
    @Test("The page and the schema in docs are those that the option table makes")
    func drift() throws {
        let files = [
            ("configuration.md", Array(ConfigurationReference.markdown.utf8)),
            ("configuration.schema.json", try Self.indented(ConfigurationReference.schema)),
        ]
        for (name, expected) in files {
            let path = "\(Self.docs)/\(name)"
            if getenv("LOCKGATE_UPDATE_REFERENCE") != nil { try PosixFile.replace(path, with: expected, mode: 0o644) }
            let found = try PosixFile.read(path, limit: 1 << 20)
            #expect(
                found == expected,
                "docs/\(name) is out of date: run LOCKGATE_UPDATE_REFERENCE=1 swift test --filter ReferenceTests")
        }
    }

    /// Python's indented form, which diffs well.
    private static func indented(_ value: JSONValue) throws -> [UInt8] {
        try TemporaryFolder.with { folder in
            let program = "import json, sys; print(json.dumps(json.load(sys.stdin), indent=2, ensure_ascii=False))"
            return try OracleCommand.run(["python3", "-c", program], in: folder, input: value.bytes).output
        }
    }

    @Test("Every option has its place in the schema", arguments: OptionTable.all.options.map(\.pattern))
    func schemaHasOption(pattern: String) throws {
        let option = try #require(OptionTable.all.options.first { $0.pattern == pattern })
        var schema: JSONValue? = ConfigurationReference.schema
        for segment in option.path {
            switch segment {
            case .name(let name): schema = schema?["properties"]?[name]
            case .placeholder: schema = schema?["additionalProperties"]
            }
        }
        #expect(schema?["description"] == .string(option.summary))
        #expect(schema?["type"] != nil)
    }
}
