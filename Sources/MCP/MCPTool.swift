import Audit
package import Basics

/// A tool as its server describes it. Everything in it is the server's claim, and the text goes to the model: it is cut,
/// made visible, and bound to what a person approved by its digest.
package struct MCPTool: Sendable, Hashable {
    /// What a server says about a tool, and cannot be held to.
    package struct Claims: Sendable, Hashable {
        package var isReadOnly: Bool
        package var isDestructive: Bool
    }

    package let server: String
    /// The server's own name for it.
    package let name: String
    package let description: String
    /// A JSON Schema of an object.
    package let inputSchema: JSONValue
    package let claims: Claims
    /// SHA-256 over the server's name and everything that it said of the tool, before anything was cut.
    package let digest: String

    /// Characters of a description, of the tool and of everything in its schema.
    static let longestDescription = 2048
    /// Bytes of a schema.
    static let largestSchema = 64 << 10
    static let longestName = 128

    /// Why a description cannot be used.
    struct Unusable: Error, Sendable, Hashable { var reason: String }

    init(_ value: JSONValue, server: String) throws(Unusable) {
        guard let object = value.object, let name = object["name"]?.string else {
            throw Unusable(reason: "a tool without a name")
        }
        guard !name.isEmpty, name.utf8.count <= Self.longestName, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else {
            throw Unusable(reason: "the tool name \(VisibleName.of(name)) is no name")
        }
        let schema = object["inputSchema"] ?? .null
        guard schema.object != nil, schema["type"]?.string == "object" else {
            throw Unusable(reason: "\(name): the input schema is not that of an object")
        }
        guard schema.bytes.count <= Self.largestSchema else {
            throw Unusable(reason: "\(name): the input schema has more than \(Self.largestSchema) bytes")
        }
        let annotations = object["annotations"]?.object ?? [:]
        self.server = server
        self.name = name
        description = Self.harmless(object["description"]?.string ?? "")
        inputSchema = Self.harmless(schema)
        let isReadOnly = annotations["readOnlyHint"]?.bool ?? false
        claims = Claims(
            isReadOnly: isReadOnly, isDestructive: annotations["destructiveHint"]?.bool ?? !isReadOnly)
        let said: JSONValue = [.string(server), value]
        digest = ContentHash.of(said.bytes)
    }

    /// Control characters, direction marks, and what no reader sees are taken out: a person has to see what the model sees.
    static func harmless(_ text: String) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where !isInvisible(scalar) {
            kept.append(scalar)
        }
        let clean = HarmlessText.clean(String(kept))
        return clean.count <= longestDescription ? clean : clean.prefix(longestDescription - 3) + "..."
    }

    /// Zero-width characters, joiners, soft hyphens, tags and variation selectors, which can carry a text of their own.
    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0xAD, 0x200B...0x200F, 0x2060...0x2064, 0xFEFF, 0xFE00...0xFE0F, 0xE0000...0xE0FFF: true
        default: false
        }
    }

    /// Every text in a schema. Names of members stay: calls use them.
    private static func harmless(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(harmless(text))
        case .array(let values): .array(values.map { harmless($0) })
        case .object(let object): .object(JSONObject(object.members.map { ($0.key, harmless($0.value)) }))
        default: value
        }
    }
}

/// A name of somebody else's in a message.
enum VisibleName {
    static func of(_ name: String) -> String { HarmlessText.clean(String(name.prefix(80))) }
}

/// The names that a model calls tools by: `mcp__SERVER__TOOL`, of letters, digits, `_` and `-` alone, 64 at most.
package enum MCPToolNames {
    private static let longest = 64

    /// A name for each tool, all different. Where two would be equal, or one is too long, the end says which it is.
    package static func of(_ tools: [MCPTool]) -> [String] {
        let plain = tools.map { "mcp__\(safe($0.server))__\(safe($0.name))" }
        let counts = Dictionary(plain.map { ($0, 1) }, uniquingKeysWith: +)
        return zip(tools, plain).map { tool, name in
            guard counts[name] != 1 || name.utf8.count > longest || name != "mcp__\(tool.server)__\(tool.name)" else {
                return name
            }
            let mark = ContentHash.of("\(tool.server)\u{0}\(tool.name)".utf8).prefix(8)
            return "\(name.prefix(longest - 9))_\(mark)"
        }
    }

    private static func safe(_ name: String) -> String {
        String(
            decoding: name.utf8.map { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x5F: byte
                default: UInt8(ascii: "_")
                }
            }, as: UTF8.self)
    }
}
