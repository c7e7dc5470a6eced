import Wire

/// Which canonical paths may be read and written.
struct FileAccessRules: Sendable, Hashable {
    /// The canonical folder that the session works in; readable even where a mask lies around it.
    let workspace: [UInt8]
    /// Canonical folders below which files may change. Empty in read-only mode.
    let writableRoots: [[UInt8]]
    /// Names that no file or folder below a root may have to be written, compared without regard to ASCII case: some
    /// file systems have none, and git refuses `.GIT` for the same reason.
    let protectedNames: Set<String>
    /// Canonical files and folders that are not written, with everything below.
    let protectedPaths: [[UInt8]]
    /// Canonical files and folders that may be written although their names are protected. Never git's own, and never
    /// the product's: those decide what else is allowed.
    let allowedPaths: [[UInt8]]
    /// Canonical files and folders that are neither read nor written, with everything below.
    let maskedPaths: [[UInt8]]

    /// Why a path may not be read, if so.
    func readDenial(_ path: [UInt8], asked: [UInt8]) -> LockgateError? {
        // A workspace below a mask, such as a worktree in the agent's own home, was chosen on purpose.
        let chosen = (writableRoots + [workspace]).filter { path.names(below: $0) != nil }
        let mask = maskedPaths.first { mask in
            path.names(below: mask) != nil && !chosen.contains { $0.names(below: mask)?.isEmpty == false }
        }
        guard let mask else { return nil }
        return LockgateError(
            "files.masked",
            "\(Self.name(asked, path)) is hidden: it lies in \(mask.shown), which holds secrets",
            remedy: "If this file must be read, take \(mask.shown) off the masked paths of the permission profile.")
    }

    /// Why a path may not be created, changed or removed, if so.
    ///
    /// Of nested roots the innermost counts: names are only checked below it, so that a workspace which itself lies in
    /// a protected folder stays usable.
    func writeDenial(_ path: [UInt8], asked: [UInt8]) -> LockgateError? {
        if let denial = readDenial(path, asked: asked) { return denial }
        let name = Self.name(asked, path)
        guard !writableRoots.isEmpty else {
            return LockgateError(
                "files.read_only", "\(name) cannot be written: the session is read-only",
                remedy: "Start with -s workspace-write, or allow it with /permissions.")
        }
        let inside = writableRoots.compactMap { path.names(below: $0) }
        guard let names = inside.min(by: { $0.count < $1.count }), !names.isEmpty else {
            return LockgateError(
                "files.outside_workspace",
                "\(name) cannot be written: it is outside the workspace and every other writable root",
                remedy: "Grant its folder as a writable root, for example with --add-dir \(Self.folder(path)).")
        }
        let texts = names.map { String(decoding: $0, as: UTF8.self).lowercased() }
        let isAllowed =
            allowedPaths.contains { path.names(below: $0) != nil } && !texts.contains(".git")
            && !texts.contains(".lockgate")
        // Full access protects no names at all.
        let isNameProtected =
            !protectedNames.isEmpty && !isAllowed
            && (texts.contains(where: protectedNames.contains) || AutoRunFile.matching(texts)?.isProtected == true)
        guard isNameProtected || protectedPaths.contains(where: { path.names(below: $0) != nil }) else { return nil }
        return LockgateError(
            "files.protected",
            "\(name) cannot be written: it configures git, an agent or an editor and could make them run code",
            remedy: "Change it yourself, or name it in filesystem.allow_auto_run.")
    }

    /// The path as asked for, and where it leads if that is another.
    static func name(_ asked: [UInt8], _ path: [UInt8]) -> String {
        path == asked || path.ends(with: asked) ? asked.shown : "\(asked.shown) (it leads to \(path.shown))"
    }

    private static func folder(_ path: [UInt8]) -> String { path.folderAndName?.folder.shown ?? path.shown }
}

extension [UInt8] {
    fileprivate func ends(with tail: [UInt8]) -> Bool {
        count > tail.count && suffix(tail.count).elementsEqual(tail)
            && self[count - tail.count - 1] == UInt8(ascii: "/")
    }
}
