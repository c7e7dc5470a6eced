import Basics
import Config
import Glibc
import TestSupport
import Testing
import Wire

@Suite("Grant store")
struct GrantStoreTests {
    private static let start = WallTime(milliseconds: 4_000_000_000_000)

    private static func grant(_ number: Int = 1, scope: Grant.Scope = .project) -> Grant {
        Grant(
            id: "g\(number)", scope: scope,
            rule: number.isMultiple(of: 2)
                ? .prefix(["npm", "install", "\(number)"])
                : .exact(
                    ExactCommand(
                        argv: ["bash", "-c", "x \"\n\(number)"], cwd: "/w",
                        files: [BoundFile(path: "/w/x", digest: "content:00")])),
            project: scope == .project ? ProjectIdentity(root: "/w", inode: .max) : nil, created: start,
            expires: WallTime(milliseconds: start.milliseconds + Int64(number)))
    }

    @Test("What is added is there again, whole, in a file for its owner alone")
    func keeps() throws {
        try TemporaryFolder.with { folder in
            let store = GrantStore(home: folder.at("home"))
            #expect(try store.grants().isEmpty)
            try store.add([Self.grant(1), Self.grant(2, scope: .user)])
            try store.add([Self.grant(3)])
            #expect(try store.grants() == [Self.grant(1), Self.grant(2, scope: .user), Self.grant(3)])
            var status = stat()
            #expect(stat(store.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
    }

    @Test("The same exception is kept once, with the newest expiry")
    func renews() throws {
        try TemporaryFolder.with { folder in
            let store = GrantStore(home: folder.path)
            try store.add([Self.grant(1)])
            var newer = Self.grant(1)
            newer.id = "g9"
            newer.expires = WallTime(milliseconds: Self.start.milliseconds + 99)
            try store.add([newer])
            #expect(try store.grants() == [newer])
        }
    }

    @Test("Taking back leaves the others; what has expired goes with the next change")
    func revokes() throws {
        try TemporaryFolder.with { folder in
            let store = GrantStore(home: folder.path)
            var old = Self.grant(4)
            old.expires = WallTime(milliseconds: 1000)
            try store.add([Self.grant(1), Self.grant(2)])
            #expect(try store.revoke { $0.id == "g1" } == [Self.grant(1)])
            try store.add([old])
            #expect(try store.grants() == [Self.grant(2)])
            #expect(try store.revoke { _ in true } == [Self.grant(2)])
        }
    }

    @Test("Two writers lose nothing of each other's")
    func concurrent() async throws {
        try await TemporaryFolder.with { folder in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<24 {
                    group.addTask { try GrantStore(home: folder.path).add([Self.grant(number)]) }
                }
                try await group.waitForAll()
            }
            #expect(try Set(GrantStore(home: folder.path).grants().map(\.id)) == Set((0..<24).map { "g\($0)" }))
        }
    }

    @Test("A damaged file is an error for readers and writers, and stays as it is")
    func damaged() throws {
        try TemporaryFolder.with { folder in
            let store = GrantStore(home: folder.path)
            try store.add([Self.grant(1), Self.grant(2)])
            let whole = try PosixFile.read(store.path, limit: 1 << 20)
            var random = SeededGenerator(seed: 5)
            var damages = (0..<whole.count - 2).map { Array(whole.prefix($0)) }
            for _ in 0..<200 {
                var changed = whole
                changed[Int.random(in: 0..<whole.count - 1, using: &random)] = UInt8.random(in: 0...255, using: &random)
                damages.append(changed)
            }
            damages.append(Array("{\"version\": 2, \"grants\": []}".utf8))
            for bytes in damages {
                try PosixFile.replace(store.path, with: bytes)
                // A changed letter within a word makes another grant, never more of them or a wider kind.
                if let read = try? store.grants() {
                    #expect(read.count == 2 && read.allSatisfy { $0.scope != .session && $0.expires != nil })
                    continue
                }
                #expect(throws: LockgateError.self) { try store.add([Self.grant(3)]) }
                #expect(throws: LockgateError.self) { try store.revoke { _ in true } }
                #expect(try PosixFile.read(store.path, limit: 1 << 20) == bytes)
            }
        }
    }

    @Test(
        "What is no grant for the store is refused",
        arguments: [
            "{}",
            "{\"id\":\"g\",\"scope\":\"once\",\"rule\":{\"prefix\":[\"a\"]},\"created\":\"2026-11-22T08:15:30.123Z\"}",
            "{\"id\":\"g\",\"scope\":\"user\",\"rule\":{\"prefix\":[\"a\"]},\"created\":\"2026-11-22T08:15:30.123Z\"}",
            "{\"id\":\"g\",\"scope\":\"user\",\"rule\":{\"prefix\":[]},\"created\":\"2026-11-22T08:15:30.123Z\",\"expires\":\"2026-11-22T08:15:30.123Z\"}",
            "{\"id\":\"g\",\"scope\":\"project\",\"rule\":{\"prefix\":[\"a\"]},\"created\":\"2026-11-22T08:15:30.123Z\",\"expires\":\"2026-11-22T08:15:30.123Z\"}",
            "{\"id\":\"g\",\"scope\":\"user\",\"rule\":{\"prefix\":[\"a\",1]},\"created\":\"2026-11-22T08:15:30.123Z\",\"expires\":\"2026-11-22T08:15:30.123Z\"}",
            "{\"id\":\"g\",\"scope\":\"user\",\"rule\":{\"prefix\":[\"a\"]},\"created\":\"2026-11-22T08:15:30.123Z\",\"expires\":\"soon\"}",
        ])
    func refuses(_ text: String) throws {
        #expect(Grant(json: try JSONValue(parsing: text)) == nil)
    }
}
