import Audit
import Basics
import Config
import Engine
import Journal
import TUI
import Terminal
import Wire

/// Commands about the session as a whole; each does what the verb of its name does.
extension SessionHost {
    private func location() throws -> SessionLocation {
        guard let id, let setup else {
            throw LockgateError("session.none", "the session begins with the first prompt; there is nothing of it yet")
        }
        return SessionLocation(id: id, path: try SessionStore(home: setup.home).find(id))
    }

    func forkHere() async throws {
        let location = try location()
        await begin(.fork(.session(location.id), turn: nil))
    }

    func archive() async throws {
        let location = try location()
        await close(reason: "other")
        var notes = SessionNotes.read(of: location)
        notes.isArchived = true
        try notes.write(of: location)
        try SessionArchive.pack(location)
        await begin(.new)
        post(.note(.init(.info, "Session \(location.id.text.prefix(18)) is put away; lockgate resume brings it back.")))
    }

    func askToDelete() throws {
        let location = try location()
        post(
            .pick(
                Picker(
                    .delete, title: "Delete this session for good?",
                    items: [
                        Picker.Item(id: "keep", title: "No, keep it"),
                        Picker.Item(
                            id: location.id.text, title: "Yes, delete it",
                            detail: "its record goes; what it changed in the folder stays"),
                    ])))
    }

    func delete(_ choice: String) async {
        do {
            let location = try location()
            guard location.id.text == choice else { return }
            await close(reason: "other")
            try location.delete()
            await begin(.new)
            post(.note(.init(.info, "Session \(location.id.text.prefix(18)) is deleted.")))
        } catch {
            fail(error)
        }
    }

    /// Writes the session as a page for people; it has to verify first.
    func export(_ file: String) throws {
        let location = try location()
        guard let setup else { return }
        let name = file.isEmpty ? "session-\(location.id.text.prefix(18)).html" : file
        var expectation = Expectation()
        if let own = try? SessionStore(home: setup.home).keyFile.publicKey() { expectation.keys.insert(own) }
        let report = VerificationRun.report(onFile: location.path, expecting: expectation)
        if let finding = report.findings.first(where: { $0.kind != .torn }) {
            throw LockgateError(
                "journal.broken", "the session does not verify: \(finding.description)",
                remedy: "see: lockgate audit verify \(location.id)")
        }
        let page = SessionPage(
            summary: SessionSummary(location),
            transcript: SessionTranscript(records: try JournalReader(path: location.path).records), report: report)
        let path = PathText.absolute(name, from: setup.cwd)
        guard !PosixFile.exists(path) else {
            throw LockgateError("output.exists", "\(path) is there already", remedy: "/export ANOTHER-NAME.html")
        }
        do throws(SystemError) {
            try PosixFile.replace(path, with: page.bytes)
        } catch {
            throw LockgateError("output.unwritable", "cannot write the page: \(error)")
        }
        post(.note(.init(.info, "Written: \(path)")))
    }

    /// Keeps the colours that were chosen.
    func keepTheme(_ name: String) {
        do {
            _ = try ConfigurationEditor(loader()).set("tui.theme", to: name, in: .user)
            post(.note(.init(.info, "The colours are \"\(name)\" from here on (tui.theme).")))
        } catch {
            fail(error)
        }
    }

    // MARK: - Images

    private func absolute(_ path: String) -> String {
        let home = environment["HOME"] ?? ""
        let path = path.hasPrefix("~/") ? home + path.dropFirst() : path
        return PathText.absolute(path, from: setup?.cwd ?? ProcessEnvironment.workingDirectory)
    }

    /// Looks whether a path is an image's; its words stay words where it is not.
    func inspectImage(_ path: String, text: String) {
        let path = absolute(path)
        guard let bytes = try? PosixFile.read(path, limit: ImageAttachment.sizeLimit),
            (try? ImageAttachment.dataURL(bytes, name: path)) != nil
        else { return post(.pasted(text)) }
        post(.image(ImageFile(path: path, bytes: bytes.count)))
    }

    /// Reads an image for the next prompt.
    func attach(_ image: ImageFile) {
        do {
            let bytes = try PosixFile.read(image.path, limit: ImageAttachment.sizeLimit)
            images.append(.image(url: try ImageAttachment.dataURL(bytes, name: image.path), detail: nil))
        } catch {
            post(.note(.init(.failure, "\(image.label) was not attached: \(error)")))
        }
    }
}
