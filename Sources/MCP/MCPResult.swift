package import Basics
package import Wire

/// What a tool of a server answered, as the model and the record get it.
package struct MCPResult: Sendable, Hashable {
    /// The blocks as the server sent them.
    package let content: [JSONValue]
    package let structuredContent: JSONValue?
    /// The tool itself says that it failed.
    package let isError: Bool

    /// Why an answer is none.
    struct Unusable: Error, Sendable, Hashable { var reason: String }

    private static let mostBlocks = 256
    /// Bytes of an image, as base64.
    private static let largestImage = 8 << 20
    private static let imageTypes: Set<String> = ["image/png", "image/jpeg", "image/gif", "image/webp"]

    init(_ value: JSONValue) throws(Unusable) {
        guard let object = value.object else { throw Unusable(reason: "the answer is no object") }
        guard let content = (object["content"] ?? []).array, content.count <= Self.mostBlocks,
            content.allSatisfy({ $0["type"]?.string != nil })
        else {
            throw Unusable(reason: "the answer's content is not a list of blocks")
        }
        guard object["content"] != nil || object["structuredContent"] != nil else {
            throw Unusable(reason: "the answer has no content")
        }
        self.content = content
        structuredContent = object["structuredContent"].flatMap { $0.isNull ? nil : $0 }
        isError = object["isError"]?.bool ?? false
    }

    /// What the model gets.
    ///
    /// - Parameter limit: bytes of text; more is cut in the middle.
    package func parts(limit: Int) -> [ContentPart] {
        var texts: [String] = []
        var images: [ContentPart] = []
        for block in content {
            switch block["type"]?.string {
            case "text": texts.append(block["text"]?.string ?? "")
            case "image":
                if let image = Self.image(block) {
                    images.append(image)
                } else {
                    texts.append("[an image that cannot be shown]")
                }
            case "resource":
                let resource = block["resource"]
                texts.append(resource?["text"]?.string ?? "[resource \(Self.name(resource?["uri"]))]")
            case "resource_link": texts.append("[resource \(Self.name(block["uri"]))]")
            default: texts.append("[\(VisibleName.of(block["type"]?.string ?? "")) that cannot be shown]")
            }
        }
        if texts.isEmpty, images.isEmpty, let structuredContent { texts.append(structuredContent.text) }
        return [.text(Self.cut(texts.joined(separator: "\n"), limit: limit))] + images
    }

    private static func image(_ block: JSONValue) -> ContentPart? {
        guard let type = block["mimeType"]?.string, imageTypes.contains(type), let data = block["data"]?.string,
            data.utf8.count <= largestImage,
            data.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") })
        else { return nil }
        return .image(url: "data:\(type);base64,\(data)", detail: nil)
    }

    private static func name(_ value: JSONValue?) -> String { VisibleName.of(value?.string ?? "") }

    /// Keeps both ends.
    static func cut(_ text: String, limit: Int) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count > limit else { return text }
        let half = max(0, limit / 2)
        return String(decoding: bytes.prefix(half), as: UTF8.self)
            + "\n[... \(bytes.count - 2 * half) bytes left out ...]\n"
            + String(decoding: bytes.suffix(half), as: UTF8.self)
    }
}
