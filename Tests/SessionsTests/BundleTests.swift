import Audit
import Basics
import Glibc
import Journal
import Sessions
import TestSupport
import Testing
import Wire

@Suite(.timeLimit(.minutes(2))) struct BundleTests {
    /// A bundle of a session, and another home to take it into.
    private func withBundle(
        _ body: (_ bundle: [UInt8], _ session: SessionLocation, _ sessions: inout SyntheticSessions, Target) throws ->
            Void
    ) throws {
        try SyntheticSessions.with { sessions in
            let session = try sessions.begin(turns: 2)
            try SessionNotes(name: "the work", isArchived: true).write(of: session)
            let path = sessions.folder.at("session.bundle")
            try BundleExport(session, version: "1").write(to: path)
            try TemporaryFolder.with { folder in
                try body(
                    try PosixFile.read(path, limit: 1 << 24), session, &sessions,
                    Target(folder: folder, store: SessionStore(home: folder.at("home"))))
            }
        }
    }

    struct Target {
        let folder: TemporaryFolder
        let store: SessionStore

        func take(_ bytes: [UInt8]) throws -> BundleImport.Result {
            try folder.write("in.bundle", bytes)
            return try BundleImport(store: store, expecting: Expectation()).take(folder.at("in.bundle"))
        }

        /// Everything below the folder of sessions, with sizes.
        var files: [String] {
            get throws {
                try OracleCommand.run(["sh", "-c", "cd home/sessions && find . -type f | sort"], in: folder).output
                    .count == 0
                    ? []
                    : String(
                        decoding: OracleCommand.run(
                            ["sh", "-c", "cd home/sessions && find . -type f | sort"], in: folder
                        ).output,
                        as: UTF8.self
                    ).split(separator: "\n").map(String.init)
            }
        }
    }

    @Test func aSessionArrivesByteForByteAndOnce() throws {
        try withBundle { bytes, session, sessions, target in
            let first = try target.take(bytes)
            #expect(first.outcome == .imported)
            #expect(first.name == "the work")
            #expect(
                try PosixFile.read(first.location.path, limit: 1 << 24) == PosixFile.read(session.path, limit: 1 << 24))
            #expect(
                SessionNotes.read(of: first.location)
                    == SessionNotes(name: "the work", imported: first.report.records))
            #expect(try target.take(bytes).outcome == .known)
            // The same session makes the same bundle.
            let again = sessions.folder.at("again.bundle")
            try BundleExport(session, version: "1").write(to: again)
            #expect(try PosixFile.read(again, limit: 1 << 24) == bytes)
            // Any tar reads it.
            let listed = try OracleCommand.run(["tar", "tf", again], in: target.folder).output
            #expect(String(decoding: listed, as: UTF8.self) == "manifest.json\nsession.jsonl\nnotes.json\n")
            // It went on there, and comes back.
            try sessions.goOn(session)
            try BundleExport(session, version: "1").write(to: again)
            #expect(try target.take(PosixFile.read(again, limit: 1 << 24)).outcome == .continued)
            #expect(try target.take(bytes).outcome == .known)
        }
    }

    @Test func whatKilledImportsLeftIsTakenAwayAndNothingElse() throws {
        try withBundle { bytes, _, _, target in
            let folder = target.store.root
            try PosixFile.makeDirectory(folder)
            func leave(_ name: String, age: Int) throws -> Int32 {
                let path = "\(folder)/\(name)"
                try PosixFile.replace(path, with: [1])
                let descriptor = open(path, O_RDWR | O_CLOEXEC)
                let moment = timespec(tv_sec: time(nil) - age, tv_nsec: 0)
                #expect(futimens(descriptor, [moment, moment]) == 0)
                return descriptor
            }
            close(try leave(".incoming-1-1", age: 7200))
            close(try leave(".incoming-1-2", age: 60))
            close(try leave("kept-1-3", age: 7200))
            // An import that goes on holds its file.
            let held = try leave(".incoming-1-4", age: 7200)
            defer { close(held) }
            #expect(flock(held, LOCK_EX | LOCK_NB) == 0)
            #expect(symlink("\(folder)/kept-1-3", "\(folder)/.incoming-1-5") == 0)
            #expect(try target.take(bytes).outcome == .imported)
            let left = PosixFile.list(folder).filter { $0.contains("-1-") }.sorted()
            #expect(left == [".incoming-1-2", ".incoming-1-4", ".incoming-1-5", "kept-1-3"])
        }
    }

    @Test func aSessionThatWentAnotherWayIsNotReplaced() throws {
        try withBundle { bytes, session, sessions, target in
            let here = try target.take(bytes).location
            let (journal, _) = try SessionJournal.resume(id: here.id, path: here.path)
            try journal.append("event", ["type": "mine"])
            let mine = try PosixFile.read(here.path, limit: 1 << 24)
            try sessions.goOn(session)
            let longer = sessions.folder.at("longer.bundle")
            try BundleExport(session, version: "1").write(to: longer)
            let error = #expect(throws: LockgateError.self) {
                try target.take(PosixFile.read(longer, limit: 1 << 24))
            }
            #expect(error?.code == "session.clash")
            #expect(try PosixFile.read(here.path, limit: 1 << 24) == mine)
        }
    }

    @Test func everyChangedByteAndEveryCutIsRefusedAndLeavesNothing() throws {
        try withBundle { bytes, _, sessions, target in
            #expect(throws: LockgateError.self) { try target.take([]) }
            for place in stride(from: 0, to: bytes.count, by: 97) {
                var bad = bytes
                bad[place] ^= 1 << UInt8(sessions.number(below: 8))
                // The manifest's version and the notes are not compared with anything: any text is one.
                if (try? target.take(bad)) != nil {
                    #expect(place < 1024 || place > bytes.count - 2560, "byte \(place)")
                    for path in try target.files { unlink(target.folder.at("home/sessions/\(path)")) }
                }
                #expect(throws: LockgateError.self, "cut at \(place)") { try target.take(Array(bytes[..<place])) }
            }
            #expect(throws: LockgateError.self) { try target.take(bytes + [0]) }
            #expect(try target.files == [])
        }
    }

    /// A member as any tar program could write it.
    private func tar(_ name: String, _ content: [UInt8], type: Character = "0", link: String = "") -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, 0)
        put("0000600", 100)
        put("0000000", 108)
        put("0000000", 116)
        put(octal(content.count, 11), 124)
        put("00000000000", 136)
        put("        ", 148)
        put(String(type), 156)
        put(link, 157)
        put("ustar", 257)
        put("00", 263)
        put("0000000", 329)
        put("0000000", 337)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\0 ", 148)
        return block + content + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    @Test func hostileBundlesPutNothingAnywhere() throws {
        try withBundle { bytes, session, _, target in
            let journal = try PosixFile.read(session.path, limit: 1 << 24)
            let size = Int(String(decoding: bytes[124..<135], as: UTF8.self), radix: 8) ?? 0
            let manifest = Array(bytes[512..<512 + size])
            let end = [UInt8](repeating: 0, count: 1024)
            let head = tar("manifest.json", manifest)
            let body = tar("session.jsonl", journal)
            #expect(try target.take(head + body + end).outcome == .imported)
            for path in try target.files { unlink(target.folder.at("home/sessions/\(path)")) }
            func changed(_ text: String, _ other: String) -> [UInt8] {
                tar("manifest.json", Array(String(decoding: manifest, as: UTF8.self).replacing(text, with: other).utf8))
            }
            let id = session.id.text
            let bad: [(String, [UInt8])] = [
                ("a path upwards", head + tar("../../../evil", [1]) + body + end),
                ("an absolute path", head + body + tar("/tmp/evil", [1]) + end),
                ("an unknown member", head + body + tar("extra", [1]) + end),
                ("a link", head + tar("session.jsonl", [], type: "2", link: "/etc/passwd") + end),
                ("a hard link", head + tar("session.jsonl", [], type: "1", link: "/etc/passwd") + end),
                ("a folder", head + tar("session.jsonl", [], type: "5") + end),
                ("a device", head + tar("session.jsonl", [], type: "3") + end),
                ("a long name", tar("x", Array("manifest.json\0".utf8), type: "L") + head + body + end),
                ("pax", tar("x", Array("12 size=999\n".utf8), type: "x") + head + body + end),
                ("twice", head + body + body + end), ("two manifests", head + head + body + end),
                ("out of order", body + head + end), ("no manifest", body + end), ("no session", head + end),
                ("nothing", end), ("more after the end", head + body + end + head + body + end),
                ("no end", head + body), ("half an end", head + body + end.prefix(512)),
                ("another size", head + tar("session.jsonl", journal + journal) + end),
                (
                    "a size of 8 GiB",
                    head + Array(body.prefix(124)) + Array("77777777777".utf8) + Array(body[135...]) + end
                ),
                ("another id", changed(id, "../../../../../../../../tmp/evil-evil") + body + end),
                ("another session's id", changed(id, "0199aaaa-0000-7000-8000-000000000000") + body + end),
                ("a newer format", changed("\"format\":1", "\"format\":2") + body + end),
                ("no JSON", tar("manifest.json", Array("{".utf8)) + body + end),
                ("a broken chain", broken(journal, head: manifest, end)),
            ]
            for (what, bytes) in bad {
                let error = #expect(throws: LockgateError.self, "\(what)") { try target.take(bytes) }
                #expect(error?.code.name.hasPrefix("bundle.") == true, "\(what): \(error.map { "\($0)" } ?? "")")
                #expect(try target.files == [], "\(what)")
            }
            #expect(!PosixFile.exists("/tmp/evil"))
        }
    }

    /// A journal without one of its records, under a manifest that fits it.
    private func broken(_ journal: [UInt8], head: [UInt8], _ end: [UInt8]) -> [UInt8] {
        let lines = journal.split(separator: 0x0A).map { Array($0) + [0x0A] }
        let rest = Array(lines[..<3].joined()) + Array(lines[4...].joined())
        var hasher = ContentHasher()
        hasher.update(rest[...])
        var manifest = (try? JSONValue(parsing: head)) ?? .null
        var inner = manifest["journal"] ?? .null
        inner["bytes"] = .int(rest.count)
        inner["sha256"] = .string(hasher.text)
        inner["records"] = .int(lines.count - 1)
        manifest["journal"] = inner
        return tar("manifest.json", manifest.bytes) + tar("session.jsonl", rest) + end
    }

    @Test func sealsByAKeyCanBeAskedFor() throws {
        try withBundle { bytes, _, _, target in
            // The synthetic session has no seals at all.
            try target.folder.write("in.bundle", bytes)
            var expectation = Expectation()
            expectation.keys.insert(SealPrivateKey().publicKey)
            expectation.requiresKeys = true
            let error = #expect(throws: LockgateError.self) {
                try BundleImport(store: target.store, expecting: expectation).take(target.folder.at("in.bundle"))
            }
            #expect(error?.code == "bundle.unverified")
            #expect(try target.files == [])
        }
    }

    @Test func grantsOfAnotherMachineCountForNothing() throws {
        try SyntheticSessions.with { sessions in
            let session = try sessions.begin()
            let (journal, records) = try SessionJournal.resume(id: session.id, path: session.path)
            #expect(journal.foreignRecords == 0)
            try SessionNotes(imported: records.count).write(of: session)
            #expect(journal.foreignRecords == records.count)
        }
    }
}
