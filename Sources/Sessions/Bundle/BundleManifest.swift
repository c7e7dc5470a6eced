package import Basics

/// What a bundle says of its session; compared with what is in it.
package struct BundleManifest: Sendable, Hashable {
    package let session: SessionID
    /// Of the Lockgate that made it.
    package let version: String
    /// The journal's bytes, their SHA-256, and its last record.
    package let bytes: Int
    package let digest: String
    package let records: Int
    package let head: String
    /// What takes its turns back elsewhere; nil where the bundle has nothing of it.
    package var checkpoints: Checkpoints?

    /// The member's bytes and their SHA-256.
    package struct Checkpoints: Sendable, Hashable {
        package let bytes: Int
        package let digest: String
    }

    package init(session: SessionID, version: String, bytes: Int, digest: String, records: Int, head: String) {
        self.session = session
        self.version = version
        self.bytes = bytes
        self.digest = digest
        self.records = records
        self.head = head
    }

    var json: JSONValue {
        var object: JSONObject = [
            "format": .int(BundleFormat.version), "session": .string(session.text), "version": .string(version),
            "journal": [
                "bytes": .int(bytes), "sha256": .string(digest), "records": .int(records), "head": .string(head),
            ],
        ]
        if let checkpoints {
            object["checkpoints"] = ["bytes": .int(checkpoints.bytes), "sha256": .string(checkpoints.digest)]
        }
        return .object(object)
    }

    /// Reads what `json` writes; members that it does not know are skipped. nil for anything else, a newer format too.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue(parsing: bytes), json["format"]?.int == BundleFormat.version,
            let session = json["session"]?.string.flatMap({ SessionID($0) }), let version = json["version"]?.string,
            let journal = json["journal"], let size = journal["bytes"]?.int, let digest = journal["sha256"]?.string,
            let records = journal["records"]?.int, let head = journal["head"]?.string
        else { return nil }
        self.init(session: session, version: version, bytes: size, digest: digest, records: records, head: head)
        guard let checkpoints = json["checkpoints"] else { return }
        guard let size = checkpoints["bytes"]?.int, let digest = checkpoints["sha256"]?.string else { return nil }
        self.checkpoints = Checkpoints(bytes: size, digest: digest)
    }
}
