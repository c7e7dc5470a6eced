import ArgumentParser
import Basics
import Config
import Wire
import Workspace

/// The stage that a command line means, with the store of its workspace.
struct OpenStage {
    let folder: StageFolder
    let store: CheckpointStore
    /// What stands on the command line after the stage.
    let rest: [String]
    private let directory: String

    /// - Parameters:
    ///   - words: a session's id, or the beginning of one, if a stage has it; then paths.
    ///   - chosen: the folder that paths are relative to, and whose newest stage is meant without a session.
    init(_ words: [String], in chosen: String?) throws(LockgateError) {
        let home = try Self.home()
        let start = PathText.absolute(chosen ?? ".", from: ProcessEnvironment.workingDirectory)
        let place = PosixFile.canonical(start) ?? start
        directory = place
        let all = StageFolder.all(home: home).filter { $0.record.state != .applied }
        var words = words
        var found = all.filter { $0.record.state == .open && PathText.isWithin(place, $0.record.workspace) }.last
        if let first = words.first, Self.mayBeID(first) {
            let named = all.filter { $0.record.session.hasPrefix(first.lowercased()) }
            guard named.count < 2 else {
                throw LockgateError(
                    "session.ambiguous", "\(first) is the beginning of \(named.count) staged sessions' ids",
                    remedy: "Give more of the id; see `lockgate apply --list`.", exitCode: 2)
            }
            if let one = named.first {
                found = one
                words.removeFirst()
            } else if first.utf8.count == 36 {
                throw LockgateError(
                    "workspace.stage_empty", "Nothing is staged in the session \(first)",
                    remedy: "See `lockgate apply --list`.")
            }
        }
        guard let found else {
            throw LockgateError(
                "workspace.nothing_staged", "Nothing is staged for \(place) or a folder above it",
                remedy: "See `lockgate apply --list`; name the folder with -C.")
        }
        folder = found.folder
        rest = words
        store = try CheckpointStore(home: home, workspace: found.record.workspace)
    }

    static func home() throws(LockgateError) -> String {
        try ConfigurationLoader.home(environment: ProcessEnvironment.variables)
    }

    private static func mayBeID(_ text: String) -> Bool {
        text.utf8.count >= 4 && text.allSatisfy { $0.isHexDigit || $0 == "-" }
    }

    /// A path of the command line as the store knows it; relative ones start in the workspace where the folder is
    /// another's.
    func relative(_ path: String) throws(LockgateError) -> [UInt8] {
        let start = PathText.isWithin(directory, store.workspace) ? directory : store.workspace
        let absolute = PathText.absolute(path, from: start)
        guard PathText.isWithin(absolute, store.workspace) else {
            throw LockgateError(
                "workspace.outside", "\(path) is outside of the workspace \(store.workspace)", exitCode: 2)
        }
        return absolute == store.workspace ? [] : Array(PathText.relative(absolute, to: store.workspace).utf8)
    }
}
