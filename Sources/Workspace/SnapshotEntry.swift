/// What stood at a path when a checkpoint was taken.
package struct SnapshotEntry: Hashable, Sendable {
    package enum Kind: UInt8, Sendable {
        case file = 1
        case link = 2
        case folder = 3
        /// There, but its content is not kept; `mode` says why (`Omission`).
        case omitted = 4
    }

    package var kind: Kind
    /// The permission bits, 0o7777 at most; zero for a link, whose own never count.
    package var mode: UInt32
    /// In bytes; zero for a folder.
    package var size: UInt64
    /// Of the content, of a link's target, or of the folder's own listing.
    package var digest: ContentDigest

    package init(kind: Kind, mode: UInt32, size: UInt64, digest: ContentDigest) {
        self.kind = kind
        self.mode = mode
        self.size = size
        self.digest = digest
    }

    /// The same without what a folder holds: a path stands for itself, and its children have paths of their own.
    var alone: SnapshotEntry {
        kind == .folder ? SnapshotEntry(kind: .folder, mode: mode, size: 0, digest: .none) : self
    }

    package var omission: Omission? { kind == .omitted ? Omission(rawValue: mode) : nil }
}

/// Why a checkpoint does not keep something.
package enum Omission: UInt32, Sendable {
    /// A known build or dependency folder (`OmissionRules`).
    case rebuildable = 1
    /// A file above `TreeScanner.sizeLimit`.
    case large = 2
    /// Reading is not permitted.
    case unreadable = 3
    /// A device, a FIFO or a socket.
    case special = 4
    /// Another file system is mounted there.
    case mount = 5
    /// Deeper than `TreeScanner.depthLimit` folders.
    case deep = 6
    /// The product's own home, which holds the store.
    case home = 7

    package var text: String {
        switch self {
        case .rebuildable: "build or dependency folder"
        case .large: "larger than \(TreeScanner.sizeLimit >> 20) MiB"
        case .unreadable: "not readable"
        case .special: "device, FIFO or socket"
        case .mount: "another file system"
        case .deep: "too deep"
        case .home: "Lockgate's own files"
        }
    }
}

/// A folder's listing as an object: entries sorted by name, each as kind, mode, size, digest, name length, name.
enum FolderListing {
    struct Item: Hashable {
        var name: [UInt8]
        var entry: SnapshotEntry
    }

    static func append(_ entry: SnapshotEntry, name: some Collection<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(entry.kind.rawValue)
        LittleEndian.append(entry.mode, to: &bytes)
        LittleEndian.append(entry.size, to: &bytes)
        bytes += entry.digest.bytes
        LittleEndian.append(UInt16(name.count), to: &bytes)
        bytes += name
    }

    /// Nil for bytes that are no listing.
    static func decode(_ bytes: [UInt8]) -> [Item]? {
        bytes.withUnsafeBytes { raw in
            var reader = ByteReader(raw)
            var items: [Item] = []
            while !reader.isAtEnd {
                guard let kind = reader.integer(UInt8.self).flatMap(SnapshotEntry.Kind.init(rawValue:)),
                    let mode = reader.integer(UInt32.self), let size = reader.integer(UInt64.self),
                    let digest = reader.digest(), let length = reader.integer(UInt16.self),
                    let name = reader.bytes(Int(length))
                else { return nil }
                let entry = SnapshotEntry(kind: kind, mode: mode, size: size, digest: digest)
                items.append(Item(name: name, entry: entry))
            }
            return items
        }
    }
}
