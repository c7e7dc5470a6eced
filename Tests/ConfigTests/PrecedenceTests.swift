import Basics
import Testing
import Wire

@testable import Config

@Suite("Layers")
struct PrecedenceTests {
    /// A key with the user's names filled in.
    private static func key(_ option: ConfigurationOption) -> String {
        option.path.map { segment in
            switch segment {
            case .name(let name): name
            case .placeholder(.path): "\"/srv/some.where\""
            case .placeholder(.model): "\"gpt-9.1\""
            case .placeholder(.id): "acme"
            case .placeholder(.header): "X-Team"
            case .placeholder(.parameter): "api-version"
            case .placeholder(.variable): "CI"
            }
        }.joined(separator: ".")
    }

    /// Five values of a type, from the widest to the strictest where the option has an order.
    private static func samples(_ option: ConfigurationOption) -> [JSONValue] {
        // Names something that has to be there.
        if option.pattern == "default_permissions" {
            return [":danger-full-access", ":workspace", ":danger-full-access", ":read-only", ":workspace"]
        }
        if case .narrowing(.boolean(let strict)) = option.project {
            return [!strict, !strict, !strict, strict, !strict].map(JSONValue.bool)
        }
        if case .narrowing(.choices(let order)) = option.project {
            return [1, order.count - 1, 1, 0, 1].map { .string(order[$0]) }
        }
        return (0..<5).map { sample(option.type, $0) }
    }

    private static func sample(_ type: OptionType, _ index: Int) -> JSONValue {
        switch type {
        case .boolean: .bool(index.isMultiple(of: 2))
        case .integer(let range): .int(min(range.upperBound, range.lowerBound + 50) - index)
        case .number: .double(5.5 - Double(index))
        case .string, .text, .line, .fileName, .pathPattern: .string("value \(index)")
        case .choice(let names): .string(names[index % names.count])
        case .path: .string("/srv/place \(index)")
        case .url: .string("https://host\(index).example/v1")
        case .environmentName: .string("NAME_\(index)")
        case .list(let element): .array([sample(element, index)])
        case .keys: .array([.string("ctrl-f\(index + 1)")])
        case .table: .string("free \(index)")
        }
    }

    @Test(
        "Every key takes the strongest layer's value and shows the others",
        arguments: OptionTable.all.options.map(\.pattern))
    func precedence(pattern: String) throws {
        let option = try #require(OptionTable.all.options.first { $0.pattern == pattern })
        let key = Self.key(option) + (option.type == .table ? ".inner" : "")
        let samples = Self.samples(option)
        let canSetInProject =
            option.project != .afterReview && { if case .refused = option.project { false } else { true } }()
        for top in 0..<5 where top != 3 || canSetInProject {
            try Fixture.with { fixture in
                let lines = samples.map { "\(key) = \(TOMLText.inline($0))" }
                let files = [
                    "\(fixture.system)/config.toml", "\(fixture.home)/config.toml", "\(fixture.home)/work.config.toml",
                    "\(fixture.project)/.lockgate/config.toml",
                ]
                var stated: [OriginatedValue] = []
                let layers: [Origin.Layer] = [.system, .user, .profile("work"), .project(fixture.project)]
                for index in 0...min(top, 3) where index != 3 || canSetInProject {
                    try fixture.write(files[index], "# first line\n\(lines[index])\n")
                    stated.append(
                        OriginatedValue(samples[index], Origin(layers[index], file: files[index], line: 2, column: 1)))
                }
                if top == 4 { stated.append(OriginatedValue(samples[4], Origin(.flag("-c")))) }
                let overrides =
                    top == 4 ? [ConfigurationOverride(key: key, text: TOMLText.inline(samples[4]))] : []
                if top < 2 { try fixture.write(files[2], "") }
                let configuration = try fixture.loader().load(profile: "work", overrides: overrides, trust: .trusted)

                let resolution = try configuration.resolve(key)
                let builtIn = option.builtIn.value(trusted: true).map { OriginatedValue($0, .builtIn) }
                #expect(configuration.warnings == [])
                #expect(resolution.origin == stated.last?.origin)
                if option.merge == .union {
                    #expect(resolution.joined == [builtIn].compactMap(\.self) + stated)
                    #expect(resolution.value == .array(stated.flatMap { $0.value.array ?? [] }))
                } else {
                    #expect(resolution.value == samples[top])
                    #expect(resolution.shadowed == stated.dropLast().reversed() + [builtIn].compactMap(\.self))
                }
                // The typed settings come from the same merge: they are those of this one value alone.
                let alone = try fixture.loader().load(
                    profile: "work",
                    overrides: overrides + [ConfigurationOverride(key: key, value: resolution.value, flag: "-c")],
                    trust: .trusted)
                #expect(configuration.settings == alone.settings)
            }
        }
    }

    @Test(
        "Every key reaches a field of the settings",
        arguments: OptionTable.all.options.map(\.pattern).filter {
            !["permissions.<id>.description", "permissions.<id>.extends"].contains($0)
        })
    func everyKeyIsWired(pattern: String) throws {
        let option = try #require(OptionTable.all.options.first { $0.pattern == pattern })
        let key = Self.key(option) + (option.type == .table ? ".inner" : "")
        // What is in a profile counts where that is chosen.
        let chosen = ConfigurationOverride(key: "default_permissions", value: "acme", flag: "-c")
        let choice = pattern.hasPrefix("permissions.") ? [chosen] : []
        try Fixture.with { fixture in
            let without = try fixture.loader().load(trust: .trusted).settings
            let differs = try Self.samples(option).contains { value in
                try fixture.loader().load(
                    overrides: [ConfigurationOverride(key: key, value: value, flag: "-c")] + choice, trust: .trusted
                ).settings.leaving(
                    pattern == "default_permissions" ? \.budget.cheaperModel : \.defaultPermissions, without)
                    != without
            }
            #expect(differs)
        }
    }

    @Test("Without any file the built-in values hold")
    func builtIn() throws {
        try Fixture.with { fixture in
            let configuration = try fixture.load()
            #expect(configuration.settings.sandboxMode == .readOnly)
            #expect(configuration.settings.approvalPolicy == .onRequest)
            #expect(configuration.settings.networkMode == .off)
            #expect(configuration.settings.projectDocMaxBytes == 32_768)
            #expect(configuration.settings.projectRootMarkers == [".git"])
            #expect(configuration.settings.model == nil)
            #expect(configuration.trust == nil)
            #expect(configuration.warnings == [])
            #expect(configuration.files == [])
            #expect(
                try configuration.resolve("model")
                    == Resolution(key: "model", value: .null, origin: .builtIn, shadowed: [], joined: [], refused: []))
            #expect(try fixture.load(trust: .trusted).settings.sandboxMode == .workspaceWrite)
        }
    }

    @Test("A missing home is fine")
    func missingHome() throws {
        try Fixture.with { fixture in
            let loader = ConfigurationLoader(
                home: "\(fixture.base)/nowhere/.lockgate", systemDirectory: "\(fixture.base)/nothing", environment: [:],
                workingDirectory: fixture.project)
            let configuration = try loader.load()
            #expect(configuration.settings.projectRootMarkers == [".git"])
        }
    }

    @Test("Files of a project count from its root down to the working directory")
    func nestedProjectFiles() throws {
        try Fixture.with { fixture in
            let inner = "\(fixture.project)/packages/one"
            try fixture.writeProject("model = \"root\"\nproject_doc_max_bytes = 1\n")
            try fixture.write("\(inner)/.lockgate/config.toml", "model = \"inner\"\n")
            try fixture.write("\(fixture.project)/other/.lockgate/config.toml", "model = \"aside\"\n")
            let configuration = try fixture.load(trust: .trusted, in: inner)
            #expect(configuration.settings.model == "inner")
            #expect(configuration.settings.projectDocMaxBytes == 1)
            #expect(configuration.project == ProjectLocation.known(root: fixture.project, workingDirectory: inner))
            #expect(
                configuration.files.map(\.file) == [
                    "\(fixture.project)/.lockgate/config.toml", "\(inner)/.lockgate/config.toml",
                ])
        }
    }

    @Test("Maps merge entry by entry, lists as a whole")
    func maps() throws {
        try Fixture.with { fixture in
            try fixture.writeSystem(
                """
                [model_providers.acme]
                base_url = "https://a.example/v1"
                http_headers = { X-A = "1", X-B = "2" }
                [sandbox_workspace_write]
                writable_roots = ["/a", "/b"]
                """)
            try fixture.writeUser(
                """
                model_providers.acme.http_headers.X-B = "3"
                model_providers.acme.env_key = "ACME"
                sandbox_workspace_write.writable_roots = ["~/c", "d"]
                """)
            let settings = try fixture.load().settings
            var provider = ProviderSettings()
            provider.baseURL = "https://a.example/v1"
            provider.envKey = "ACME"
            provider.httpHeaders = ["X-A": "1", "X-B": "3"]
            #expect(settings.providers == ["acme": provider])
            #expect(settings.sandboxWorkspaceWrite.writableRoots == ["\(fixture.base)/home/c", "\(fixture.home)/d"])
        }
    }

    @Test("Deny lists of all layers are joined")
    func denyLists() throws {
        try Fixture.with { fixture in
            try fixture.writeSystem("filesystem.deny_read = [\"/secret\", \"**/*.pem\"]\n")
            try fixture.writeUser("[filesystem]\ndeny_read = [\"~/private\", \"/secret\"]\n")
            try fixture.writeProject("[filesystem]\ndeny_read = [\"secrets/**\"]\n")
            let configuration = try fixture.load("filesystem.deny_read=[]", trust: .trusted)
            #expect(
                configuration.settings.denyRead
                    == ["/secret", "**/*.pem", "\(fixture.base)/home/private", "secrets/**"])
        }
    }
}

extension ProjectLocation {
    /// What `find` gives for a folder below a marker.
    fileprivate static func known(root: String, workingDirectory: String) -> ProjectLocation? {
        try? find(from: workingDirectory, markers: [".git"]).root == root
            ? find(from: workingDirectory, markers: [".git"]) : nil
    }
}

extension Settings {
    /// The same with one field as it is in another.
    fileprivate func leaving<Value>(_ field: WritableKeyPath<Settings, Value>, _ other: Settings) -> Settings {
        var copy = self
        copy[keyPath: field] = other[keyPath: field]
        return copy
    }
}
